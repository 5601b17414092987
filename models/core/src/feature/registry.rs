//! The registry: every feature with its name, unit, family, direction, meaning and revision.

use super::{Direction, Family, Feature, Unit, View};
use crate::event::values::NumberKind;
use crate::state::actor::{
    ActorState, HAS_LINK, LINK_KNOWN, NEVER, Reading, day, hour, minute, week,
};
use crate::state::links::UNKNOWN;
use crate::state::sketch;
use crate::time::{HOUR, Timestamp};

/// How many features there are.
pub const COUNT: usize = FEATURES.len();

macro_rules! features {
    ($($name:literal $unit:ident $family:ident $direction:ident $revision:literal $meaning:literal, |$view:ident, $state:ident| $value:expr;)+) => {
        /// Every feature, in the order of a row.
        pub static FEATURES: [Feature; [$($name),+].len()] = [$(Feature {
            name: $name,
            unit: Unit::$unit,
            family: Family::$family,
            direction: Direction::$direction,
            meaning: $meaning,
            revision: $revision,
            value: {
                fn value($view: &View<'_>) -> f32 {
                    let $state: &ActorState = $view.state;
                    let _ = $state;
                    $value
                }
                value
            },
        }),+];
    };
}

features! {
    "messages_minute" Count Volume Free 1 "messages sent, half-life a minute", |view, s| s.minute[minute::SENT];
    "messages_hour" Count Volume Free 1 "messages sent, half-life an hour", |view, s| s.hour[hour::SENT];
    "messages_day" Count Volume Free 1 "messages sent, half-life a day", |view, s| s.day[day::SENT];
    "messages_week" Count Volume Free 1 "messages sent, half-life a week", |view, s| s.week[week::SENT];
    "recipients_hour" Count Volume Free 1 "accounts that its messages went to, half-life an hour", |view, s| s.hour[hour::RECIPIENTS];
    "recipients_day" Count Volume Free 1 "accounts that its messages went to, half-life a day", |view, s| s.day[day::RECIPIENTS];
    "recipients_per_message" Ratio Volume Free 1 "accounts reached by one message, over a day", |view, s| ratio(s.day[day::RECIPIENTS], s.day[day::SENT]);
    "counterparts_today" Count Volume Free 1 "different counterparts today", |view, s| sketch::estimate(s.counterparts_today);
    "counterparts_before" Count Volume Free 1 "different counterparts the day before", |view, s| f32::from(s.counterparts_before);
    "counterparts_per_message" Ratio Volume Free 1 "different counterparts today for each message of the day", |view, s| ratio(sketch::estimate(s.counterparts_today), s.day[day::SENT]);
    "to_person_share" Share Volume Free 1 "share of its messages that went to one person, over a week", |view, s| ratio(s.week[week::TO_PERSON], s.week[week::SENT]);
    "messages_per_hour_of_age" Ratio Volume Free 1 "messages of the day for each hour since registration (at most a day's)", |view, s| per_age(view, s.day[day::SENT]);
    "burst_hour" Ratio Volume Free 1 "messages of the last hour against the account's own hour over a week", |view, s| burst(s.hour[hour::SENT], s.week[week::SENT]);
    "burst_day" Ratio Volume Free 1 "messages of the last day against the account's own day over a week", |view, s| ratio(s.day[day::SENT] * 7.0, s.week[week::SENT]);
    "messages_per_first_contact_week" Ratio Volume Free 1 "messages for each conversation begun, over a week", |view, s| ratio(s.week[week::SENT], s.week[week::FIRST]);
    "facets" Count Volume Free 1 "things known of the account in all", |view, s| s.facets as f32;
    "first_contacts_minute" Count Strangers Rising 1 "conversations begun, half-life a minute", |view, s| of(s.week[week::FIRST_KNOWN], s.minute[minute::FIRST]);
    "first_contacts_hour" Count Strangers Rising 1 "conversations begun, half-life an hour", |view, s| of(s.week[week::FIRST_KNOWN], s.hour[hour::FIRST]);
    "first_contacts_day" Count Strangers Rising 1 "conversations begun, half-life a day", |view, s| of(s.week[week::FIRST_KNOWN], s.day[day::FIRST]);
    "first_contacts_week" Count Strangers Rising 1 "conversations begun, half-life a week", |view, s| of(s.week[week::FIRST_KNOWN], s.week[week::FIRST]);
    "first_contact_share_day" Share Strangers Rising 1 "share of messages that begin a conversation, over a day", |view, s| ratio(s.day[day::FIRST], s.day[day::FIRST_KNOWN]);
    "first_contact_share_week" Share Strangers Rising 1 "share of messages that begin a conversation, over a week", |view, s| ratio(s.week[week::FIRST], s.week[week::FIRST_KNOWN]);
    "strangers_hour" Count Strangers Rising 1 "messages to people who do not have the account as a contact, half-life an hour", |view, s| of(s.week[week::CONTACT_KNOWN], s.hour[hour::STRANGERS]);
    "strangers_day" Count Strangers Rising 1 "messages to people who do not have the account as a contact, half-life a day", |view, s| of(s.week[week::CONTACT_KNOWN], s.day[day::STRANGERS]);
    "stranger_share_day" Share Strangers Rising 1 "share of messages to people who do not have the account as a contact, over a day", |view, s| ratio(s.day[day::STRANGERS], s.day[day::CONTACT_KNOWN]);
    "stranger_share_week" Share Strangers Rising 1 "share of messages to people who do not have the account as a contact, over a week", |view, s| ratio(s.week[week::STRANGERS], s.week[week::CONTACT_KNOWN]);
    "first_contact_steadiness" Ratio Strangers Free 1 "conversations begun in the last day against the account's own day over a week", |view, s| ratio(s.day[day::FIRST] * 7.0, s.week[week::FIRST]);
    "target_strangers" Count Strangers Free 1 "messages from strangers that its counterparts get in a day", |view, s| s.target_strangers;
    "target_minor_share" Share Strangers Rising 1 "share of counterparts known to be minors", |view, s| s.target_minors;
    "minor_contacts_week" Count Strangers Rising 1 "contacts with people known to be minors, half-life a week", |view, s| if s.target_minors.is_nan() { f32::NAN } else { s.week[week::MINORS] };
    "minor_strangers_week" Count Strangers Rising 1 "contacts with people known to be minors who do not have the account, half-life a week", |view, s| of(s.week[week::CONTACT_KNOWN], s.week[week::MINOR_STRANGERS]);
    "minor_stranger_share" Share Strangers Rising 1 "share of contacts with minors who do not have the account, over a week", |view, s| ratio(s.week[week::MINOR_STRANGERS], s.week[week::MINORS]);
    "answers_per_message_day" Ratio Feedback Falling 1 "answers received for each message to a person, over a day", |view, s| ratio(s.day[day::ANSWERED], s.day[day::TO_PERSON]);
    "answers_per_message_week" Ratio Feedback Falling 1 "answers received for each message to a person, over a week", |view, s| ratio(s.week[week::ANSWERED], s.week[week::TO_PERSON]);
    "answers_per_first_contact_week" Ratio Feedback Free 1 "answers received for each conversation begun, over a week", |view, s| ratio(s.week[week::ANSWERED], s.week[week::FIRST]);
    "delivered_per_message" Ratio Feedback Free 1 "deliveries for each message to a person, over a week", |view, s| ratio(s.week[week::DELIVERED], s.week[week::TO_PERSON]);
    "read_share_day" Share Feedback Falling 1 "share of delivered messages that were read, over a day", |view, s| ratio(s.day[day::READ], s.day[day::DELIVERED]);
    "read_per_delivered_week" Ratio Feedback Falling 1 "messages read for each delivered one, over a week", |view, s| ratio(s.week[week::READ], s.week[week::DELIVERED]);
    "blocks_hour" Count Feedback Rising 1 "blocks received, half-life an hour", |view, s| s.hour[hour::BLOCKS];
    "blocks_day" Count Feedback Rising 1 "blocks received, half-life a day", |view, s| s.day[day::BLOCKS];
    "blocks_week" Count Feedback Rising 1 "blocks received, half-life a week", |view, s| s.week[week::BLOCKS];
    "blocks_per_first_contact" Ratio Feedback Rising 1 "blocks received for each conversation begun, over a week", |view, s| ratio(s.week[week::BLOCKS], s.week[week::FIRST]);
    "reports_hour" Count Feedback Rising 1 "reports received, half-life an hour", |view, s| s.hour[hour::REPORTS];
    "reports_day" Count Feedback Rising 1 "reports received, half-life a day", |view, s| s.day[day::REPORTS];
    "reports_week" Count Feedback Rising 1 "reports received, half-life a week", |view, s| s.week[week::REPORTS];
    "first_message_report_share" Share Feedback Rising 1 "share of reports on the first message, over a day", |view, s| ratio(s.day[day::FIRST_REPORTS], s.day[day::REPORTS]);
    "distinct_reporters" Count Feedback Rising 1 "different reporters", |view, s| s.readings[Reading::Reporters as usize];
    "reporter_places" Count Feedback Rising 1 "different devices and networks of its reporters", |view, s| s.readings[Reading::ReporterPlaces as usize];
    "reply_share" Share Rhythm Falling 1 "share of its messages that answer somebody, over a day", |view, s| ratio(s.day[day::REPLIES], s.day[day::REPLY_KNOWN]);
    "untyped_share" Share Rhythm Rising 1 "share of messages sent without any typing, over a day", |view, s| ratio(s.day[day::UNTYPED], s.day[day::TYPING_KNOWN]);
    "forwarded_share" Share Rhythm Rising 1 "share of messages that were forwarded many times, over a day", |view, s| ratio(s.day[day::FORWARDED], s.day[day::SENT]);
    "same_size_share" Share Rhythm Free 1 "share of messages of the same size class as the one before, over a day", |view, s| ratio(s.day[day::SAME_SIZE], s.day[day::SENT]);
    "gap_mean" LogSeconds Rhythm Free 1 "usual gap between messages", |view, s| s.gap_mean;
    "gap_deviation" Ratio Rhythm Free 1 "spread of the gaps between messages (standard deviation of their logarithm)", |view, s| deviation(s.gap_mean, s.gap_square);
    "busiest_part_of_day" Share Rhythm Free 1 "share of activity in the busiest four hours of the day, over a week", |view, s| busiest(&s.week[week::HOURS_0..=week::HOURS_20]);
    "hour_entropy" Ratio Rhythm Free 1 "evenness of activity over the parts of the day (entropy, 1 is flat)", |view, s| entropy(&s.week[week::HOURS_0..=week::HOURS_20]);
    "this_part_of_day" Share Rhythm Free 1 "share of the account's own activity that falls into the present part of the day", |view, s| this_part(view);
    "age" Hours Registration Falling 1 "time since registration", |view, s| age_hours(view);
    "verification_attempts" Count Registration Rising 1 "verification codes asked for", |view, s| rank(s.verification_attempts);
    "verification_seconds" Seconds Registration Free 1 "seconds to the verification", |view, s| s.verification_seconds;
    "virtual_number" Flag Registration Rising 1 "a virtual or internet number", |view, s| member(s.number_kind, &[NumberKind::Voip as u8, NumberKind::Virtual as u8]);
    "client_kind" Rank Registration Rising 1 "client (0 official, 1 modified, 2 unofficial)", |view, s| rank(s.client);
    "device_accounts" Count Registration Rising 1 "other accounts on the same device", |view, s| s.readings[Reading::DeviceAccounts as usize];
    "device_registrations" Count Registration Rising 1 "earlier registrations on the same device, half-life a week", |view, s| s.readings[Reading::DeviceRegistrations as usize];
    "device_banned" Count Registration Rising 1 "banned accounts on the same device, half-life a week", |view, s| s.readings[Reading::DeviceBanned as usize];
    "network_registrations_hour" Count Registration Free 1 "earlier registrations on the same network, half-life an hour", |view, s| s.readings[Reading::NetworkRegistrationsHour as usize];
    "network_registrations_day" Count Registration Free 1 "earlier registrations on the same network, half-life a day", |view, s| s.readings[Reading::NetworkRegistrationsDay as usize];
    "network_banned" Count Registration Rising 1 "banned accounts on the same network, half-life a week", |view, s| s.readings[Reading::NetworkBanned as usize];
    "network_gap" Seconds Registration Free 1 "seconds since the registration before on the same network", |view, s| s.readings[Reading::NetworkGap as usize];
    "range_registrations_hour" Count Registration Free 1 "earlier registrations in the same number range, half-life an hour", |view, s| s.readings[Reading::RangeRegistrationsHour as usize];
    "range_registrations_week" Count Registration Free 1 "earlier registrations in the same number range, half-life a week", |view, s| s.readings[Reading::RangeRegistrationsWeek as usize];
    "range_banned" Count Registration Rising 1 "banned accounts in the same number range, half-life a week", |view, s| s.readings[Reading::RangeBanned as usize];
    "range_country_agrees" Flag Registration Falling 1 "the network's country is the usual one of the number range", |view, s| s.readings[Reading::RangeCountry as usize];
    "contacts_known" Count Registration Falling 1 "contacts known on day one", |view, s| s.contacts;
    "looked_up_minute" Count LookUp Rising 1 "numbers looked up, half-life a minute", |view, s| s.minute[minute::LOOKED_UP];
    "looked_up_hour" Count LookUp Rising 1 "numbers looked up, half-life an hour", |view, s| s.hour[hour::LOOKED_UP];
    "looked_up_day" Count LookUp Rising 1 "numbers looked up, half-life a day", |view, s| s.day[day::LOOKED_UP];
    "looked_up_week" Count LookUp Rising 1 "numbers looked up, half-life a week", |view, s| s.week[week::LOOKED_UP];
    "look_ups_day" Count LookUp Free 1 "look-ups made, half-life a day", |view, s| s.day[day::LOOK_UPS];
    "hit_share" Share LookUp Falling 1 "share of looked-up numbers that are registered, over a day", |view, s| ratio(s.day[day::HITS], s.day[day::LOOKED_UP]);
    "sequential_share" Share LookUp Rising 1 "share of looked-up numbers that follow one another, over a day", |view, s| ratio(s.day[day::SEQUENTIAL], s.day[day::LOOKED_UP]);
    "messages_per_hit" Ratio LookUp Free 1 "messages to persons for each registered number found, over a day", |view, s| ratio(s.day[day::TO_PERSON], s.day[day::HITS]);
    "groups_created_hour" Count Group Rising 1 "groups created, half-life an hour", |view, s| s.hour[hour::GROUPS];
    "groups_created_day" Count Group Rising 1 "groups created, half-life a day", |view, s| s.day[day::GROUPS];
    "groups_created_week" Count Group Rising 1 "groups created, half-life a week", |view, s| s.week[week::GROUPS];
    "members_added_minute" Count Group Rising 1 "members added to groups, half-life a minute", |view, s| s.minute[minute::ADDED];
    "members_added_hour" Count Group Rising 1 "members added to groups, half-life an hour", |view, s| s.hour[hour::ADDED];
    "members_added_day" Count Group Rising 1 "members added to groups, half-life a day", |view, s| s.day[day::ADDED];
    "members_added_week" Count Group Rising 1 "members added to groups, half-life a week", |view, s| s.week[week::ADDED];
    "added_stranger_share" Share Group Rising 1 "share of added members who do not have the account as a contact, over a day", |view, s| ratio(s.day[day::ADDED_STRANGERS], s.day[day::ADDED_KNOWN]);
    "members_left_day" Count Group Rising 1 "members who left its groups, half-life a day", |view, s| s.day[day::LEFT];
    "left_per_added" Ratio Group Rising 1 "members who left for each one added, over a week", |view, s| ratio(s.week[week::LEFT], s.week[week::ADDED]);
    "left_soon_share" Share Group Rising 1 "share of leavers who left within ten minutes, over a day", |view, s| ratio(s.day[day::LEFT_SOON], s.day[day::LEFT]);
    "calls_hour" Count Call Free 1 "calls placed, half-life an hour", |view, s| s.hour[hour::CALLS];
    "calls_day" Count Call Free 1 "calls placed, half-life a day", |view, s| s.day[day::CALLS];
    "unanswered_share" Share Call Rising 1 "share of calls that nobody answered, over a day", |view, s| ratio(s.day[day::UNANSWERED], s.day[day::CALLS]);
    "called_stranger_share" Share Call Rising 1 "share of calls to people who do not have the account as a contact, over a day", |view, s| ratio(s.day[day::CALLED_STRANGERS], s.day[day::CALLS]);
    "call_seconds" Seconds Call Free 1 "usual length of answered calls", |view, s| s.call_seconds;
    "requests_day" Count Call Free 1 "contact requests made, half-life a day", |view, s| s.day[day::REQUESTS];
    "accepted_share" Share Call Falling 1 "share of contact requests that were accepted, over a day", |view, s| ratio(s.day[day::ACCEPTED], s.day[day::REQUESTS]);
    "logins_day" Count Access Free 1 "log-ins, half-life a day", |view, s| s.day[day::LOGINS];
    "new_devices_day" Count Access Free 1 "log-ins on a new device, half-life a day", |view, s| s.day[day::NEW_DEVICES];
    "new_devices_week" Count Access Free 1 "log-ins on a new device, half-life a week", |view, s| s.week[week::NEW_DEVICES];
    "new_device_age" Hours Access Free 1 "time since the log-in on a new device", |view, s| s.since_new_device(view.at).map_or(f32::NAN, |gap| gap as f32 / HOUR as f32);
    "new_networks_day" Count Access Free 1 "log-ins from a new network, half-life a day", |view, s| s.day[day::NEW_NETWORKS];
    "new_countries_day" Count Access Rising 1 "log-ins from another country, half-life a day", |view, s| s.day[day::NEW_COUNTRIES];
    "no_second_factor_share" Share Access Rising 1 "share of log-ins without the second factor, over a day", |view, s| ratio(s.day[day::NO_SECOND_FACTOR], s.day[day::LOGINS]);
    "profile_changes_day" Count Access Free 1 "changes of the profile, half-life a day", |view, s| s.day[day::PROFILE_CHANGES];
    "profile_link" Flag Access Rising 1 "the profile holds a link", |view, s| profile_link(s.flags);
    "signal_strength" Rank Signal Rising 1 "strongest signal of another platform (0 none, 4 disabled)", |view, s| rank(s.signal);
    "surface_matches" Count Signal Rising 1 "matches of its public surfaces against hash banks, half-life a week", |view, s| s.week[week::MATCHES];
}

