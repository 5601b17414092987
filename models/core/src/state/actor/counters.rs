//! The decayed counters of an account, by half-life: named places in four arrays.

macro_rules! counters {
    ($(#[$meta:meta])* $module:ident { $($(#[$counter_meta:meta])* $counter:ident),+ $(,)? }) => {
        $(#[$meta])*
        pub mod $module {
            #[derive(Clone, Copy)]
            #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "names the constants below")]
            enum Order { $($counter),+ }
            $($(#[$counter_meta])* pub const $counter: usize = Order::$counter as usize;)+
            /// How many counters there are.
            pub const COUNT: usize = [$(Order::$counter),+].len();
        }
    };
}

counters! {
    /// Counters with a half-life of a minute.
    minute {
        /// Messages sent.
        SENT,
        /// Messages that began a conversation.
        FIRST,
        /// Numbers looked up.
        LOOKED_UP,
        /// Members added to groups.
        ADDED,
    }
}

counters! {
    /// Counters with a half-life of an hour.
    hour {
        /// Messages sent.
        SENT,
        /// Accounts that they went to.
        RECIPIENTS,
        /// Messages that began a conversation.
        FIRST,
        /// Messages to people who do not have the sender.
        STRANGERS,
        /// Numbers looked up.
        LOOKED_UP,
        /// Members added to groups.
        ADDED,
        /// Groups created.
        GROUPS,
        /// Calls placed.
        CALLS,
        /// Blocks received.
        BLOCKS,
        /// Reports received.
        REPORTS,
    }
}

counters! {
    /// Counters with a half-life of a day.
    day {
        /// Messages sent.
        SENT,
        /// Accounts that they went to.
        RECIPIENTS,
        /// Messages to one person.
        TO_PERSON,
        /// Messages that began a conversation.
        FIRST,
        /// Messages for which it is known whether they did.
        FIRST_KNOWN,
        /// Messages to people who do not have the sender.
        STRANGERS,
        /// Messages for which it is known whether they have.
        CONTACT_KNOWN,
        /// Messages that answer one.
        REPLIES,
        /// Messages for which it is known whether they do.
        REPLY_KNOWN,
        /// Messages without any typing.
        UNTYPED,
        /// Messages for which the typing time is known.
        TYPING_KNOWN,
        /// Messages forwarded many times.
        FORWARDED,
        /// Messages of the same size class as the one before.
        SAME_SIZE,
        /// Answers received.
        ANSWERED,
        /// Messages delivered.
        DELIVERED,
        /// Messages read.
        READ,
        /// Blocks received.
        BLOCKS,
        /// Reports received.
        REPORTS,
        /// Reports received on a first message.
        FIRST_REPORTS,
        /// Numbers looked up.
        LOOKED_UP,
        /// Look-ups made.
        LOOK_UPS,
        /// Registered numbers found.
        HITS,
        /// Numbers that follow another one looked up.
        SEQUENTIAL,
        /// Groups created.
        GROUPS,
        /// Members added to groups.
        ADDED,
        /// Members added who do not have the adder.
        ADDED_STRANGERS,
        /// Members added for whom it is known.
        ADDED_KNOWN,
        /// Added members who left.
        LEFT,
        /// Added members who left within ten minutes.
        LEFT_SOON,
        /// Calls placed.
        CALLS,
        /// Calls not answered.
        UNANSWERED,
        /// Calls to people who do not have the caller.
        CALLED_STRANGERS,
        /// Contact requests made.
        REQUESTS,
        /// Contact requests accepted.
        ACCEPTED,
        /// Log-ins.
        LOGINS,
        /// Log-ins on a device that is new for the account.
        NEW_DEVICES,
        /// Log-ins from a network that is new for the account.
        NEW_NETWORKS,
        /// Log-ins from another country than the last one.
        NEW_COUNTRIES,
        /// Log-ins without the second factor.
        NO_SECOND_FACTOR,
        /// Changes of the profile.
        PROFILE_CHANGES,
    }
}

counters! {
    /// Counters with a half-life of a week.
    week {
        /// Messages sent.
        SENT,
        /// Messages to one person.
        TO_PERSON,
        /// Messages that began a conversation.
        FIRST,
        /// Messages for which it is known whether they did.
        FIRST_KNOWN,
        /// Messages to people who do not have the sender.
        STRANGERS,
        /// Messages for which it is known whether they have.
        CONTACT_KNOWN,
        /// Answers received.
        ANSWERED,
        /// Messages delivered.
        DELIVERED,
        /// Messages read.
        READ,
        /// Blocks received.
        BLOCKS,
        /// Reports received.
        REPORTS,
        /// Numbers looked up.
        LOOKED_UP,
        /// Groups created.
        GROUPS,
        /// Members added to groups.
        ADDED,
        /// Added members who left.
        LEFT,
        /// Log-ins on a device that is new for the account.
        NEW_DEVICES,
        /// Matches of the account's surfaces.
        MATCHES,
        /// Contacts with people known to be minors.
        MINORS,
        /// Contacts with people known to be minors who do not have the account.
        MINOR_STRANGERS,
        /// Activity in the six four-hour parts of the day (UTC), from midnight.
        HOURS_0,
        /// From four.
        HOURS_4,
        /// From eight.
        HOURS_8,
        /// From noon.
        HOURS_12,
        /// From sixteen.
        HOURS_16,
        /// From twenty.
        HOURS_20,
    }
}
