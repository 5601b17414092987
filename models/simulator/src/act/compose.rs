//! What a message looks like from outside: kind, size, typing, forwarding.

use super::message::Intent;
use crate::goal::Plan;
use crate::random::Random;
use crate::world::World;

/// The outside of one message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Composed {
    /// The kind.
    pub kind: &'static str,
    /// The base-2 logarithm of the ciphertext's bytes.
    pub size: u64,
    /// Milliseconds for which the typing indicator was on.
    pub typing: u64,
    /// Whether it was forwarded.
    pub forwarded: &'static str,
}

/// Kinds of messages with their shares, and the median and spread of their bytes.
const KINDS: [(&str, f64, f64, f64); 10] = [
    ("text", 0.76, 30.0, 1.0),
    ("image", 0.08, 140_000.0, 0.8),
    ("sticker", 0.06, 22_000.0, 0.5),
    ("audio", 0.045, 38_000.0, 0.9),
    ("video", 0.02, 2_600_000.0, 1.0),
    ("document", 0.012, 210_000.0, 1.4),
    ("location", 0.006, 90.0, 0.1),
    ("contact", 0.006, 210.0, 0.3),
    ("poll", 0.003, 160.0, 0.3),
    ("other", 0.008, 60.0, 0.6),
];

/// Bytes that encryption adds.
const OVERHEAD: f64 = 75.0;

fn size_bucket(bytes: f64) -> u64 {
    u64::from((bytes.max(1.0) as u64).ilog2())
}

impl World<'_> {
    /// A message as this account writes it for this purpose.
    pub(crate) fn compose(&mut self, account: u32, intent: Intent) -> Composed {
        if let (Intent::Abuse { .. }, Some(goal)) = (intent, &self.accounts[account as usize].goal)
        {
            let plan = goal.plan;
            return self.compose_abuse(account, &plan);
        }
        let typing = self.accounts[account as usize].traits.typing;
        let random = self.random(account);
        let composed = match intent {
            Intent::Chat { .. } | Intent::Approach | Intent::Abuse { .. } => {
                by_hand(typing, random)
            }
            Intent::Customer | Intent::Stop => template(account, typing, 0.35, random),
            Intent::Notice => template(account, typing, 0.5, random),
        };
        self.as_on_host(account, composed)
    }

    /// A message of an abuser: by a script, or by hand as far as it hides.
    pub(crate) fn compose_abuse(&mut self, account: u32, plan: &Plan) -> Composed {
        let typing = self.accounts[account as usize].traits.typing;
        let random = self.random(account);
        let composed = if random.chance(plan.typed) {
            by_hand(typing, random)
        } else {
            let jitter = u64::from(random.chance(0.15));
            let forwarded = if random.chance(0.1) { "many" } else { "no" };
            let base = if plan.kind == "text" {
                plan.size
            } else {
                plan.size + 8
            };
            Composed {
                kind: plan.kind,
                size: base + jitter,
                typing: 0,
                forwarded,
            }
        };
        self.as_on_host(account, composed)
    }

    /// In host traffic, kinds and sizes are those of the host.
    fn as_on_host(&mut self, account: u32, composed: Composed) -> Composed {
        if self.contents.is_empty() {
            return composed;
        }
        let place = self.accounts[account as usize]
            .random
            .below(self.contents.len());
        let (kind, size) = self.contents[place];
        Composed {
            kind,
            size,
            ..composed
        }
    }
}

fn by_hand(typing: f64, random: &mut Random) -> Composed {
    let (kind, _, median, sigma) = KINDS[random.weighted(&KINDS.map(|kind| kind.1))];
    let bytes = random.log_normal(median, sigma);
    let forwarded = match random.weighted(&[0.94, 0.05, 0.01]) {
        0 => "no",
        1 => "once",
        _ => "many",
    };
    // Pasted, dictated and forwarded texts and most other kinds need no typing.
    let typed = if kind == "text" {
        forwarded == "no" && random.chance(0.9)
    } else {
        random.chance(0.1)
    };
    let characters = if kind == "text" { bytes } else { 12.0 };
    let time = if typed {
        (characters * typing * random.log_normal(1.0, 0.3)).min(900_000.0)
    } else {
        0.0
    };
    Composed {
        kind,
        size: size_bucket(bytes + OVERHEAD),
        typing: time as u64,
        forwarded,
    }
}

/// A text that the account sends again and again: nearly the same size, seldom typed.
fn template(account: u32, typing: f64, typed: f64, random: &mut Random) -> Composed {
    let base = 120.0 + f64::from(account % 7) * 90.0;
    let kind = match random.weighted(&[0.8, 0.13, 0.07]) {
        0 => "text",
        1 => "image",
        _ => "document",
    };
    let bytes = if kind == "text" {
        base * random.between(0.95, 1.05)
    } else {
        90_000.0 + base * 300.0
    };
    let time = if random.chance(typed) {
        20.0 * typing * random.log_normal(1.0, 0.5)
    } else {
        0.0
    };
    Composed {
        kind,
        size: size_bucket(bytes + OVERHEAD),
        typing: time as u64,
        forwarded: "no",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_send_messages_without_typing_too() {
        let mut random = Random::new(2);
        let untyped = (0..10_000)
            .filter(|_| by_hand(230.0, &mut random).typing == 0)
            .count();
        assert!((2_000..5_000).contains(&untyped), "{untyped}");
    }

    #[test]
    fn sizes_are_logarithms_of_bytes() {
        assert_eq!(size_bucket(1.0), 0);
        assert_eq!(size_bucket(128.0), 7);
        assert_eq!(size_bucket(255.0), 7);
        assert_eq!(size_bucket(256.0), 8);
    }
}
