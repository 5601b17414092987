use proptest::prelude::*;

use super::corroboration::{Corroboration, EXACT, NEAR, StandingSignal};
use super::priority::{Priority, priority, starts_clock};
use super::reporter::{Cohort, Contact, MOST_RELIABLE, Report, STRANGER};
use super::{Weighed, weigh};
use crate::event::values::SignalKind;
use crate::threat::ThreatKind;
use crate::time::DAY;

/// A reporter of a month or more, contacted, tied to nobody.
fn report(reporter: u32) -> Report {
    Report {
        reporter: u128::from(reporter),
        at: 0,
        right: 0.0,
        wrong: 0.0,
        cohort: Cohort::Established,
        contact: Contact::Seen,
        devices: [reporter * 100 + 1, 0, 0],
        networks: [reporter * 100 + 2, 0, 0],
        cluster: reporter * 100 + 3,
        past: [0; 8],
    }
}

fn life(reports: &[Report]) -> Weighed {
    weigh(ThreatKind::ThreatToLife, reports, &Corroboration::default())
}

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-9
}

#[test]
fn a_reporter_is_worth_the_log_odds_of_the_posterior_mean() {
    // Established, no outcomes: Beta(3.2, 0.8), ln 4.
    assert!(near(report(1).weight(), 4.0_f64.ln()));
    // Two right: Beta(5.2, 0.8), ln 6.5. One right and three wrong: Beta(4.2, 3.8), ln(21/19).
    let with = |right, wrong| Report {
        right,
        wrong,
        ..report(1)
    };
    assert!(near(with(2.0, 0.0).weight(), 6.5_f64.ln()));
    assert!(near(with(1.0, 3.0).weight(), (21.0_f64 / 19.0).ln()));
    // Four wrong: Beta(3.2, 4.8) is below even: nothing, not less than nothing.
    assert!(near(with(0.0, 4.0).weight(), 0.0));
    // A hundred right: kept at 3.
    assert!(near(with(100.0, 0.0).weight(), MOST_RELIABLE));
    // New accounts are even: nothing.
    let new = Report {
        cohort: Cohort::New,
        ..report(1)
    };
    assert!(near(new.weight(), 0.0));
}

#[test]
fn a_contact_that_the_log_does_not_show_leaves_little_and_a_stranger_s_first_message_adds() {
    let with = |contact| {
        Report {
            contact,
            ..report(1)
        }
        .weight()
    };
    assert!(near(with(Contact::None), 0.1 * 4.0_f64.ln()));
    assert!(near(with(Contact::Claimed), 0.25 * 4.0_f64.ln()));
    assert!(near(with(Contact::Seen), 4.0_f64.ln()));
    assert!(near(with(Contact::BeganAsStranger), 12.0_f64.ln()));
}

