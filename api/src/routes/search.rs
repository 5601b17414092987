//! Looking for an account. Each search is on the log, with the account only committed to.

use axum::Json;
use axum::extract::State;
use sealwatch_core::identifier::Pseudonym;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::cases::{self, CaseFilter};
use crate::documents::RecommendationSummary;
use crate::filter::{Audience, Filter};
use crate::people::{Actor, Permission};
use crate::problem::Problem;
use crate::routes::cases::CaseSummary;
use crate::routes::{log, searched};
use crate::schemas::HexadecimalId;
use crate::search::IdentifierSearch;
use crate::state::ApiState;

/// Cases and recommendations that an answer holds at most, of each.
const FOUND: u32 = 100;

/// A search by pseudonym.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PseudonymSearch {
    /// The account: 32 hexadecimal digits.
    #[schema(value_type = HexadecimalId, inline)]
    account: Pseudonym,
}

/// What there is of an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundDocument {
    /// Its pseudonym.
    pub account: String,
    /// Its cases, at most 100. Empty for people who have no lists of cases.
    pub cases: Vec<CaseSummary>,
    /// Its recommendations, newest first, at most 100.
    pub recommendations: Vec<RecommendationSummary>,
}

async fn found(
    state: &ApiState,
    actor: &Actor,
    account: Pseudonym,
) -> Result<FoundDocument, Problem> {
    let now_ms = (state.now_ms)();
    let filter = Filter {
        audience: Audience::of(actor),
        account: Some(account),
        ..Filter::default()
    };
    let recommendations = state.store.list(&filter, None, FOUND).await?;
    let cases = if actor.may(Permission::ReadLists) {
        let filter = CaseFilter {
            account: Some(account),
            ..CaseFilter::default()
        };
        cases::list(state.store.database(), &filter, None, FOUND, now_ms).await?
    } else {
        Vec::new()
    };
    Ok(FoundDocument {
        account: account.to_hexadecimal(),
        cases: cases
            .iter()
            .map(|case| CaseSummary::new(case, now_ms))
            .collect(),
        recommendations: recommendations.iter().map(Into::into).collect(),
    })
}

/// Looks for an account by its pseudonym.
#[utoipa::path(post, path = "/api/v1/search/pseudonym", tag = "search",
    request_body = PseudonymSearch,
    responses((status = 200, description = "What there is of it", body = FoundDocument)))]
pub async fn by_pseudonym(
    State(state): State<ApiState>,
    actor: Actor,
    body: Body<PseudonymSearch>,
) -> Result<Json<FoundDocument>, Problem> {
    let account = body.value.account;
    log(&state, &actor, searched("pseudonym", account)).await?;
    Ok(Json(found(&state, &actor, account).await?))
}

/// Looks for an account by its identifier, through the edge, with a reason. Each person has few such searches: 20 at once,
/// then one a minute.
#[utoipa::path(post, path = "/api/v1/search/identifier", tag = "search",
    request_body = IdentifierSearch,
    responses(
        (status = 200, description = "What there is of it", body = FoundDocument),
        (status = 422, description = "That is no identifier of a configured platform, or the fields are others", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "This process has no pseudonym key", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn by_identifier(
    State(state): State<ApiState>,
    actor: Actor,
    search: IdentifierSearch,
) -> Result<Json<FoundDocument>, Problem> {
    let pseudonymise = state.pseudonymise.as_ref().ok_or(Problem::no_edge())?;
    // Refused forms count, too: nobody may try out what is an identifier.
    if !state
        .identifier_searches
        .take(&actor.person, (state.monotonic)())
    {
        return Err(Problem::too_many());
    }
    let account =
        pseudonymise(&search.platform, search.identifier.expose()).ok_or(Problem::identifier())?;
    let entry = searched("identifier", account).fact("reason", search.reason.name());
    log(&state, &actor, entry).await?;
    drop(search);
    Ok(Json(found(&state, &actor, account).await?))
}
