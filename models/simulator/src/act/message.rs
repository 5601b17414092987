//! Messages from person to person: sending, delivery, and what the recipient makes of it.

use super::compose::Composed;
use crate::calendar::{DAY, MINUTE, SECOND};
use crate::event::{EventType, Field};
use crate::world::{Action, World};

/// Why a message is sent; what recipients make of it depends on this.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Intent {
    /// Talk between people; `depth` counts the messages of the conversation.
    Chat {
        /// Messages so far.
        depth: u8,
    },
    /// A business writes to a customer who asked for it.
    Customer,
    /// A courier, seller or recruiter writes to a stranger.
    Stop,
    /// A job seeker, newcomer or seller writes to a stranger, by hand.
    Approach,
    /// "This is my new phone", to all friends.
    Notice,
    /// An abuser's message.
    Abuse {
        /// How likely a stranger answers.
        appeal: f64,
        /// How likely a stranger minds enough to report.
        annoyance: f64,
    },
}

impl Eq for Intent {}

impl Intent {
    /// How likely the recipient answers, blocks, and reports. `known`: the recipient has the sender.
    fn reception(self, reply: f64, known: bool) -> (f64, f64, f64) {
        match self {
            Self::Chat { depth } => {
                let fading = libm::exp(-0.03 * f64::from(depth));
                // People mistake numbers, and fall out with each other.
                if known {
                    (reply * fading, 0.0, 0.0)
                } else {
                    (reply * 0.8 * fading, 0.003, 0.0012)
                }
            }
            Self::Customer => (0.18, 0.002, 0.001),
            Self::Stop => (0.4, 0.006, 0.004),
            Self::Approach => (0.2, 0.009, 0.004),
            Self::Notice => (0.35, 0.0, 0.0002),
            Self::Abuse { appeal, annoyance } => (appeal, annoyance * 1.6, annoyance),
        }
    }
}

impl World<'_> {
    /// The next message of an activity or a conversation.
    pub(crate) fn say(
        &mut self,
        from: u32,
        to: u32,
        left: u8,
        intent: Intent,
        reply: bool,
        at: i64,
    ) {
        if !self.accounts[from as usize].acts()
            || !self.reachable(to)
            || self.relations.blocks(from, to)
        {
            return;
        }
        let composed = self.compose(from, intent);
        let typing = composed.typing as i64;
        self.send(from, to, at, intent, composed, reply);
        if left > 0 {
            let gap = typing.max(SECOND) + self.random(from).log_normal(14_000.0, 1.2) as i64;
            self.schedule(
                at + gap,
                Action::Say {
                    from,
                    to,
                    left: left - 1,
                    intent,
                    reply: false,
                },
            );
        }
    }

    /// Sends one message.
    pub(crate) fn send(
        &mut self,
        from: u32,
        to: u32,
        at: i64,
        intent: Intent,
        composed: Composed,
        reply: bool,
    ) {
        let first = self.relations.talk(from, to);
        let known = self.relations.has(to, from);
        let client = self.accounts[from as usize].client;
        self.emitter
            .event(at, EventType::MessageSent, client)
            .account(Field::Account, from)
            .account(Field::Recipient, to)
            .number(Field::Recipients, 1)
            .text(Field::Kind, composed.kind)
            .number(Field::SizeBucket, composed.size)
            .flag(Field::FirstContact, first)
            .flag(Field::RecipientHasSender, known)
            .flag(Field::Reply, reply)
            .text(Field::Forwarded, composed.forwarded)
            .number(Field::TypingMs, composed.typing)
            .end();
        // What a blocked sender sends is never delivered.
        if self.accounts[to as usize].host || self.relations.blocks(to, from) {
            return;
        }
        let delay = if self.random(from).chance(0.85) {
            self.random(from).log_normal(700.0, 0.8) as i64
        } else {
            // The phone is off: delivered when its owner next looks.
            self.next_time(to, 40.0, at) - at
        };
        let deliver = Action::Deliver {
            from,
            to,
            sent: at,
            intent,
            stranger: first && !known,
        };
        self.schedule(at + delay.clamp(50, 30 * DAY), deliver);
    }

    /// A message arrives: it is read or not, answered or not, and sometimes minded.
    pub(crate) fn deliver(
        &mut self,
        (from, to): (u32, u32),
        sent: i64,
        intent: Intent,
        stranger: bool,
        at: i64,
    ) {
        if !self.accounts[to as usize].acts() {
            return;
        }
        let known = self.relations.has(to, from);
        let reply = self.accounts[to as usize].traits.reply;
        let (answer, block, report) = intent.reception(reply, known);
        let random = self.random(to);
        let read = random.chance(if stranger { 0.72 } else { 0.93 });
        let client = self.accounts[to as usize].client;
        self.emitter
            .event(at, EventType::MessageDelivered, client)
            .account(Field::Account, to)
            .account(Field::Sender, from)
            .number(Field::DelayMs, (at - sent) as u64)
            .flag(Field::Read, read)
            .end();
        if !read {
            return;
        }
        if matches!(intent, Intent::Chat { .. }) {
            self.note_answer(to, from);
        }
        let scale = if stranger { 1.0 } else { 0.12 };
        let random = self.random(to);
        if random.chance(block * scale) {
            let both = random.chance(report / block);
            let wait = random.log_normal(90_000.0, 1.2) as i64;
            self.schedule(
                at + wait,
                Action::Mind {
                    account: to,
                    target: from,
                    report: both,
                    first: stranger,
                },
            );
        } else if random.chance(answer) {
            self.answer(from, to, intent, at);
        }
    }

    /// Schedules an answer, when the recipient is awake and has thought about it.
    fn answer(&mut self, from: u32, to: u32, intent: Intent, at: i64) {
        let think = self.random(to).log_normal(50_000.0, 1.4) as i64;
        // Somebody in the middle of a conversation is there; the others look many times a day.
        let in_talk = matches!(intent, Intent::Chat { depth } if depth > 0);
        let looks = if in_talk || think < 30 * SECOND {
            at
        } else {
            self.next_time(to, 55.0, at)
        };
        let depth = match intent {
            Intent::Chat { depth } => depth.saturating_add(1),
            _ => 3,
        };
        let random = self.random(to);
        let left = u8::from(random.chance(0.18));
        if random.chance(0.03) {
            // Whoever answers a stranger sometimes keeps the number.
            self.relations.add(to, from);
        }
        let say = Action::Say {
            from: to,
            to: from,
            left,
            intent: Intent::Chat { depth },
            reply: true,
        };
        self.schedule(looks + think.clamp(2 * SECOND, 600 * MINUTE), say);
    }
}
