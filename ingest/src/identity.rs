//! The identities of recommended accounts, sealed at the edge while their record is still in memory (law 7).

use sealwatch_core::behaviour::Answer;
use sealwatch_core::event::{Edge, find_account};
use sealwatch_core::recommendation::{Recommendation, SealedFor, SealedIdentity};
use sealwatch_core::threat::{SubjectKind, ThreatSignal};
use sealwatch_custody::{Binding, PublicKey, SealError, seal_identity, seal_twice};

use crate::decode;
use crate::source::Body;

/// Why an identity could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The deciding record does not name the account: a fault of ours.
    #[error(
        "the deciding record does not name the recommended account; this is a fault of the program"
    )]
    NotNamed,
    /// Sealing failed.
    #[error("the identity cannot be sealed: {0}")]
    Seal(#[from] SealError),
}

/// The recipients' public keys. Those that are not configured get nothing.
#[derive(Debug, Default)]
pub struct Recipients {
    /// The enforcement service's.
    pub enforcement: Option<PublicKey>,
    /// The officers' (inner) and the approvers' (outer).
    pub referral: Option<(PublicKey, PublicKey)>,
}

impl Recipients {
    /// Seals the account of a recommendation to each recipient. `body` is the deciding record.
    ///
    /// # Errors
    /// The record does not name the account, or a key fails.
    pub fn seal(
        &self,
        recommendation: &Recommendation,
        body: &Body<'_>,
        edge: &Edge<'_>,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Vec<SealedIdentity>, IdentityError> {
        let enforcement = self.enforcement_for(recommendation.answer);
        if enforcement.is_none() && self.referral.is_none() {
            return Ok(Vec::new());
        }
        let fields = decode::fields(body).map_err(|_| IdentityError::NotNamed)?;
        let raw =
            find_account(&fields, edge, recommendation.account).ok_or(IdentityError::NotNamed)?;
        let identifier = raw.expose_to_edge();
        let binding = Binding {
            recommendation: recommendation.id.to_bytes(),
            pseudonym: recommendation.account.to_bytes(),
        };
        let mut sealed = Vec::with_capacity(2);
        if let Some(key) = enforcement {
            sealed.push(SealedIdentity {
                sealed_for: SealedFor::Enforcement,
                key_ids: vec![key.id().to_string()],
                sealed: seal_identity(key, identifier, &binding, random)?.to_base64(),
            });
        }
        if let Some((officers, approvers)) = &self.referral {
            sealed.push(SealedIdentity {
                sealed_for: SealedFor::Referral,
                key_ids: vec![approvers.id().to_string(), officers.id().to_string()],
                sealed: seal_twice(officers, approvers, identifier, &binding, random)?.to_base64(),
            });
        }
        Ok(sealed)
    }

    /// Seals the account of a threat signal to the referral side, and to nobody else. `body` is the record that named it.
    ///
    /// # Errors
    /// The record does not name the account, or a key fails.
    pub fn seal_threat(
        &self,
        threat: &ThreatSignal,
        body: &Body<'_>,
        edge: &Edge<'_>,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Option<SealedIdentity>, IdentityError> {
        let (SubjectKind::Account, Some((officers, approvers))) = (threat.subject, &self.referral)
        else {
            return Ok(None);
        };
        let fields = decode::fields(body).map_err(|_| IdentityError::NotNamed)?;
        let raw = find_account(&fields, edge, threat.pseudonym).ok_or(IdentityError::NotNamed)?;
        // Bound to the case, not to its revision: any of them opens to the same account.
        let binding = Binding {
            recommendation: threat.case.to_bytes(),
            pseudonym: threat.pseudonym.to_bytes(),
        };
        let identifier = raw.expose_to_edge();
        Ok(Some(SealedIdentity {
            sealed_for: SealedFor::Referral,
            key_ids: vec![approvers.id().to_string(), officers.id().to_string()],
            sealed: seal_twice(officers, approvers, identifier, &binding, random)?.to_base64(),
        }))
    }

    /// The enforcement service's key, unless only the referral side may know whom the recommendation is about.
    fn enforcement_for(&self, answer: Answer) -> Option<&PublicKey> {
        self.enforcement
            .as_ref()
            .filter(|_| answer != Answer::Refer)
    }
}