#[test]
fn the_sum_is_prior_and_one_weight_for_each_independent_reporter() {
    let weighed = life(&[report(1), report(2)]);
    // −1.5 + 2 ln 4
    assert!(near(weighed.credibility.log_odds, -1.5 + 16.0_f64.ln()));
    let sum: f64 = weighed.credibility.terms.iter().map(|t| t.log_odds).sum();
    assert!(near(sum, weighed.credibility.log_odds));
    assert_eq!(
        weighed.reports.iter().map(|r| r.0).collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn ties_make_one_reporter_of_many_and_a_chain_of_ties_is_one_group() {
    let shared = |change: &dyn Fn(&mut Report)| {
        let mut other = report(2);
        change(&mut other);
        let mut first = report(1);
        first.past = [7, 8, 0, 0, 0, 0, 0, 0];
        life(&[first, other]).credibility.log_odds
    };
    let one = -1.5 + 4.0_f64.ln();
    assert!(near(shared(&|other| other.devices[2] = 101), one));
    assert!(near(shared(&|other| other.networks[1] = 102), one));
    assert!(near(shared(&|other| other.cluster = 103), one));
    // Jaccard 1/2 ties, 1/3 does not.
    assert!(near(shared(&|other| other.past[0] = 8), one));
    let apart = shared(&|other| other.past = [8, 9, 0, 0, 0, 0, 0, 0]);
    assert!(near(apart, one + 4.0_f64.ln()));
    // 1 and 3 share nothing, but both share with 2.
    let (mut second, third) = (report(2), report(3));
    second.devices = [101, 301, 0];
    assert!(near(
        life(&[report(1), third, second]).credibility.log_odds,
        one
    ));
}

#[test]
fn a_group_is_worth_its_strongest_so_that_nobody_is_hidden_by_who_joins() {
    let mut good = report(1);
    good.right = 2.0;
    let mut bad = report(2);
    bad.wrong = 9.0;
    bad.devices = good.devices;
    let weighed = life(&[bad, good]);
    assert!(near(weighed.credibility.log_odds, -1.5 + 6.5_f64.ln()));
    assert!(
        weighed.credibility.terms[1]
            .words
            .starts_with("2 reporters")
    );
}

#[test]
fn a_match_counts_once_and_another_platform_s_word_halves_in_thirty_days() {
    let with = |other: Corroboration| {
        weigh(ThreatKind::ChildSafety, &[], &other)
            .credibility
            .log_odds
            + 1.5
    };
    let matches = |exact, near| Corroboration {
        exact,
        near,
        ..Corroboration::default()
    };
    assert!(near(with(matches(5, 9)), EXACT));
    assert!(near(with(matches(0, 9)), NEAR));
    let said = |kind, days| StandingSignal {
        kind,
        age: days * DAY,
    };
    let signals = |signals| Corroboration {
        signals,
        ..Corroboration::default()
    };
    assert!(near(with(signals(vec![said(SignalKind::Purged, 0)])), 1.0));
    assert!(near(with(signals(vec![said(SignalKind::Purged, 30)])), 0.5));
    // Of several the strongest: 0.7 · 2^(−15/30) < 1 · 2^(−1/30).
    let both = with(signals(vec![
        said(SignalKind::RiskHigh, 15),
        said(SignalKind::Disabled, 1),
    ]));
    assert!(near(both, 2.0_f64.powf(-1.0 / 30.0)));
}

#[test]
fn every_report_of_danger_to_life_is_at_least_p2_and_a_score_alone_is_p3_without_a_clock() {
    for log_odds in [-1e9, -1.5, 0.0, 3.0] {
        for kind in [
            ThreatKind::ThreatToLife,
            ThreatKind::SelfHarm,
            ThreatKind::ChildSafety,
        ] {
            assert!(priority(kind, log_odds) <= Priority::P2);
        }
        assert_eq!(priority(ThreatKind::MinorContact, log_odds), Priority::P3);
        assert_eq!(priority(ThreatKind::OtherPlatform, log_odds), Priority::P3);
    }
    assert!(!starts_clock(ThreatKind::MinorContact));
    assert!(starts_clock(ThreatKind::ThreatToLife));
    // One established reporter whom a stranger wrote to is enough for P1: −1.5 + ln 12 > 0. One who was never contacted is
    // not, whatever the record: −1.5 + 0.3 < 0.
    assert_eq!(
        priority(ThreatKind::ThreatToLife, -1.5 + 12.0_f64.ln()),
        Priority::P1
    );
    assert_eq!(priority(ThreatKind::ThreatToLife, -1.2), Priority::P2);
}

#[test]
fn an_account_s_cohort_is_its_age_at_the_report() {
    assert_eq!(Cohort::at(i64::MIN, 0), Cohort::Unknown);
    assert_eq!(Cohort::at(0, 7 * DAY - 1), Cohort::New);
    assert_eq!(Cohort::at(0, 7 * DAY), Cohort::Recent);
    assert_eq!(Cohort::at(0, 30 * DAY), Cohort::Established);
    for cohort in [
        Cohort::New,
        Cohort::Recent,
        Cohort::Unknown,
        Cohort::Established,
    ] {
        assert_eq!(Cohort::from_index(cohort as u8), cohort);
    }
    for contact in [
        Contact::None,
        Contact::Claimed,
        Contact::Seen,
        Contact::BeganAsStranger,
    ] {
        assert_eq!(Contact::from_index(contact as u8), contact);
    }
}

prop_compose! {
    /// Any reporter among few devices, networks, clusters and past targets.
    fn any_report()(
        reporter in 1_u128..1_000,
        right in 0_u8..5, wrong in 0_u8..5, cohort in 0_u8..4, contact in 0_u8..4,
        device in 0_u32..9, network in 0_u32..9, cluster in 0_u32..9, past in prop::array::uniform8(0_u32..6),
    ) -> Report {
        Report {
            reporter, at: 0, right: f32::from(right), wrong: f32::from(wrong),
            cohort: Cohort::from_index(cohort), contact: Contact::from_index(contact),
            devices: [device, 0, 0], networks: [network, 0, 0], cluster, past,
        }
    }
}

fn any_reports() -> impl Strategy<Value = Vec<Report>> {
    prop::collection::vec(any_report(), 0..16).prop_map(|mut reports| {
        reports.sort_by_key(|report| report.reporter);
        reports.dedup_by_key(|report| report.reporter);
        reports
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_independent_reporter_never_lowers_credibility_nor_priority(
        reports in any_reports(), right in 0_u8..5, contact in 0_u8..4,
    ) {
        let honest = Report {
            right: f32::from(right), contact: Contact::from_index(contact), ..report(50_000)
        };
        let mut more = reports.clone();
        more.push(honest);
        let (before, after) = (life(&reports).credibility.log_odds, life(&more).credibility.log_odds);
        prop_assert!(after >= before);
        prop_assert!(priority(ThreatKind::ThreatToLife, after) <= priority(ThreatKind::ThreatToLife, before));
        if contact >= 2 {
            prop_assert!(after > before + 1.0, "an honest reporter who was contacted raises at once");
        }
    }

    #[test]
    fn colluders_who_share_anything_or_were_never_contacted_are_worth_at_most_one_reporter(
        honest in any_reports(), m in 1_usize..40, tie in 0_u8..4, right in 0_u8..200,
    ) {
        let colluders: Vec<Report> = (0..m as u32).map(|number| {
            let mut one = Report { right: f32::from(right), contact: Contact::BeganAsStranger, ..report(60_000 + number) };
            match tie {
                0 => one.devices[1] = 5_000_000,
                1 => one.networks[1] = 5_000_000,
                2 => one.cluster = 5_000_000,
                _ => one.contact = Contact::Claimed,
            }
            one
        }).collect();
        let mut all = honest.clone();
        all.extend(&colluders);
        let gain = life(&all).credibility.log_odds - life(&honest).credibility.log_odds;
        let alone = life(&colluders[..1]).credibility.log_odds + 1.5;
        prop_assert!(gain <= alone + 1e-9, "{m} colluders gain {gain}, one gains {alone}");
        prop_assert!(gain <= MOST_RELIABLE + STRANGER + 1e-9);
    }

    #[test]
    fn the_order_of_reports_changes_no_bit(reports in any_reports(), swaps in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 0..20)) {
        let straight = life(&reports);
        let mut shuffled = reports.clone();
        if !shuffled.is_empty() {
            for (left, right) in swaps {
                let (left, right) = (left.index(shuffled.len()), right.index(shuffled.len()));
                shuffled.swap(left, right);
            }
        }
        let other = life(&shuffled);
        prop_assert_eq!(&straight.credibility, &other.credibility);
        for (report, taken) in reports.iter().zip(&straight.reports) {
            let place = shuffled.iter().position(|candidate| candidate.reporter == report.reporter).unwrap();
            prop_assert_eq!(taken, &other.reports[place]);
        }
    }
}