/// A quotient that is unknown where there is nothing to divide by. A decayed count below a thousandth is nothing.
fn ratio(part: f32, whole: f32) -> f32 {
    if whole < 1e-3 { f32::NAN } else { part / whole }
}

/// A count that is known only where the platform tells the field that it counts.
fn of(known: f32, count: f32) -> f32 {
    if known < 1e-3 { f32::NAN } else { count }
}

fn hours_since(time: i64, at: i64) -> f32 {
    if time == NEVER {
        f32::NAN
    } else {
        at.saturating_sub(time).max(0) as f32 / HOUR as f32
    }
}

/// Hours since registration. Unknown, never zero, for an account first seen without its registration.
fn age_hours(view: &View<'_>) -> f32 {
    hours_since(view.state.registered_at, view.at)
}

fn per_age(view: &View<'_>, count: f32) -> f32 {
    let age = age_hours(view);
    if age.is_nan() {
        f32::NAN
    } else {
        count / age.clamp(1.0 / 60.0, 24.0)
    }
}

/// The last hour against the account's usual one. Over a steady stream of `r` an hour, a counter with half-life `h` hours
/// settles at `r · h / ln 2`; the quotient of the two counters over their half-lives is therefore 1.
fn burst(hour: f32, week: f32) -> f32 {
    ratio(hour * 168.0, week)
}

