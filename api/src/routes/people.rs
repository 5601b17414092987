//! People and their tokens: who may come in, and as what. All changes are on the log.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use sealwatch_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::idempotency::{Done, IdempotencyKey, once};
use crate::people::{self, Actor, PeopleError, Permission, Person, PersonName, Role, Roles, Token};
use crate::problem::Problem;
use crate::schemas::{KeyText, PersonText, RoleName, TokenId};
use crate::state::ApiState;

const DAY_MS: i64 = 86_400_000;

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Store(error) => error.into(),
            PeopleError::Unknown => Self::unknown_person(),
            PeopleError::Roles => Self::roles(),
            PeopleError::Expiry => Self::expiry(),
            PeopleError::LastAdmin => Self::last_admin(),
        }
    }
}

/// Who is asking, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeDocument {
    /// Their name.
    pub name: String,
    /// Their roles, as far as the token is for them.
    pub roles: Vec<String>,
    /// What these permit.
    pub permissions: Vec<String>,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonDocument {
    /// Their name.
    pub name: String,
    /// Their roles.
    pub roles: Vec<String>,
    /// When they were entered.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Since when they may do nothing more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub disabled_at: Option<String>,
}

/// All people.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonList {
    /// By name.
    pub people: Vec<PersonDocument>,
}

/// What a person is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonChange {
    /// All roles that they have from now on: `analyst`, `reviewer`, `referral_officer`, `approver`, `auditor`, `admin`.
    #[schema(value_type = Vec<RoleName>, inline)]
    roles: Vec<Role>,
}

/// A token: never the token itself, but when it is made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TokenDocument {
    /// Its id.
    pub id: String,
    /// Whose.
    pub person: String,
    /// What it is for.
    pub roles: Vec<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it ends.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub revoked_at: Option<String>,
    /// The token itself: only in the first answer to its making, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// All tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenList {
    /// Newest first.
    pub tokens: Vec<TokenDocument>,
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// For whom.
    #[schema(value_type = PersonText, inline)]
    person: String,
    /// For which of their roles.
    #[schema(value_type = Vec<RoleName>, inline)]
    roles: Vec<Role>,
    /// For how many days, 1 to 400.
    #[schema(minimum = 1, maximum = 400)]
    days: u16,
}

fn names(roles: Roles) -> Vec<String> {
    roles.iter().map(|role| role.name().to_owned()).collect()
}

fn time(at_ms: i64) -> String {
    Timestamp(at_ms).to_rfc3339()
}

impl From<&Person> for PersonDocument {
    fn from(person: &Person) -> Self {
        Self {
            name: person.name.to_string(),
            roles: names(person.roles),
            created_at: time(person.created_ms),
            disabled_at: person.disabled_ms.map(time),
        }
    }
}

impl From<&Token> for TokenDocument {
    fn from(token: &Token) -> Self {
        Self {
            id: token.id.clone(),
            person: token.person.to_string(),
            roles: names(token.roles),
            created_at: time(token.created_ms),
            expires_at: time(token.expires_ms),
            revoked_at: token.revoked_ms.map(time),
            token: None,
        }
    }
}

/// Who is asking.
#[utoipa::path(get, path = "/api/v1/me", tag = "people",
    responses((status = 200, description = "Who it is, and what they may do", body = MeDocument)))]
pub async fn me(actor: Actor) -> Json<MeDocument> {
    let permissions = Permission::ALL.iter();
    Json(MeDocument {
        name: actor.person.to_string(),
        roles: names(actor.roles),
        permissions: permissions
            .filter(|permission| actor.may(**permission))
            .map(|permission| permission.name().to_owned())
            .collect(),
    })
}

/// All people.
#[utoipa::path(get, path = "/api/v1/people", tag = "people",
    responses((status = 200, description = "All people", body = PersonList)))]
pub async fn list(State(state): State<ApiState>) -> Result<Json<PersonList>, Problem> {
    let people = people::people(state.store.database()).await?;
    Ok(Json(PersonList {
        people: people.iter().map(Into::into).collect(),
    }))
}

