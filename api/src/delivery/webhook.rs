//! Webhooks that are sent: signed after Standard Webhooks, with time-outs, and no redirect is ever followed.

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use ureq::Agent;
use ureq::http::{StatusCode, Uri};

use crate::delivery::carrier::{Carrier, Outgoing};
use crate::delivery::failure::{Failed, FailureKind};
use crate::delivery::retry_after;
use crate::delivery::signature::{ID, SIGNATURE, TIMESTAMP, WebhookSecret};
use crate::outbound::{AuthoritiesError, TimeLimits, agent, is_this_machine};
use crate::request_id;

/// Time for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Time for a whole request with its answer. Under a third of the lease, so that a batch is settled before it ends.
const WHOLE: Duration = Duration::from_secs(15);
/// Requests at a time.
const TOGETHER: usize = 8;
/// What is read of an answer, so that the connection can be used again. Nothing of it is kept.
const ANSWER: u64 = 4_096;

/// Why a webhook is not set up. Messages name the setting.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The address is none.
    #[error("url is not of the form https://host/path")]
    Address,
    /// The address holds a user name.
    #[error("url holds a user name or a password; requests are signed, take it out")]
    UserName,
    /// Plain HTTP over a network.
    #[error("url is http; use https, or an address of this machine (127.0.0.1, [::1], localhost)")]
    Plain,
    /// The file of certificates is not believed.
    #[error("ca_file {0}")]
    Authorities(#[from] AuthoritiesError),
}

/// A webhook: an address, a secret, and whose certificates are believed.
pub struct Webhook {
    agent: Agent,
    url: String,
    secret: WebhookSecret,
}

/// The address may hold a secret of the receiver's.
impl fmt::Debug for Webhook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Webhook(redacted)")
    }
}

impl Webhook {
    /// Sets a webhook up. `authorities` is a PEM file of the certificate authorities that are believed in place of
    /// Mozilla's.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub fn new(
        url: &str,
        secret: WebhookSecret,
        authorities: Option<&Path>,
    ) -> Result<Self, WebhookError> {
        let is_tls = check(url)?;
        let limits = TimeLimits {
            connect: CONNECT,
            whole: WHOLE,
        };
        Ok(Self {
            agent: agent(is_tls, authorities, limits, TOGETHER)?,
            url: url.to_owned(),
            secret,
        })
    }

    fn send(&self, event: &Outgoing, now_ms: i64) -> Result<(), Failed> {
        let seconds = now_ms.div_euclid(1_000);
        let signature = self
            .secret
            .sign(event.key.as_str(), seconds, event.body.as_bytes());
        let mut request = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .header(ID, event.key.as_str())
            .header(TIMESTAMP, seconds.to_string())
            .header(SIGNATURE, signature);
        if let Some(id) = &event.request {
            request = request.header(request_id::HEADER, id.as_str());
        }
        let answer = request.send(&event.body);
        let mut answer = answer.map_err(|error| Failed::new(failure(&error)))?;
        let status = answer.status();
        let retry_after = answer
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| retry_after::parse(value, now_ms));
        // The status has said it all; a body that does not come changes nothing.
        let _ = answer.body_mut().with_config().limit(ANSWER).read_to_vec();
        judge(status).map_err(|kind| Failed { kind, retry_after })
    }
}

impl Carrier for Webhook {
    fn together(&self) -> usize {
        TOGETHER
    }

    fn carry(&self, batch: &[Outgoing], now_ms: i64) -> Vec<Result<(), Failed>> {
        std::thread::scope(|scope| {
            let requests: Vec<_> = batch
                .iter()
                .map(|event| scope.spawn(move || self.send(event, now_ms)))
                .collect();
            let fault = |_| Err(Failed::new(FailureKind::Fault));
            requests
                .into_iter()
                .map(|request| request.join().unwrap_or_else(fault))
                .collect()
        })
    }
}

/// Whether the address is one of TLS.
fn check(url: &str) -> Result<bool, WebhookError> {
    let uri: Uri = url.parse().map_err(|_| WebhookError::Address)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(WebhookError::Address);
    };
    if authority.as_str().contains('@') {
        return Err(WebhookError::UserName);
    }
    match scheme {
        "https" => Ok(true),
        "http" if is_this_machine(authority.host()) => Ok(false),
        "http" => Err(WebhookError::Plain),
        _ => Err(WebhookError::Address),
    }
}

fn judge(status: StatusCode) -> Result<(), FailureKind> {
    match status.as_u16() {
        200..=299 => Ok(()),
        300..=399 => Err(FailureKind::Redirected),
        410 => Err(FailureKind::Gone),
        429 => Err(FailureKind::Busy),
        400..=499 => Err(FailureKind::Refused),
        500..=599 => Err(FailureKind::ServerError),
        _ => Err(FailureKind::Broken),
    }
}

fn failure(error: &ureq::Error) -> FailureKind {
    use ureq::Error;
    match error {
        Error::Timeout(_) => FailureKind::TimedOut,
        Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => FailureKind::Tls,
        Error::Io(_) | Error::HostNotFound | Error::ConnectionFailed => FailureKind::Unreachable,
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) | Error::TlsRequired => FailureKind::Tls,
        _ => FailureKind::Broken,
    }
}

#[cfg(test)]
mod tests;
