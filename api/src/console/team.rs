//! People and their tokens, for admins.

use askama::Template;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sealwatch_core::time::Timestamp;

use super::act::our_fields;
use super::draw;
use super::frame::{Frame, Said};
use super::said::{Done, said, to};
use super::words::{self, Moment};
use crate::form::Fields;
use crate::people::{self, Actor, PeopleError, PersonName, Role, Roles};
use crate::problem::Problem;
use crate::state::ApiState;

const DAY_MS: i64 = 86_400_000;

struct PersonRow {
    name: String,
    roles: String,
    created: Moment,
    is_disabled: bool,
}

struct TokenRow {
    id: String,
    person: String,
    roles: String,
    created: Moment,
    expires: Moment,
    state: &'static str,
}

struct RoleChoice {
    name: &'static str,
    words: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    people: Vec<PersonRow>,
    tokens: Vec<TokenRow>,
    roles: Vec<RoleChoice>,
    typed_name: String,
    /// A token that was made just now: the only time that it is seen.
    secret: String,
    secret_person: String,
}

/// What goes into the page beside the lists.
#[derive(Default)]
struct Extra {
    said: Option<Said>,
    secret: String,
    person: String,
    typed_name: String,
    typed_roles: Roles,
}

/// The page.
pub async fn people_page(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let done = query
        .as_deref()
        .and_then(|query| query.strip_prefix("done="));
    let extra = Extra {
        said: done.and_then(said),
        ..Extra::default()
    };
    page(&state, &actor, &headers, extra).await
}

async fn page(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    extra: Extra,
) -> Result<Response, Problem> {
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let moment = |ms: i64| Moment::new(Timestamp(ms));
    let people = people::people(database).await?;
    let tokens = people::tokens(database).await?;
    draw(&PeoplePage {
        frame: Frame::new(state, Some(actor), headers, "people").saying(extra.said),
        people: people
            .iter()
            .map(|person| PersonRow {
                name: person.name.to_string(),
                roles: roles_in_words(person.roles),
                created: moment(person.created_ms),
                is_disabled: person.disabled_ms.is_some(),
            })
            .collect(),
        tokens: tokens
            .iter()
            .map(|token| TokenRow {
                id: token.id.clone(),
                person: token.person.to_string(),
                roles: roles_in_words(token.roles),
                created: moment(token.created_ms),
                expires: moment(token.expires_ms),
                state: match token.revoked_ms {
                    Some(_) => "revoked",
                    None if token.expires_ms <= now_ms => "ended",
                    None => "valid",
                },
            })
            .collect(),
        roles: Role::ALL
            .iter()
            .map(|role| RoleChoice {
                name: role.name(),
                words: words::name(role.name()),
                is_chosen: extra.typed_roles.has(*role),
            })
            .collect(),
        typed_name: extra.typed_name,
        secret: extra.secret,
        secret_person: extra.person,
    })
}

fn roles_in_words(roles: Roles) -> String {
    let names: Vec<String> = roles.iter().map(|role| words::name(role.name())).collect();
    names.join(", ")
}

fn typed_roles(fields: &Fields) -> Roles {
    let roles: Vec<Role> = fields.all("role").filter_map(Role::parse).collect();
    Roles::of(&roles)
}

/// Shows the page again, saying why it was refused.
async fn again(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    (fields, text): (&Fields, &'static str),
) -> Result<Response, Problem> {
    let name = fields.get("person");
    let extra = Extra {
        said: Some(Said {
            text,
            is_good: false,
        }),
        // Only what has the form of a name is shown again.
        typed_name: PersonName::parse(name).map_or_else(String::new, |name| name.to_string()),
        typed_roles: typed_roles(fields),
        ..Extra::default()
    };
    let page = page(state, actor, headers, extra).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn refusal(error: PeopleError) -> Result<&'static str, Problem> {
    match error {
        PeopleError::Store(error) => Err(error.into()),
        PeopleError::Unknown => Ok("There is no person of this name who may come in."),
        PeopleError::Roles => {
            Ok("The person does not have all of these roles, or none was chosen.")
        }
        PeopleError::Expiry => Ok("A token ends between one and 400 days from now."),
        PeopleError::LastAdmin => Ok("This is the last admin: make another one first."),
    }
}

const NO_NAME: &str =
    "A name has 1 to 64 of a-z, 0-9, dot, dash and underscore, and begins with a letter.";

/// Enters a person, or changes their roles.
pub async fn set(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let fields = our_fields(&headers, request).await?;
    let Some(name) = PersonName::parse(fields.get("person")) else {
        return again(&state, &actor, &headers, (&fields, NO_NAME)).await;
    };
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let roles = typed_roles(&fields);
    match people::set_person(database, &actor, &name, roles, now_ms).await {
        Ok(()) => Ok(to("/people", Done::PersonSet).into_response()),
        Err(error) => again(&state, &actor, &headers, (&fields, refusal(error)?)).await,
    }
}

/// Ends what a person may do.
pub async fn disable(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let fields = our_fields(&headers, request).await?;
    let name = PersonName::parse(fields.get("person")).ok_or(Problem::body())?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    match people::disable_person(database, &actor, &name, now_ms).await {
        Ok(()) => Ok(to("/people", Done::PersonDisabled).into_response()),
        Err(error) => again(&state, &actor, &headers, (&fields, refusal(error)?)).await,
    }
}

/// Makes a token, and shows it: the only time that it is seen.
pub async fn make_token(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let fields = our_fields(&headers, request).await?;
    let Some(name) = PersonName::parse(fields.get("person")) else {
        return again(&state, &actor, &headers, (&fields, NO_NAME)).await;
    };
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let days: i64 = fields.get("days").parse().unwrap_or_default();
    let expires_ms = now_ms + days.clamp(0, 1_000) * DAY_MS;
    let roles = typed_roles(&fields);
    match people::create_token(database, &actor, (&name, roles), expires_ms, now_ms).await {
        Ok((token, secret)) => {
            let extra = Extra {
                secret,
                person: token.person.to_string(),
                ..Extra::default()
            };
            page(&state, &actor, &headers, extra).await
        }
        Err(error) => again(&state, &actor, &headers, (&fields, refusal(error)?)).await,
    }
}

/// Revokes a token.
pub async fn revoke_token(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let fields = our_fields(&headers, request).await?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    match people::revoke_token(database, &actor, fields.get("token"), now_ms).await {
        Ok(true) => Ok(to("/people", Done::TokenRevoked).into_response()),
        Ok(false) => Err(Problem::not_found()),
        Err(error) => again(&state, &actor, &headers, (&fields, refusal(error)?)).await,
    }
}
