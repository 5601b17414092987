//! Who may look: a token, kept as a hash only; sessions of the console; forms that carry a secret of their session.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use crate::hexadecimal;
use crate::state::Random;
use crate::store::{CaseStore, CaseStoreError};

/// How long a session lasts.
const SESSION: Duration = Duration::from_hours(8);

/// Wrong tokens that one address may give in a minute.
const WRONG_IN_A_MINUTE: u32 = 10;

/// Addresses whose wrong tokens are counted in a minute; what comes from further ones counts together.
const ADDRESSES: usize = 10_000;

/// Sessions at a time; the oldest goes.
const SESSIONS: usize = 1_000;

/// The session cookie's name.
const SESSION_COOKIE: &str = "sealwatch_session";

/// The name of the cookie that a log-in form is bound to.
const FORM_COOKIE: &str = "sealwatch_form";

struct Inner {
    random: Random,
    /// Sessions by the hash of their secret: when they end.
    sessions: BTreeMap<String, Duration>,
    minute: u64,
    /// Wrong tokens in this minute, by address.
    wrong: BTreeMap<Option<IpAddr>, u32>,
}

impl Inner {
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

/// Tokens and sessions.
pub struct Auth {
    /// Hashes of the tokens.
    tokens: Vec<String>,
    /// Key of the forms' secrets.
    form_key: [u8; 32],
    inner: Mutex<Inner>,
}

impl Auth {
    /// Reads the tokens. Where there are none, makes one and returns it: the only time that it is seen.
    pub(crate) async fn open(
        store: &CaseStore,
        mut random: Random,
        now_ms: i64,
    ) -> Result<(Self, Option<String>), CaseStoreError> {
        let mut tokens = store.tokens().await?;
        let mut made = None;
        if tokens.is_empty() {
            let token = secret(&mut *random);
            store.add_token(&hash(&token), now_ms).await?;
            tokens.push(hash(&token));
            made = Some(token);
        }
        let mut form_key = [0; 32];
        random(&mut form_key);
        let inner = Inner {
            random,
            sessions: BTreeMap::new(),
            minute: 0,
            wrong: BTreeMap::new(),
        };
        Ok((
            Self {
                tokens,
                form_key,
                inner: Mutex::new(inner),
            },
            made,
        ))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether a token is one of ours. Compared in constant time, by hash.
    pub(crate) fn is_token(&self, token: &str) -> bool {
        let given = hash(token);
        self.tokens
            .iter()
            .fold(false, |found, known| found | same(known, &given))
    }

    /// Whether too many wrong tokens came from this address in this minute.
    pub(crate) fn is_barred(&self, address: Option<IpAddr>, now: Duration) -> bool {
        let mut inner = self.inner();
        inner.turn_to(now);
        let key = inner.key(address);
        inner
            .wrong
            .get(&key)
            .is_some_and(|wrong| *wrong >= WRONG_IN_A_MINUTE)
    }

    /// Notes a wrong token.
    pub(crate) fn note_wrong(&self, address: Option<IpAddr>, now: Duration) {
        let mut inner = self.inner();
        inner.turn_to(now);
        let key = inner.key(address);
        *inner.wrong.entry(key).or_default() += 1;
    }

    /// Begins a session. Returns its secret, for the cookie.
    pub(crate) fn begin_session(&self, now: Duration) -> String {
        let mut inner = self.inner();
        let secret = secret(&mut *inner.random);
        inner.sessions.retain(|_, end| *end > now);
        if inner.sessions.len() >= SESSIONS {
            let oldest = inner
                .sessions
                .iter()
                .min_by_key(|(_, end)| **end)
                .map(|(hash, _)| hash.clone());
            oldest.and_then(|hash| inner.sessions.remove(&hash));
        }
        inner.sessions.insert(hash(&secret), now + SESSION);
        secret
    }

    /// Ends a session.
    pub(crate) fn end_session(&self, headers: &HeaderMap) {
        if let Some(secret) = cookie(headers, SESSION_COOKIE) {
            self.inner().sessions.remove(&hash(secret));
        }
    }

    /// Whether the request has a valid session.
    pub(crate) fn has_session(&self, headers: &HeaderMap, now: Duration) -> bool {
        cookie(headers, SESSION_COOKIE).is_some_and(|secret| {
            self.inner()
                .sessions
                .get(&hash(secret))
                .is_some_and(|end| *end > now)
        })
    }

    /// A fresh secret for the cookie that a log-in form is bound to.
    pub(crate) fn begin_form(&self) -> String {
        secret(&mut *self.inner().random)
    }

    /// What a form carries for a session's or a form's cookie.
    pub(crate) fn form_secret(&self, cookie: &str) -> String {
        blake3::keyed_hash(&self.form_key, cookie.as_bytes())
            .to_hex()
            .to_string()
    }

    /// What the forms of a signed-in person's pages carry. Empty without a session: then there is nothing to sign out of.
    pub(crate) fn session_form_secret(&self, headers: &HeaderMap) -> String {
        cookie(headers, SESSION_COOKIE)
            .map(|cookie| self.form_secret(cookie))
            .unwrap_or_default()
    }

    /// Whether a log-in form is from our page: it carries its cookie's secret, and the browser does not say that it comes
    /// from elsewhere.
    pub(crate) fn is_our_log_in(&self, headers: &HeaderMap, given: &str) -> bool {
        self.is_our_form(headers, FORM_COOKIE, given)
    }

    /// Whether a signed-in person's form is from our page.
    pub(crate) fn is_our_log_out(&self, headers: &HeaderMap, given: &str) -> bool {
        self.is_our_form(headers, SESSION_COOKIE, given)
    }

    fn is_our_form(&self, headers: &HeaderMap, name: &str, given: &str) -> bool {
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        let is_foreign = site.is_some_and(|site| site != b"same-origin" && site != b"none");
        !is_foreign
            && cookie(headers, name).is_some_and(|cookie| same(&self.form_secret(cookie), given))
    }
}

/// The cookie that begins or (with an empty secret) ends a session.
pub(crate) fn session_cookie(secret: &str, is_secure: bool) -> String {
    set_cookie(
        SESSION_COOKIE,
        secret,
        if secret.is_empty() {
            0
        } else {
            SESSION.as_secs()
        },
        is_secure,
    )
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
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
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

fn secret(random: &mut dyn FnMut(&mut [u8])) -> String {
    let mut bytes = [0; 32];
    random(&mut bytes);
    hexadecimal(&bytes)
}

/// Tokens have 256 random bits: a plain hash is enough.
fn hash(secret: &str) -> String {
    hexadecimal(&blake3::derive_key(
        "sealwatch 2026 token",
        secret.as_bytes(),
    ))
}

fn same(left: &str, right: &str) -> bool {
    let difference = left
        .bytes()
        .zip(right.bytes())
        .fold(0, |difference, (left, right)| difference | (left ^ right));
    left.len() == right.len() && difference == 0
}
