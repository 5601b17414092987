//! What an account's owner could be told: what was decided, on what kind of information, by whom, and how to disagree. In plain
//! words, and without anything that tells an abuser how to hide: no figures, no features, no thresholds, no other accounts.

use sealwatch_core::behaviour::{Answer, Behaviour, Mode};

use crate::cases::types::Verdict;

/// What the behaviour is called towards the owner.
const fn conduct(behaviour: Behaviour) -> &'static str {
    match behaviour {
        Behaviour::BulkMessaging => "sending messages in bulk to people who did not ask for them",
        Behaviour::AutomatedRegistration => {
            "accounts that are registered automatically and in series"
        }
        Behaviour::BanEvasion => "coming back after an account was closed for breaking the rules",
        Behaviour::CoordinatedRing => "accounts that act together to break the rules",
        Behaviour::GroupSpam => "adding people to groups against their will",
        Behaviour::ScamFanout => "contacting strangers in order to deceive them",
        Behaviour::Enumeration => "collecting other people's contact details in bulk",
        Behaviour::AccountTakeover => "someone else using your account",
        Behaviour::FalseReporting => "reporting people wrongly and in concert",
        Behaviour::MinorContactRisk => "contacting young people who do not know the sender",
    }
}

/// What the platform is asked to do.
const fn action(answer: Answer) -> &'static str {
    match answer {
        Answer::Limit => "limit what your account can do for a while",
        Answer::Ban => "close your account",
        Answer::Protect => "protect your account",
        Answer::Refer => "look into your account",
    }
}

/// The statement of a decision.
pub(crate) fn statement(
    behaviour: Behaviour,
    answer: Answer,
    mode: Mode,
    verdict: Verdict,
) -> String {
    let conduct = conduct(behaviour);
    match verdict {
        // In the shadow nobody is acted against: nothing may be said that has not happened.
        Verdict::Confirm | Verdict::Protect if mode == Mode::Shadow => {
            "Your account was looked at while a new way of detection was tried out. No decision has been taken about it, and \
             nothing has changed for you. The content of your messages and calls was not used: it is encrypted."
                .to_owned()
        }
        Verdict::Confirm => format!(
            "We decided to {}. Its activity matches a pattern of {conduct}, which our terms do not allow. An automatic system \
             pointed the account out from information about activity, such as when, how often and with how many others it \
             was active. The content of messages and calls was not used: it is encrypted, and nobody but you and your \
             contacts can read it. A person looked at the case and took the decision. If you think that this is wrong, \
             you can appeal: someone else will then decide.",
            action(answer)
        ),
        Verdict::Protect => format!(
            "We decided to protect your account, because its activity looks like {conduct}. Your account is not punished. \
             Please confirm that it is you. We saw this from information about activity, not from the content of your \
             messages, which is encrypted. If you think that this is wrong, you can appeal: someone else will then decide."
        ),
        Verdict::Reject => "We looked at your account and found no reason to act. Nothing has changed for you. If anything had \
             been restricted because of this, it is given back. The content of your messages and calls was not used: it is \
             encrypted."
            .to_owned(),
        Verdict::NeedsMore => {
            "No decision has been taken about your account, and nothing has changed for you.".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::statement;
    use crate::cases::types::Verdict;
    use sealwatch_core::behaviour::{Answer, Behaviour, Mode};

    #[test]
    fn no_statement_tells_a_figure_or_a_feature() {
        for behaviour in Behaviour::ALL {
            for verdict in Verdict::ALL {
                let text = statement(*behaviour, Answer::Ban, Mode::Live, *verdict);
                assert!(!text.contains(|character: char| character.is_ascii_digit()));
                for word in [
                    "score",
                    "threshold",
                    "device",
                    "network",
                    "typing",
                    "feature",
                ] {
                    assert!(!text.contains(word), "{word}");
                }
            }
        }
    }

    #[test]
    fn what_is_tried_out_in_the_shadow_never_says_that_something_was_done() {
        let text = statement(
            Behaviour::BulkMessaging,
            Answer::Ban,
            Mode::Shadow,
            Verdict::Confirm,
        );
        assert!(text.contains("nothing has changed for you"));
        assert!(!text.contains("close your account"));
    }

    #[test]
    fn whoever_is_acted_against_is_told_who_decided_and_how_to_appeal() {
        let text = statement(
            Behaviour::BulkMessaging,
            Answer::Ban,
            Mode::Live,
            Verdict::Confirm,
        );
        assert!(text.contains("A person looked at the case"));
        assert!(text.contains("you can appeal"));
    }
}
