use crate::engine::{Engine, Sequential};
use crate::event::values::{Account, ControlReason};
use crate::event::{ContactLookedUp, ControlDetectorMode};
use crate::identifier::Pseudonym;
use crate::shard::{Batch, Crossing, Judge};
use crate::time::{HOUR, Timestamp};

use super::*;

/// Flags every point for enumeration, and lets no latch hold anything back.
struct Eager;

impl Eager {
    fn detector() -> usize {
        let all = Behaviour::WITH_DETECTOR.iter();
        let mut all = all.enumerate();
        all.find(|(_, behaviour)| **behaviour == Behaviour::Enumeration)
            .unwrap()
            .0
    }
}

impl Judge for Eager {
    fn judge(&mut self, batch: &Batch, crossings: &mut Vec<Crossing>) {
        crossings.extend((0..batch.points.len()).map(|point| Crossing {
            point,
            detector: Self::detector(),
            margin: 1.0,
        }));
    }

    fn cool_down(&self, _: usize) -> i64 {
        0
    }
}

fn event(number: u8, body: Body) -> Event {
    Event {
        id: Pseudonym::from_bytes([number; 16]),
        at: Timestamp(1_000_000 * HOUR + i64::from(number) * 2 * HOUR),
        platform: 0,
        body,
    }
}

fn looked_up(number: u8) -> Event {
    let body = ContactLookedUp {
        account: Account(Pseudonym::from_bytes([9; 16])),
        numbers: 100,
        hits: 10,
        sequential_share: None,
    };
    event(number, Body::ContactLookedUp(body))
}

fn control(number: u8, behaviour: Behaviour, mode: ControlledMode) -> Event {
    let body = ControlDetectorMode {
        behaviour,
        mode,
        reason: ControlReason::RateAnomaly,
    };
    event(number, Body::ControlDetectorMode(body))
}

/// Thirteen look-ups, scored from the fourth on; the detector is lowered after the sixth and taken back after the tenth,
/// another one in between.
fn stream() -> Vec<Event> {
    let mut events: Vec<Event> = (0..13).map(looked_up).collect();
    let (shadow, configured) = (ControlledMode::Shadow, ControlledMode::Configured);
    events.insert(10, control(101, Behaviour::Enumeration, configured));
    events.insert(8, control(102, Behaviour::GroupSpam, shadow));
    events.insert(6, control(103, Behaviour::Enumeration, shadow));
    events
}

/// The marks of all decisions, by sequence, and what is lowered at the end, with epochs of `length` records and the
/// controls carried from epoch to epoch through a checkpoint.
fn run(length: usize) -> (Vec<(u64, bool)>, Vec<Behaviour>) {
    let mut engine = Engine::new(3, || Eager);
    let mut marks = Vec::new();
    let mut sequence = 0;
    for epoch in stream().chunks(length) {
        engine.begin(sequence);
        for event in epoch {
            engine.take(0, sequence, Some(event));
            sequence += 1;
        }
        let decisions = engine.fold(&Sequential).decisions;
        let mark = |decision: &Decision| (decision.point.position.sequence, decision.is_lowered);
        marks.extend(decisions.iter().map(mark));
        let lowered = engine.controls().lowered();
        engine.controls_mut().restore(&[]);
        engine.controls_mut().restore(&lowered);
    }
    (marks, engine.controls().lowered())
}

#[test]
fn a_control_event_marks_the_decisions_after_its_place_wherever_epochs_are_cut() {
    let whole = run(100);
    let (lowered, free): (Vec<_>, Vec<_>) = whole.0.iter().partition(|(_, lowered)| *lowered);
    let places = |marks: Vec<&(u64, bool)>| marks.iter().map(|mark| mark.0).collect::<Vec<_>>();
    // Records 6, 9 and 12 are the controls.
    assert_eq!(places(lowered), [7, 8, 10, 11]);
    assert_eq!(places(free), [3, 4, 5, 13, 14, 15]);
    assert_eq!(whole.1, [Behaviour::GroupSpam]);
    for length in 1..=16 {
        assert_eq!(run(length), whole, "epochs of {length}");
    }
}
