//! Views of a stream as a platform with less to tell would send it.
//!
//! What is missing depends on the platform, never on the label: the same populations are seen in full and cut, so that a
//! model neither needs a field nor reads anything from its absence.

use sealwatch_core::event::{Body, Event};

/// How much of a stream is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// All of it.
    Full,
    /// Messages and calls to persons, and of their optional fields only whether they begin a conversation.
    MessagesOnly,
}

impl View {
    /// The event as this view shows it, if it does.
    pub fn show(self, event: Event) -> Option<Event> {
        if self == Self::Full {
            return Some(event);
        }
        let body = match event.body {
            Body::MessageSent(mut message) if message.recipient.is_some() => {
                message.recipient_has_sender = None;
                message.reply = None;
                message.forwarded = None;
                message.typing_ms = None;
                Body::MessageSent(message)
            }
            Body::CallPlaced(mut call) if call.recipient.is_some() => {
                call.recipient_has_sender = None;
                Body::CallPlaced(call)
            }
            _ => return None,
        };
        Some(Event { body, ..event })
    }
}
