//! Determinism, order, labels, shares.

use std::collections::{BTreeMap, HashSet};

use super::{Files, at, evaluation, options, text};
use crate::calendar::DAY;
use crate::options::Hiding;

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let options = options(300, 5, Hiding::Mixed);
    let (one, two) = (Files::of(&options), Files::of(&options));
    assert!(one.events.len() > 1_000_000);
    assert!(one.events == two.events && one.labels == two.labels);
    let other = crate::options::Options {
        seed: 18,
        ..options
    };
    assert!(Files::of(&other).events != one.events);
}

/// The bytes of one small population. They may change with the generator, never with the machine or the build.
#[test]
fn the_bytes_are_those_that_every_machine_gives() {
    let files = Files::of(&options(60, 2, Hiding::Mixed));
    let hash = files
        .events
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            // FNV-1a, 64 bits.
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    assert_eq!(format!("{hash:016x}"), "fac908bd02bbb149");
}

#[test]
fn events_come_in_order_within_the_period_and_their_ids_are_unique() {
    let options = options(400, 7, Hiding::Fixed(0.2));
    let files = Files::of(&options);
    let (mut last, mut ids) = (options.start, HashSet::new());
    for event in files.events() {
        assert!(at(&event) >= last, "{event}");
        last = at(&event);
        assert!(ids.insert(text(&event, "id").to_owned()));
    }
    assert!(last < options.end() && last > options.end() - DAY / 8);
    assert_eq!(ids.len() as u64, files.summary.total());
}

#[test]
fn labels_name_each_account_once_with_what_it_is() {
    let options = options(1_000, 10, Hiding::Mixed);
    let files = Files::of(&options);
    let labels = files.labels();
    assert_eq!(labels.len(), 1_000);
    let mut behaviours: BTreeMap<&str, usize> = BTreeMap::new();
    for label in labels.values() {
        let behaviour = text(label, "behaviour");
        let expected = match behaviour {
            "" => "benign",
            "account_takeover" => "compromised",
            _ => "abusive",
        };
        assert_eq!(text(label, "label"), expected);
        assert_eq!(text(label, "set"), "training");
        if behaviour.is_empty() {
            assert!(label["since"].is_null() && label["hiding"].is_null());
        } else {
            let since = label["since"].as_i64().unwrap();
            assert!((options.start..options.end()).contains(&since));
            assert!((0.0..=1.0).contains(&label["hiding"].as_f64().unwrap()));
            *behaviours.entry(behaviour).or_default() += 1;
        }
    }
    assert_eq!(behaviours.len(), 8);
    assert!(
        behaviours.values().all(|count| *count == 10),
        "{behaviours:?}"
    );
    let seen: HashSet<String> = files
        .events()
        .map(|event| text(&event, "account").to_owned())
        .collect();
    assert!(
        seen.iter()
            .all(|account| account.is_empty() || labels.contains_key(account))
    );
}

#[test]
fn farms_are_linked_groups_with_several_levels_of_hiding() {
    let labels = Files::of(&options(4_000, 2, Hiding::Mixed)).labels();
    let mut farms: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for label in labels
        .values()
        .filter(|label| text(label, "behaviour") == "automated_registration")
    {
        farms
            .entry(label["group"].as_i64().unwrap())
            .or_default()
            .push(label["hiding"].as_f64().unwrap());
    }
    assert!(
        farms.len() >= 5 && farms.values().any(|farm| farm.len() >= 8),
        "{farms:?}"
    );
}

#[test]
fn the_mix_of_events_is_that_of_a_messenger() {
    let files = Files::of(&options(1_000, 14, Hiding::Mixed));
    let total = files.summary.total() as f64;
    let share = |name: &str| {
        files
            .summary
            .events
            .iter()
            .filter(|(kind, _)| *kind == name)
            .map(|(_, count)| *count as f64)
            .sum::<f64>()
            / total
    };
    assert!((0.4..0.7).contains(&share("message.sent")));
    assert!((0.25..0.5).contains(&share("message.delivered")));
    assert!((0.003..0.05).contains(&share("call.placed")));
    assert!((0.001..0.03).contains(&share("account.login")));
    assert!((0.0..0.003).contains(&share("user.reported")));
    assert!(total / (1_000.0 * 14.0) > 10.0 && total / (1_000.0 * 14.0) < 40.0);
}

#[test]
fn evaluation_has_other_personas_and_other_bytes() {
    let training = options(1_500, 3, Hiding::Mixed);
    let files = Files::of(&evaluation(training.clone()));
    let personas: HashSet<String> = files
        .labels()
        .values()
        .map(|label| text(label, "persona").to_owned())
        .collect();
    assert!(
        personas.contains("recruiter")
            && personas.contains("support_desk")
            && personas.contains("volunteer")
    );
    let known: HashSet<String> = Files::of(&training)
        .labels()
        .values()
        .map(|label| text(label, "persona").to_owned())
        .collect();
    assert!(!known.contains("recruiter") && known.contains("courier"));
}

#[test]
fn a_platform_name_reaches_events_and_labels() {
    let options = crate::options::Options {
        platform: "sister".to_owned(),
        ..options(50, 1, Hiding::Mixed)
    };
    let files = Files::of(&options);
    assert!(
        files
            .events()
            .all(|event| text(&event, "platform") == "sister")
    );
    assert!(
        files
            .labels()
            .values()
            .all(|label| text(label, "platform") == "sister")
    );
}

/// Prints the throughput; a shared machine is no place to assert it. The aim is a million events a minute.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
fn the_throughput_is_printed() {
    let started = std::time::Instant::now();
    let summary = crate::simulate(
        &options(3_000, 7, Hiding::Mixed),
        std::io::sink(),
        &mut std::io::sink(),
    )
    .unwrap();
    println!(
        "{:.0} events/s",
        summary.total() as f64 / started.elapsed().as_secs_f64()
    );
    assert!(summary.total() > 200_000);
}
