//! The attack curve in small: what colluding reporters gain, and how fast honest ones are heard.
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use sealwatch_simulator::attack::{Attack, Scheme};
use sealwatch_tests::attack::{Outcome, run, scorer};

fn curve(scheme: Scheme) -> Vec<Outcome> {
    let scorer = scorer().unwrap();
    [1, 3, 30, 200]
        .map(|reporters| {
            let attack = Attack {
                scheme,
                reporters,
                targets: 10,
                seed: 5,
            };
            run(attack, &scorer).unwrap()
        })
        .to_vec()
}

#[test]
fn colluders_on_shared_devices_or_without_contact_gain_nothing_by_their_number() {
    for scheme in [Scheme::SharedDevices, Scheme::WithoutContact] {
        let curve = curve(scheme);
        for outcome in &curve {
            assert_eq!((outcome.p1, outcome.recommended), (0.0, 0.0), "{outcome:?}");
            assert!((outcome.credibility - curve[0].credibility).abs() < 1e-9);
        }
    }
}

#[test]
fn honest_reporters_rise_at_once() {
    let curve = curve(Scheme::Honest);
    assert!(
        curve[0].p1 > 0.0,
        "one reporter to whom a stranger wrote is enough"
    );
    for outcome in &curve[1..] {
        assert_eq!(outcome.p1, 1.0, "{outcome:?}");
    }
}
