//! Signatures of webhooks after Standard Webhooks (https://www.standardwebhooks.com, version 1.0): the headers
//! `webhook-id`, `webhook-timestamp` (seconds since 1970) and `webhook-signature`, which holds one or more of `v1,` and the
//! base64 of HMAC-SHA256 over id, timestamp and body with a full stop between.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sealwatch_custody::base64;
use sha2::Sha256;

/// The header that holds the idempotency key.
pub(crate) const ID: &str = "webhook-id";
/// The header that holds when it was sent.
pub(crate) const TIMESTAMP: &str = "webhook-timestamp";
/// The header that holds the signatures.
pub(crate) const SIGNATURE: &str = "webhook-signature";

/// How far a timestamp may be from the receiver's clock, in seconds.
const TOLERANCE_SECONDS: i64 = 300;

/// Why a text is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It has another form.
    #[error(
        "a webhook's secret is `whsec_` and the base64 of 24 to 64 random bytes; make one with: \
         echo whsec_$(head -c 32 /dev/urandom | base64)"
    )]
    Form,
}

/// Why a request is not accepted as signed. It says nothing of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// A header is missing or of another form.
    #[error("a signature header is missing or of another form")]
    Headers,
    /// The timestamp is too far from the clock: a request that was kept and sent again, or a clock that is wrong.
    #[error("the timestamp is more than five minutes from this machine's clock")]
    Time,
    /// No signature fits.
    #[error("no signature fits")]
    Signature,
}

/// The secret that a sender and a receiver of webhooks share.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// Takes `whsec_` and base64.
    ///
    /// # Errors
    /// It has another form.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        text.strip_prefix("whsec_")
            .and_then(base64::decode)
            .filter(|bytes| (24..=64).contains(&bytes.len()))
            .map(Self)
            .ok_or(SecretError::Form)
    }

    /// The signature header of this request.
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let code = self.code(id, &seconds.to_string(), body);
        let code = code.map(|code| code.finalize().into_bytes());
        code.map_or_else(String::new, |code| format!("v1,{}", base64::encode(&code)))
    }

    /// Verifies the headers of a request, at this time in milliseconds since 1970.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify(
        &self,
        id: &str,
        timestamp: &str,
        signatures: &str,
        body: &[u8],
        now_ms: i64,
    ) -> Result<(), VerifyError> {
        // The signed text has a full stop between its parts: an id that holds one could be read in two ways.
        if id.is_empty() || id.contains('.') {
            return Err(VerifyError::Headers);
        }
        let seconds: i64 = timestamp.parse().map_err(|_| VerifyError::Headers)?;
        if (now_ms.div_euclid(1_000))
            .checked_sub(seconds)
            .is_none_or(|age| age.unsigned_abs() > TOLERANCE_SECONDS.unsigned_abs())
        {
            return Err(VerifyError::Time);
        }
        let fits = signatures
            .split(' ')
            .filter_map(|signature| base64::decode(signature.strip_prefix("v1,")?))
            .any(|signature| {
                self.code(id, timestamp, body)
                    .is_some_and(|code| code.verify_slice(&signature).is_ok())
            });
        if fits {
            Ok(())
        } else {
            Err(VerifyError::Signature)
        }
    }

    /// HMAC takes keys of any length, so that there always is one.
    fn code(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut code = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            code.update(part);
        }
        Some(code)
    }
}

/// A secret is not shown.
impl fmt::Debug for WebhookSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebhookSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::{VerifyError, WebhookSecret};

    /// The vector that the libraries of Standard Webhooks are tested with.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SECONDS: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secret() -> WebhookSecret {
        WebhookSecret::parse(SECRET).unwrap()
    }

    fn verify(id: &str, signature: &str, body: &[u8], now_ms: i64) -> Result<(), VerifyError> {
        secret().verify(id, &SECONDS.to_string(), signature, body, now_ms)
    }

    #[test]
    fn the_published_vector_of_standard_webhooks_holds_in_both_directions() {
        assert_eq!(secret().sign(ID, SECONDS, BODY), SIGNATURE);
        assert_eq!(verify(ID, SIGNATURE, BODY, SECONDS * 1_000), Ok(()));
        let several = format!("v1,AAAA v2,none {SIGNATURE}");
        assert_eq!(verify(ID, &several, BODY, SECONDS * 1_000), Ok(()));
    }

    #[test]
    fn whatever_is_altered_or_old_is_refused() {
        let now = SECONDS * 1_000;
        let refused = Err(VerifyError::Signature);
        assert_eq!(verify("msg_other", SIGNATURE, BODY, now), refused);
        assert_eq!(verify(ID, SIGNATURE, b"{}", now), refused);
        assert_eq!(verify(ID, "v1,AAAA", BODY, now), refused);
        assert_eq!(verify(ID, "", BODY, now), refused);
        assert_eq!(
            verify("a.b", SIGNATURE, BODY, now),
            Err(VerifyError::Headers)
        );
        for late in [-301_000, 301_000] {
            assert_eq!(
                verify(ID, SIGNATURE, BODY, now + late),
                Err(VerifyError::Time)
            );
        }
        assert_eq!(verify(ID, SIGNATURE, BODY, now + 300_000), Ok(()));
        let never = secret().verify(ID, "now", SIGNATURE, BODY, now);
        assert_eq!(never, Err(VerifyError::Headers));
        let overflow = secret().verify(ID, &i64::MIN.to_string(), SIGNATURE, BODY, now);
        assert_eq!(overflow, Err(VerifyError::Time));
    }

    #[test]
    fn a_secret_of_another_form_is_refused_and_none_is_shown() {
        for text in [
            "whsec_AAAA",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_é",
            "",
        ] {
            assert!(WebhookSecret::parse(text).is_err());
        }
        assert_eq!(format!("{:?}", secret()), "WebhookSecret(redacted)");
    }
}
