//! Log-in: bearer tokens of programs, sessions of the console, and forms that carry a secret of their session.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::people::session::SESSION;
use crate::people::{Actor, session, token};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::store::CaseStoreError;

/// Wrong tokens that one address may give in a minute.
const WRONG_IN_A_MINUTE: u32 = 10;

/// Addresses whose wrong tokens are counted in a minute; what comes from further ones counts together.
const ADDRESSES: usize = 10_000;

/// The session cookie's name.
const SESSION_COOKIE: &str = "sealwatch_session";

/// The name of the cookie that a log-in form is bound to.
const FORM_COOKIE: &str = "sealwatch_form";

#[derive(Default)]
struct Attempts {
    minute: u64,
    /// Wrong tokens in this minute, by address.
    wrong: BTreeMap<Option<IpAddr>, u32>,
}

impl Attempts {
    fn turn_to(&mut self, now: Duration) {
        let minute = now.as_secs() / 60;
        if self.minute != minute {
            self.minute = minute;
            self.wrong.clear();
        }
    }

    fn key(&self, address: Option<IpAddr>) -> Option<IpAddr> {
        let has_room = self.wrong.len() < ADDRESSES || self.wrong.contains_key(&address);
        if has_room { address } else { None }
    }
}

/// Counts wrong tokens.
#[derive(Default)]
pub struct Auth {
    attempts: Mutex<Attempts>,
}

impl Auth {
    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether too many wrong tokens came from this address in this minute.
    pub(crate) fn is_barred(&self, address: Option<IpAddr>, now: Duration) -> bool {
        let mut attempts = self.attempts();
        attempts.turn_to(now);
        let key = attempts.key(address);
        attempts
            .wrong
            .get(&key)
            .is_some_and(|wrong| *wrong >= WRONG_IN_A_MINUTE)
    }

    /// Notes a wrong token.
    pub(crate) fn note_wrong(&self, address: Option<IpAddr>, now: Duration) {
        let mut attempts = self.attempts();
        attempts.turn_to(now);
        let key = attempts.key(address);
        *attempts.wrong.entry(key).or_default() += 1;
    }
}

/// How a request says who sends it.
pub(crate) enum Credential<'headers> {
    /// A token in the `Authorization` header.
    Token(&'headers str),
    /// A session's cookie.
    Session(&'headers str),
}

impl<'headers> Credential<'headers> {
    /// What the request carries; a token goes before a cookie.
    pub(crate) fn of(headers: &'headers HeaderMap) -> Option<Self> {
        bearer(headers)
            .map(Self::Token)
            .or_else(|| cookie(headers, SESSION_COOKIE).map(Self::Session))
    }

    /// Whose it is, if it is valid now.
    pub(crate) async fn actor(&self, state: &ApiState) -> Result<Option<Actor>, CaseStoreError> {
        let (database, now_ms) = (state.store.database(), (state.now_ms)());
        match self {
            Self::Token(secret) => token::actor_of_token(database, secret, now_ms).await,
            Self::Session(secret) => session::actor(database, secret, now_ms).await,
        }
    }
}

/// Handlers take who acts from what the log-in has found.
impl<S: Sync> FromRequestParts<S> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(Problem::unauthorised())
    }
}

/// What a form carries for a session's or a form's cookie. The cookie itself is secret, so that nobody else can make it.
pub(crate) fn form_secret(cookie: &str) -> String {
    crate::hexadecimal(&blake3::derive_key(
        "sealwatch 2026 form",
        cookie.as_bytes(),
    ))
}

/// What the forms of a signed-in person's pages carry. Empty without a session.
pub(crate) fn session_form_secret(headers: &HeaderMap) -> String {
    cookie(headers, SESSION_COOKIE)
        .map(form_secret)
        .unwrap_or_default()
}

/// The secret of the request's session.
pub(crate) fn session_secret(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, SESSION_COOKIE)
}

/// Whether a log-in form is from our page: it carries its cookie's secret, and the browser does not say that it comes from
/// elsewhere.
pub(crate) fn is_our_log_in(headers: &HeaderMap, given: &str) -> bool {
    is_our_form(headers, FORM_COOKIE, given)
}

/// Whether a signed-in person's form is from our page.
pub(crate) fn is_our_page(headers: &HeaderMap, given: &str) -> bool {
    is_our_form(headers, SESSION_COOKIE, given)
}

fn is_our_form(headers: &HeaderMap, name: &str, given: &str) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let is_foreign = site.is_some_and(|site| site != b"same-origin" && site != b"none");
    !is_foreign && cookie(headers, name).is_some_and(|cookie| same(&form_secret(cookie), given))
}

/// The cookie that begins or (with an empty secret) ends a session.
pub(crate) fn session_cookie(secret: &str, is_secure: bool) -> String {
    let seconds = if secret.is_empty() {
        0
    } else {
        SESSION.as_secs()
    };
    set_cookie(SESSION_COOKIE, secret, seconds, is_secure)
}

/// The cookie that a log-in form is bound to, for an hour.
pub(crate) fn form_cookie(secret: &str, is_secure: bool) -> String {
    set_cookie(FORM_COOKIE, secret, 3600, is_secure)
}

fn set_cookie(name: &str, secret: &str, seconds: u64, is_secure: bool) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    format!("{name}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

/// The token of the `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookie<'headers>(headers: &'headers HeaderMap, name: &str) -> Option<&'headers str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

fn same(left: &str, right: &str) -> bool {
    let difference = left
        .bytes()
        .zip(right.bytes())
        .fold(0, |difference, (left, right)| difference | (left ^ right));
    left.len() == right.len() && difference == 0
}
