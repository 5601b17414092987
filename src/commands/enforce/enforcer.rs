//! What is done with one event: read it, see whether it was acted on, open the identity, act, and write it down.

use sealwatch_api::delivery::{EnforcementMode, EnforcementRequested, EventKey, SealedAccount};
use sealwatch_custody::{Binding, OpenError, OpenedIdentity, PrivateKey, Sealed, open_identity};
use serde::Deserialize;

use super::act::{ActError, How, act};
use super::ledger::{Known, Ledger};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It was acted on.
    Acted,
    /// It was acted on before.
    Known,
    /// It asks for nothing here.
    OfAnotherKind,
    /// It belongs to a demonstration: nobody may be acted against.
    Demonstration,
}

/// Why an event was not acted on. No message holds anything of an account.
#[derive(Debug, thiserror::Error)]
pub enum EnforceError {
    /// It is no event, or of a newer version.
    #[error("it is no enforcement.requested of version 1")]
    NotAnEvent,
    /// It holds no identity.
    #[error("it holds no sealed identity; configure keys.enforcement where it comes from")]
    NoIdentity,
    /// It is sealed to another key.
    #[error("the identity is sealed to key {sealed_to}, and this one is {ours}")]
    AnotherKey {
        /// The key that opens it.
        sealed_to: String,
        /// The key that is here.
        ours: String,
    },
    /// The identity does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An earlier run ended while it was being acted on.
    #[error(
        "event {0} was being acted on when an earlier run ended; see whether the account was acted on. If not, run again with \
         --repeat-interrupted"
    )]
    Interrupted(EventKey),
    /// It cannot be written down.
    #[error("state file: {0}; nothing is done that cannot be written down")]
    State(#[from] std::io::Error),
    /// Acting failed.
    #[error("event {0}: {1}")]
    Act(EventKey, ActError),
}

/// Acts on events.
#[derive(Debug)]
pub struct Enforcer {
    /// The enforcement service's key.
    pub key: PrivateKey,
    /// How to act.
    pub how: How,
    /// What was acted on. Without it nothing is remembered.
    pub ledger: Option<Ledger>,
    /// Whether demonstrations are acted on.
    pub acts_on_demonstrations: bool,
    /// Whether an event that was interrupted is acted on again.
    pub repeats_interrupted: bool,
}

/// What every event says of itself.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
}

impl Enforcer {
    /// Takes one event. `claimed` is the key that its envelope names, if there is one.
    ///
    /// # Errors
    /// [`EnforceError`].
    pub fn take(&mut self, body: &[u8], claimed: Option<&str>) -> Result<Became, EnforceError> {
        let head: Head = serde_json::from_slice(body).map_err(|_| EnforceError::NotAnEvent)?;
        if head.kind != "enforcement.requested" {
            return Ok(Became::OfAnotherKind);
        }
        let event: EnforcementRequested =
            serde_json::from_slice(body).map_err(|_| EnforceError::NotAnEvent)?;
        let key = EventKey::parse(&event.id).ok_or(EnforceError::NotAnEvent)?;
        if event.version != 1 || claimed.is_some_and(|claimed| claimed != key.as_str()) {
            return Err(EnforceError::NotAnEvent);
        }
        if event.mode == EnforcementMode::Demo && !self.acts_on_demonstrations {
            return Ok(Became::Demonstration);
        }
        match self.ledger.as_ref().and_then(|ledger| ledger.known(&key)) {
            Some(Known::Done) => return Ok(Became::Known),
            Some(Known::Begun) if !self.repeats_interrupted => {
                return Err(EnforceError::Interrupted(key));
            }
            Some(Known::Begun | Known::Failed) | None => {}
        }
        let identity = event.identity.as_ref().ok_or(EnforceError::NoIdentity)?;
        let identity = self.open(identity)?;
        self.note(&key, Known::Begun)?;
        match act(&self.how, &event, &identity) {
            Ok(()) => {
                self.note(&key, Known::Done)?;
                Ok(Became::Acted)
            }
            Err(error) => {
                if !error.is_unclear() {
                    self.note(&key, Known::Failed)?;
                }
                Err(EnforceError::Act(key, error))
            }
        }
    }

    fn open(&self, identity: &SealedAccount) -> Result<OpenedIdentity, EnforceError> {
        let ours = self.key.public().id().to_string();
        if identity.key != ours {
            let sealed_to = identity.key.clone();
            // A key id is hexadecimal; what is none came from somebody else, and is not repeated.
            if !sealed_to.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(EnforceError::NotAnEvent);
            }
            return Err(EnforceError::AnotherKey { sealed_to, ours });
        }
        let binding = Binding {
            recommendation: identity.binding.recommendation.to_bytes(),
            pseudonym: identity.binding.account.to_bytes(),
        };
        let sealed = Sealed::from_base64(&identity.sealed).ok_or(EnforceError::NotAnEvent)?;
        Ok(open_identity(&self.key, &sealed, &binding)?)
    }

    fn note(&mut self, key: &EventKey, known: Known) -> Result<(), EnforceError> {
        if let Some(ledger) = &mut self.ledger {
            ledger.note(key, known)?;
        }
        Ok(())
    }
}
