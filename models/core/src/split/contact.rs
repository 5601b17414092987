//! Accounts reach others: by messages, by calls, and by adding them to groups.

use super::{FacetSink, Splitter, key};
use crate::event::values::{Forwarded, JoinedVia};
use crate::event::{CallPlaced, GroupMemberAdded, MessageSent};
use crate::facet::{ActorTouch, Contact, SharedTouch, Ternary};

pub(super) fn message<S: FacetSink>(body: &MessageSent, out: &mut Splitter<'_, S>) {
    let contact = Contact::Message {
        recipients: body.recipients,
        size: body.size_bucket.0,
        kind: body.kind as u8,
        first: body.first_contact.into(),
        known: body.recipient_has_sender.into(),
        reply: body.reply.into(),
        forwarded_many: body
            .forwarded
            .map(|forwarded| forwarded == Forwarded::Many)
            .into(),
        typing_ms: body.typing_ms.map_or(-1, |typing| typing as i64),
    };
    let sender = key(body.account.0);
    if let Some(recipient) = body.recipient {
        out.shared(recipient.0, 0, SharedTouch::Reached { sender, contact });
        if body.reply == Some(true) {
            out.actor(
                recipient.0,
                1,
                ActorTouch::Answered {
                    counterpart: sender,
                },
            );
        }
    } else if let Some(group) = body.group {
        out.shared(group.0, 0, SharedTouch::GroupReached { sender, contact });
    }
}

pub(super) fn call<S: FacetSink>(body: &CallPlaced, out: &mut Splitter<'_, S>) {
    let contact = Contact::Call {
        answered: body.answered,
        seconds: body.seconds,
        first: body.first_contact.into(),
        known: body.recipient_has_sender.into(),
    };
    let sender = key(body.account.0);
    if let Some(recipient) = body.recipient {
        out.shared(recipient.0, 0, SharedTouch::Reached { sender, contact });
    } else if let Some(group) = body.group {
        out.shared(group.0, 0, SharedTouch::GroupReached { sender, contact });
    }
}

pub(super) fn member_added<S: FacetSink>(body: &GroupMemberAdded, out: &mut Splitter<'_, S>) {
    let by_itself = body.via != JoinedVia::Direct || body.account == body.target;
    let (adder, target, group) = (key(body.account.0), key(body.target.0), key(body.group.0));
    let target_has_adder = Ternary::from(body.target_has_adder);
    out.shared(
        body.group.0,
        0,
        SharedTouch::MemberAdded {
            adder,
            target,
            target_has_adder,
            by_itself,
        },
    );
    out.actor(
        body.account.0,
        0,
        ActorTouch::MemberAdded {
            group,
            target,
            target_has_adder,
            by_itself,
        },
    );
}
