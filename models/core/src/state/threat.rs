//! Stage 3: cases of threat signals, one for each subject and kind.

use crate::credibility::reporter::{Cohort, Contact, DEVICES, NETWORKS, PAST, Report};
use crate::event::values::SignalKind;
use crate::state::flat::flat_state;
use crate::state::table::EntityState;
use crate::threat::ThreatKind;
use crate::time::DAY;

/// Reports that a case remembers.
pub const REPORTS: usize = 16;

/// Issuers whose word a case remembers.
pub const ISSUERS: usize = 4;

/// No index.
pub const NONE: u8 = u8::MAX;

flat_state! {
    /// A case: what came in about one subject and kind.
    ThreatState {
        /// The latest event time.
        last_at: i64,
        /// Which life of the account's number this is about.
        incarnation: u16,
        /// The highest priority without the word of other platforms, as an index; or none.
        priority: u8,
        /// Reports so far.
        reports: u32,
        /// Sequence of the case's first event.
        first_sequence: u64,
        /// Its offset.
        first_offset: u64,
        /// Its partition.
        first_partition: u32,
        /// Reporters that are remembered. Zero is none.
        reporter: [u128; REPORTS],
        /// When each reported last.
        reported_at: [i64; REPORTS],
        /// Earlier reports of each that turned out right.
        right: [f32; REPORTS],
        /// Earlier reports of each that turned out wrong.
        wrong: [f32; REPORTS],
        /// The cohort of each.
        cohort: [u8; REPORTS],
        /// What is known of a contact to each.
        contact: [u8; REPORTS],
        /// Devices of each.
        devices: [[u32; DEVICES]; REPORTS],
        /// Networks of each.
        networks: [[u32; NETWORKS]; REPORTS],
        /// Registration cluster of each.
        cluster: [u32; REPORTS],
        /// What each reported before.
        past: [[u32; PAST]; REPORTS],
        /// Exact matches.
        exact: u16,
        /// Near matches.
        near: u16,
        /// The last match.
        matched_at: i64,
        /// Index of its bank.
        bank: u8,
        /// Index of its surface.
        surface: u8,
        /// Whether it was exact.
        last_exact: u8,
        /// Indices of the issuers whose word stands, newest first; or none.
        issuer: [u8; ISSUERS],
        /// What each said.
        signal: [u8; ISSUERS],
        /// When.
        signal_at: [i64; ISSUERS],
        /// The margin of the score that opened the case, or not a number.
        margin: f32,
    }
}

impl EntityState for ThreatState {
    const PERIOD: i64 = 180 * DAY;

    fn empty() -> Self {
        Self {
            last_at: i64::MIN,
            incarnation: 0,
            priority: NONE,
            reports: 0,
            first_sequence: 0,
            first_offset: 0,
            first_partition: 0,
            reporter: [0; REPORTS],
            reported_at: [0; REPORTS],
            right: [0.0; REPORTS],
            wrong: [0.0; REPORTS],
            cohort: [0; REPORTS],
            contact: [0; REPORTS],
            devices: [[0; DEVICES]; REPORTS],
            networks: [[0; NETWORKS]; REPORTS],
            cluster: [0; REPORTS],
            past: [[0; PAST]; REPORTS],
            exact: 0,
            near: 0,
            matched_at: i64::MIN,
            bank: NONE,
            surface: NONE,
            last_exact: 0,
            issuer: [NONE; ISSUERS],
            signal: [NONE; ISSUERS],
            signal_at: [i64::MIN; ISSUERS],
            margin: f32::NAN,
        }
    }

    fn last_at(&self) -> i64 {
        self.last_at
    }
}

/// The key of the case of a subject and kind: in the same shard as the subject.
pub const fn case_key(subject: u128, kind: ThreatKind) -> u128 {
    // Shards go by the upper 64 bits, which stay.
    subject ^ ((kind as u128 + 1) << 56)
}

impl ThreatState {
    /// The reports that are remembered.
    pub fn remembered(&self) -> Vec<Report> {
        (0..REPORTS)
            .filter(|slot| self.reporter[*slot] != 0)
            .map(|slot| self.report(slot))
            .collect()
    }