fn deviation(mean: f32, square: f32) -> f32 {
    if mean.is_nan() {
        f32::NAN
    } else {
        libm::sqrt(f64::from((square - mean * mean).max(0.0))) as f32
    }
}

fn busiest(hours: &[f32]) -> f32 {
    let sum: f32 = hours.iter().sum();
    ratio(hours.iter().copied().fold(0.0, f32::max), sum)
}

/// Shannon's entropy of the parts of the day, over its largest value, ln 6.
fn entropy(hours: &[f32]) -> f32 {
    let sum: f32 = hours.iter().sum();
    if sum < 1e-3 {
        return f32::NAN;
    }
    let nats: f64 = hours
        .iter()
        .map(|hour| f64::from(hour / sum))
        .filter(|share| *share > 0.0)
        .map(|share| -share * libm::log(share))
        .sum();
    (nats / libm::log(hours.len() as f64)) as f32
}

fn this_part(view: &View<'_>) -> f32 {
    let hours = &view.state.week[week::HOURS_0..=week::HOURS_20];
    let part = usize::from(Timestamp(view.at).hour_of_day() / 4);
    ratio(hours[part], hours.iter().sum())
}

fn rank(value: u8) -> f32 {
    if value == UNKNOWN {
        f32::NAN
    } else {
        f32::from(value)
    }
}

fn member(value: u8, members: &[u8]) -> f32 {
    match value {
        UNKNOWN => f32::NAN,
        value if members.contains(&value) => 1.0,
        _ => 0.0,
    }
}

fn profile_link(flags: u8) -> f32 {
    match (flags & LINK_KNOWN != 0, flags & HAS_LINK != 0) {
        (false, _) => f32::NAN,
        (true, true) => 1.0,
        (true, false) => 0.0,
    }
}