/// Enters a person, or sets their roles. One who was disabled may come in again.
#[utoipa::path(put, path = "/api/v1/people/{name}", tag = "people",
    params(("name" = inline(PersonText), Path, description = "1 to 64 of a-z, 0-9, dot, - and _, beginning with a letter")),
    request_body = PersonChange,
    responses(
        (status = 204, description = "The person has these roles"),
        (status = 404, description = "That is no name", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nobody would be left who may let people in", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn set(
    State(state): State<ApiState>,
    actor: Actor,
    name: Result<Path<String>, PathRejection>,
    body: Body<PersonChange>,
) -> Result<StatusCode, Problem> {
    let name = person_name(name)?;
    let roles = Roles::of(&body.value.roles);
    people::set_person(
        state.store.database(),
        &actor,
        &name,
        roles,
        (state.now_ms)(),
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends what a person may do. Their tokens and sessions are worth nothing from now on.
#[utoipa::path(delete, path = "/api/v1/people/{name}", tag = "people",
    params(("name" = inline(PersonText), Path, description = "The person's name")),
    responses(
        (status = 204, description = "The person may do nothing more"),
        (status = 404, description = "There is none who may do anything", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nobody would be left who may let people in", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn disable(
    State(state): State<ApiState>,
    actor: Actor,
    name: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let name = person_name(name)?;
    let disabled =
        people::disable_person(state.store.database(), &actor, &name, (state.now_ms)()).await;
    match disabled {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(PeopleError::Unknown) => Err(Problem::not_found()),
        Err(error) => Err(error.into()),
    }
}

/// All tokens.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "people",
    responses((status = 200, description = "All tokens, newest first", body = TokenList)))]
pub async fn tokens(State(state): State<ApiState>) -> Result<Json<TokenList>, Problem> {
    let tokens = people::tokens(state.store.database()).await?;
    Ok(Json(TokenList {
        tokens: tokens.iter().map(Into::into).collect(),
    }))
}

/// Makes a token. It is in the first answer only: the same request again is answered without it.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "people",
    params(("Idempotency-Key" = inline(KeyText), Header, description = "1 to 128 of A-Z, a-z, 0-9, - and _, new for each token")),
    request_body = NewToken,
    responses(
        (status = 201, description = "The token", body = TokenDocument),
        (status = 422, description = "There is no such person, they do not have the roles, or the fields are others", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn create_token(
    State(state): State<ApiState>,
    actor: Actor,
    key: IdempotencyKey,
    body: Body<NewToken>,
) -> Result<Response, Problem> {
    let Body {
        value: new,
        request,
    } = body;
    let person = PersonName::parse(&new.person).ok_or(Problem::unknown_person())?;
    let roles = Roles::of(&new.roles);
    let now_ms = (state.now_ms)();
    let mut secret = None;
    let (shown, by) = (&mut secret, &actor);
    let done = once(
        &state,
        &actor,
        (&key, request),
        StatusCode::CREATED,
        |store| async move {
            let ends = now_ms + i64::from(new.days) * DAY_MS;
            let database = store.database();
            let (token, text) =
                people::create_token(database, by, (&person, roles), ends, now_ms).await?;
            *shown = Some(text);
            Ok(TokenDocument::from(&token))
        },
    )
    .await?;
    // What is stored for a second asking must not hold the token.
    Ok(match (done, secret) {
        (Done::Now(document, _), Some(token)) => {
            let document = TokenDocument {
                token: Some(token),
                ..document
            };
            (StatusCode::CREATED, Json(document)).into_response()
        }
        (done, _) => done.into_response(),
    })
}

/// Revokes a token, with the sessions that it began.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "people",
    params(("id" = inline(TokenId), Path, description = "The token's id")),
    responses(
        (status = 204, description = "It is worth nothing from now on"),
        (status = 404, description = "There is none that is valid", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn revoke_token(
    State(state): State<ApiState>,
    actor: Actor,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(id) = id.map_err(|_| Problem::not_found())?;
    let database = state.store.database();
    let revoked = people::revoke_token(database, &actor, &id, (state.now_ms)()).await?;
    if revoked {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}

fn person_name(name: Result<Path<String>, PathRejection>) -> Result<PersonName, Problem> {
    name.ok()
        .and_then(|Path(name)| PersonName::parse(&name))
        .ok_or(Problem::not_found())
}