    fn report(&self, slot: usize) -> Report {
        Report {
            reporter: self.reporter[slot],
            at: self.reported_at[slot],
            right: self.right[slot],
            wrong: self.wrong[slot],
            cohort: Cohort::from_index(self.cohort[slot]),
            contact: Contact::from_index(self.contact[slot]),
            devices: self.devices[slot],
            networks: self.networks[slot],
            cluster: self.cluster[slot],
            past: self.past[slot],
        }
    }

    /// The slot of this reporter's earlier report, if it is remembered; else a free one, if there is one.
    pub fn slot_for(&self, reporter: u128) -> Option<usize> {
        let find = |key| self.reporter.iter().position(|known| *known == key);
        find(reporter).or_else(|| find(0))
    }

    /// Puts a report into a slot. What was known of a contact of the same reporter stays known.
    pub fn put_report(&mut self, slot: usize, report: &Report) {
        let is_same = self.reporter[slot] == report.reporter;
        let (contact, at) = (report.contact as u8, report.at);
        self.contact[slot] = if is_same {
            contact.max(self.contact[slot])
        } else {
            contact
        };
        self.reported_at[slot] = if is_same {
            at.max(self.reported_at[slot])
        } else {
            at
        };
        self.reporter[slot] = report.reporter;
        self.right[slot] = report.right;
        self.wrong[slot] = report.wrong;
        self.cohort[slot] = report.cohort as u8;
        self.devices[slot] = report.devices;
        self.networks[slot] = report.networks;
        self.cluster[slot] = report.cluster;
        self.past[slot] = report.past;
    }

    /// Remembers an issuer's word, the newest first; an issuer has one.
    pub fn put_signal(&mut self, issuer: u8, kind: SignalKind, at: i64) {
        let place = self.issuer.iter().position(|known| *known == issuer);
        let end = place.unwrap_or(ISSUERS - 1);
        self.issuer.copy_within(0..end, 1);
        self.signal.copy_within(0..end, 1);
        self.signal_at.copy_within(0..end, 1);
        (self.issuer[0], self.signal[0], self.signal_at[0]) = (issuer, kind as u8, at);
    }

    /// Withdraws what an issuer said. Returns whether anything stood.
    pub fn withdraw(&mut self, issuer: u8) -> bool {
        let Some(place) = self.issuer.iter().position(|known| *known == issuer) else {
            return false;
        };
        self.issuer.copy_within(place + 1.., place);
        self.signal.copy_within(place + 1.., place);
        self.signal_at.copy_within(place + 1.., place);
        self.issuer[ISSUERS - 1] = NONE;
        true
    }

    /// Withdraws what every issuer said. Returns whether anything stood.
    pub fn withdraw_all(&mut self) -> bool {
        let stood = self.issuer[0] != NONE;
        self.issuer = [NONE; ISSUERS];
        stood
    }

    /// Issuer, word and time of what stands, newest first.
    pub fn standing(&self) -> Vec<(u8, SignalKind, i64)> {
        (0..ISSUERS)
            .filter(|slot| self.issuer[*slot] != NONE)
            .filter_map(|slot| {
                let kind = SignalKind::from_index(usize::from(self.signal[slot]))?;
                Some((self.issuer[slot], kind, self.signal_at[slot]))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_has_one_word_and_takes_it_back() {
        let mut state = ThreatState::empty();
        state.put_signal(1, SignalKind::RiskHigh, 5);
        state.put_signal(2, SignalKind::Disabled, 6);
        state.put_signal(1, SignalKind::Purged, 7);
        let standing = vec![(1, SignalKind::Purged, 7), (2, SignalKind::Disabled, 6)];
        assert_eq!(state.standing(), standing);
        assert!(state.withdraw(1) && !state.withdraw(1));
        assert_eq!(state.standing(), standing[1..]);
        assert!(state.withdraw_all() && !state.withdraw_all());
    }

    #[test]
    fn an_issuer_beyond_the_last_place_takes_the_oldest_one_s() {
        let mut state = ThreatState::empty();
        for issuer in 0..=ISSUERS as u8 {
            state.put_signal(issuer, SignalKind::Disabled, i64::from(issuer));
        }
        let issuers: Vec<u8> = state.standing().iter().map(|entry| entry.0).collect();
        assert_eq!(issuers, [4, 3, 2, 1]);
    }
}
