//! Looking for an account: by its pseudonym, or by its identifier, which the edge turns into the pseudonym. The identifier
//! stands in the request alone; it is never shown again, and its memory is overwritten.

use askama::Template;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::StreamExt;
use sealwatch_core::identifier::Pseudonym;
use zeroize::Zeroizing;

use super::draw;
use super::frame::{Frame, Said};
use super::list::Choice;
use crate::auth::is_our_page;
use crate::filter::percent_decode;
use crate::people::{Actor, Permission};
use crate::problem::Problem;
use crate::routes::{log, searched};
use crate::search::SearchReason;
use crate::state::ApiState;

/// Bytes of the form at most.
const LIMIT: usize = 1_024;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    platforms: Vec<String>,
    reasons: Vec<Choice>,
    may_search_identifier: bool,
    has_edge: bool,
}

/// The page, or the account whose pseudonym was given.
pub async fn search(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let given = query
        .as_deref()
        .and_then(|query| query.strip_prefix("account="))
        .filter(|text| !text.is_empty());
    let Some(given) = given else {
        return page(&state, &actor, &headers, None);
    };
    let text = percent_decode(given).unwrap_or_default();
    match Pseudonym::parse(text.trim()) {
        Some(account) if actor.may(Permission::ReadCase) => {
            let path = format!("/accounts/{}", account.to_hexadecimal());
            Ok(Redirect::to(&path).into_response())
        }
        Some(_) => Err(Problem::not_permitted()),
        None => {
            let text = "A pseudonym has 32 hexadecimal digits in small letters.";
            let page = page(&state, &actor, &headers, Some(text))?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

fn page(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    refusal: Option<&'static str>,
) -> Result<Response, Problem> {
    let said = refusal.map(|text| Said {
        text,
        is_good: false,
    });
    draw(&SearchPage {
        frame: Frame::new(state, Some(actor), headers, "search").saying(said),
        platforms: state.config.platforms.clone(),
        reasons: Choice::list(SearchReason::ALL, None, SearchReason::name, reason_in_words),
        may_search_identifier: actor.may(Permission::SearchIdentifier),
        has_edge: state.pseudonymise.is_some(),
    })
}

const fn reason_in_words(reason: SearchReason) -> &'static str {
    match reason {
        SearchReason::Appeal => "The owner appeals",
        SearchReason::PoliceRequest => "The police ask, with a legal basis",
        SearchReason::Support => "The owner wrote to support",
        SearchReason::OwnTest => "My own account, to test",
    }
}

/// Looks for an account by its identifier. On the log, with the reason.
pub async fn by_identifier(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let form = read(request).await?;
    if !is_our_page(&headers, &field(&form, "form_secret")?) {
        return Err(Problem::forbidden());
    }
    if !actor.may(Permission::ReadCase) {
        return Err(Problem::not_permitted());
    }
    let pseudonymise = state.pseudonymise.as_ref().ok_or(Problem::no_edge())?;
    let reason = SearchReason::parse(&field(&form, "reason")?).ok_or(Problem::body())?;
    // Refused ones count, too: nobody may try out what is an identifier.
    let now = (state.monotonic)();
    if !state.identifier_searches.take(&actor.person, now) {
        return Err(Problem::too_many());
    }
    let identifier = field(&form, "identifier")?;
    let platform = field(&form, "platform")?;
    let Some(account) = pseudonymise(&platform, identifier.trim()) else {
        let text = "That is no identifier of this platform.";
        let page = page(&state, &actor, &headers, Some(text))?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let entry = searched("identifier", account).fact("reason", reason.name());
    log(&state, &actor, entry).await?;
    let path = format!("/accounts/{}", account.to_hexadecimal());
    Ok(Redirect::to(&path).into_response())
}

/// Reads a form into a buffer that never grows and is overwritten.
async fn read(request: Request) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LIMIT));
    let mut chunks = request.into_body().into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::body())?;
        if bytes.len() + chunk.len() > LIMIT {
            return Err(Problem::too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A field of the form; empty where it is absent.
fn field(form: &[u8], name: &str) -> Result<Zeroizing<String>, Problem> {
    let text = std::str::from_utf8(form).map_err(|_| Problem::body())?;
    let value = text
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(found, _)| *found == name)
        .map_or("", |(_, value)| value);
    percent_decode(value)
        .map(Zeroizing::new)
        .ok_or(Problem::body())
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn a_field_is_decoded_and_an_absent_one_is_empty() {
        let form = b"platform=chat&identifier=%2B49+1";
        assert_eq!(field(form, "identifier").unwrap().as_str(), "+49 1");
        assert_eq!(field(form, "reason").unwrap().as_str(), "");
        assert!(field(b"identifier=%zz", "identifier").is_err());
    }
}
