//! Whose signing keys there are. What this page shows is compared with its owner on another way before anything is trusted: all
//! digits of the key, and not its id, which is 64 bits of a digest and can be had by another key.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sealwatch_core::time::Timestamp;

use super::waiting;
use crate::console::act::our_fields;
use crate::console::draw;
use crate::console::frame::Frame;
use crate::console::said::{Done, said, to};
use crate::console::words::Moment;
use crate::people::{Actor, Permission};
use crate::problem::Problem;
use crate::referrals;
use crate::state::ApiState;

struct KeyRow {
    id: String,
    /// The key itself, as people read it to each other.
    digits: String,
    person: String,
    role: &'static str,
    enrolled: Moment,
    revoked: Option<Moment>,
    can_revoke: bool,
}

#[derive(Template)]
#[template(path = "signing_keys.html")]
struct KeysPage {
    frame: Frame,
    rows: Vec<KeyRow>,
    log_id: String,
    log_digits: String,
    log_origin: String,
    may_enrol: bool,
}

/// All digits of a key in groups of four, as the command shows them.
fn digits(key: &[u8]) -> String {
    let mut digits = String::new();
    for (place, byte) in key.iter().enumerate() {
        let gap = if place > 0 && place % 2 == 0 { " " } else { "" };
        digits.push_str(&format!("{gap}{byte:02x}"));
    }
    digits
}

/// All keys, by person and role; those that were revoked last.
pub(super) async fn signing_keys(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let done = query
        .as_deref()
        .and_then(|query| query.strip_prefix("done="));
    let moment = |at_ms: i64| Moment::new(Timestamp(at_ms));
    let is_anyones = actor.may(Permission::ManagePeople);
    let keys = referrals::keys(state.store.database()).await?;
    let mut rows: Vec<KeyRow> = keys
        .iter()
        .map(|enrolled| KeyRow {
            id: enrolled.key.id().to_string(),
            digits: digits(&enrolled.key.to_bytes()),
            person: enrolled.person.to_string(),
            role: enrolled.key.role().name(),
            enrolled: moment(enrolled.enrolled_ms),
            revoked: enrolled.revoked_ms.map(moment),
            can_revoke: enrolled.revoked_ms.is_none()
                && (is_anyones || enrolled.person == actor.person),
        })
        .collect();
    // The sort is a stable one: of one person's keys, the newest stands first.
    rows.sort_by(|a, b| {
        let of = |row: &KeyRow| (row.revoked.is_some(), row.person.clone(), row.role);
        of(a).cmp(&of(b))
    });
    draw(&KeysPage {
        frame: Frame::new(&state, Some(&actor), &headers, "signing_keys")
            .waiting(waiting(&state, &actor).await?)
            .saying(done.and_then(said)),
        rows,
        log_id: state.log.key.id().to_string(),
        log_digits: digits(&state.log.key.to_bytes()),
        log_origin: state.log.origin.as_str().to_owned(),
        may_enrol: actor.may(Permission::EnrolKey),
    })
}

/// Revokes a key.
pub(super) async fn revoke(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    our_fields(&headers, request).await?;
    let Path(key_id) = path.map_err(|_| Problem::not_found())?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    referrals::revoke(database, &actor, &key_id, now_ms).await?;
    Ok(to("/signing-keys", Done::KeyRevoked).into_response())
}