#[cfg(test)]
mod tests {
    use sealwatch_core::behaviour::Mode;
    use sealwatch_core::credibility::corroboration::Corroboration;
    use sealwatch_core::credibility::priority::Priority;
    use sealwatch_core::credibility::weigh;
    use sealwatch_core::event::Vocabulary;
    use sealwatch_core::fold::{ThreatContext, ThreatUpdate};
    use sealwatch_core::identifier::{
        IdentifierKind, Pseudonym, PseudonymKey, Pseudonymiser, RawIdentifier,
    };
    use sealwatch_core::recommendation::{Evidence, Position};
    use sealwatch_core::threat::ThreatKind;
    use sealwatch_custody::{PrivateKey, Role, Sealed, open_identity, open_inner, open_outer};

    use super::*;

    #[test]
    fn an_account_shown_to_the_referral_side_is_not_sealed_to_the_enforcement_side() {
        let mut next = 0;
        let mut random = |bytes: &mut [u8]| {
            for byte in bytes {
                next += 1;
                *byte = next;
            }
        };
        let key = PrivateKey::generate(Role::Enforcement, &mut random);
        let recipients = Recipients {
            enforcement: Some(key.public()),
            referral: None,
        };
        for answer in Answer::ALL {
            let is_sealed = recipients.enforcement_for(*answer).is_some();
            assert_eq!(is_sealed, *answer != Answer::Refer);
        }
    }

    fn threat(subject: SubjectKind, pseudonym: Pseudonym) -> ThreatSignal {
        let key = u128::from_be_bytes(pseudonym.to_bytes());
        let kind = ThreatKind::ThreatToLife;
        let update = ThreatUpdate {
            position: Position::default(),
            at: 0,
            subject,
            key,
            incarnation: 0,
            first: Position::default(),
            kind,
            priority: Priority::P2,
            credibility: weigh(kind, &[], &Corroboration::default()).credibility,
            reports: 1,
            reporters: Vec::new(),
            matches: None,
            signals: Vec::new(),
        };
        update.signal(ThreatContext {
            platform: "demo",
            banks: &[],
            issuers: &[],
            detector_mode: Mode::Shadow,
            evidence: Evidence::default(),
        })
    }

    #[test]
    fn the_subject_of_a_threat_signal_is_sealed_to_the_referral_side_and_a_group_is_not() {
        let mut next = 0_u8;
        let mut random = |bytes: &mut [u8]| {
            for byte in bytes {
                next = next.wrapping_mul(5).wrapping_add(17);
                *byte = next;
            }
        };
        let mut key = |role| PrivateKey::generate(role, &mut random);
        let (enforcement, officer, approver) = (
            key(Role::Enforcement),
            key(Role::Officer),
            key(Role::Approver),
        );
        let recipients = Recipients {
            enforcement: Some(enforcement.public()),
            referral: Some((officer.public(), approver.public())),
        };
        let vocabulary = Vocabulary {
            platforms: vec!["demo".to_owned()],
            issuers: Vec::new(),
            banks: Vec::new(),
        };
        let pseudonymiser = Pseudonymiser::new(&PseudonymKey::new([4; 32]), &vocabulary.platforms);
        let edge = Edge::new(&vocabulary, &pseudonymiser);
        let raw = RawIdentifier::new("+4915112345678").unwrap();
        let pseudonym = pseudonymiser.pseudonym(IdentifierKind::Account, 0, raw);
        let body = Body::Bytes(
            br#"{"id":"1","at":1,"platform":"demo","type":"user.reported","account":"by","target":"+4915112345678"}"#,
        );
        let account = threat(SubjectKind::Account, pseudonym);
        let sealed = recipients
            .seal_threat(&account, &body, &edge, &mut random)
            .unwrap()
            .unwrap();
        assert_eq!(sealed.sealed_for, SealedFor::Referral);
        let binding = Binding {
            recommendation: account.case.to_bytes(),
            pseudonym: pseudonym.to_bytes(),
        };
        let outer = Sealed::from_base64(&sealed.sealed).unwrap();
        assert!(open_identity(&enforcement, &outer, &binding).is_err());
        assert!(open_inner(&officer, &outer, &binding).is_err());
        let inner = open_outer(&approver, &outer, &binding).unwrap();
        let opened = open_inner(&officer, &inner, &binding).unwrap();
        assert_eq!(opened.expose_to_recipient(), raw.expose_to_edge());
        let group = threat(SubjectKind::Group, pseudonym);
        let sealed = recipients.seal_threat(&group, &body, &edge, &mut random);
        assert!(sealed.unwrap().is_none());
    }
}
