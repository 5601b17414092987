//! The timeline: an account's facets, newest first, in groups of the chart's columns, each under a heading by which it can be
//! filtered.

use sealwatch_core::behaviour::Behaviour;
use sealwatch_core::event::values::{
    EnforcementAction, MatchedSurface, ReportCategory, SignalKind,
};
use sealwatch_core::evidence::{FacetKind, ValueName};
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::{EvidenceFacet, Position};
use sealwatch_core::time::{HOUR, Timestamp};

use super::facets::Heading;
use super::words::{self, Moment, number};

/// A facet as it is shown.
pub(super) struct FacetRow {
    pub(super) at: Moment,
    pub(super) what: String,
    pub(super) heading: &'static str,
    /// The counterpart's pseudonym; empty without one.
    pub(super) counterpart: String,
    pub(super) values: String,
    pub(super) is_deciding: bool,
}

/// Facets of one part of the time.
pub(super) struct Group {
    /// When it begins.
    pub(super) from: Moment,
    /// How many of what: `14 message sent · 3 blocked`.
    pub(super) summary: String,
    pub(super) rows: Vec<FacetRow>,
}

/// A choice of the filter.
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) words: &'static str,
    pub(super) count: usize,
}

/// The timeline.
pub(super) struct Timeline {
    pub(super) choices: Vec<Choice>,
    pub(super) groups: Vec<Group>,
    pub(super) count: usize,
}

impl Timeline {
    /// Of some facets, oldest first, in groups of at least an hour; `step_ms` is the chart's.
    pub(super) fn new(facets: &[EvidenceFacet], deciding: Position, step_ms: i64) -> Self {
        let step = step_ms.max(HOUR);
        let mut groups: Vec<(i64, Vec<&EvidenceFacet>)> = Vec::new();
        for facet in facets.iter().rev() {
            let start = facet.at.0.div_euclid(step) * step;
            match groups.last_mut() {
                Some((same, members)) if *same == start => members.push(facet),
                _ => groups.push((start, vec![facet])),
            }
        }
        let count_of = |heading: &Heading| Choice {
            name: heading.name(),
            words: heading.words(),
            count: facets
                .iter()
                .filter(|facet| Heading::of(&facet.what) == *heading)
                .count(),
        };
        let mut choices: Vec<Choice> = Heading::ALL.iter().map(count_of).collect();
        choices.retain(|choice| choice.count > 0);
        Self {
            choices,
            groups: groups
                .into_iter()
                .map(|(start, members)| group(start, &members, deciding))
                .collect(),
            count: facets.len(),
        }
    }
}

fn group(start: i64, members: &[&EvidenceFacet], deciding: Position) -> Group {
    let count = |kind: &FacetKind| {
        let count = members
            .iter()
            .filter(|facet| facet.what == kind.name())
            .count();
        (count > 0).then(|| format!("{count} {}", words::name(kind.name())))
    };
    Group {
        from: Moment::new(Timestamp(start)),
        summary: FacetKind::ALL
            .iter()
            .filter_map(count)
            .collect::<Vec<_>>()
            .join(" · "),
        rows: members.iter().map(|facet| row(facet, deciding)).collect(),
    }
}

fn row(facet: &EvidenceFacet, deciding: Position) -> FacetRow {
    let value = |(name, value): &(String, f32)| value_in_words(&facet.what, name, *value);
    FacetRow {
        at: Moment::new(facet.at),
        what: words::name(&facet.what),
        heading: Heading::of(&facet.what).name(),
        counterpart: facet
            .counterpart
            .map(Pseudonym::to_hexadecimal)
            .unwrap_or_default(),
        values: facet
            .values
            .iter()
            .map(value)
            .collect::<Vec<_>>()
            .join(" · "),
        is_deciding: facet.position == deciding,
    }
}

/// A number of a facet in words: flags as yes or no, milliseconds as seconds, indexes by the name that they stand for.
fn value_in_words(what: &str, name: &str, value: f32) -> String {
    use ValueName as V;
    let shown = words::name(name);
    match ValueName::parse(name) {
        Some(
            V::FirstContact
            | V::RecipientHasSender
            | V::Reply
            | V::ForwardedMany
            | V::ToGroup
            | V::Answered
            | V::Accepted
            | V::Read
            | V::TargetHasAdder
            | V::ByItself
            | V::Removed
            | V::FirstMessage
            | V::AccountBegan
            | V::Exact
            | V::NewDevice
            | V::NewNetwork
            | V::NewCountry
            | V::SecondFactor,
        ) => format!("{shown} {}", if value > 0.5 { "yes" } else { "no" }),
        Some(V::TypingMs) => format!("typing {} s", number(value / 1000.0)),
        Some(V::DelayMs) => format!("delay {} s", number(value / 1000.0)),
        Some(V::Code) => {
            coded(what, value).map_or_else(|| format!("{shown} {}", number(value)), words::name)
        }
        _ => format!("{shown} {}", number(value)),
    }
}

/// What the index of a closed set stands for.
fn coded(what: &str, value: f32) -> Option<&'static str> {
    // An index is small and whole.
    let index = value as usize;
    match FacetKind::parse(what)? {
        FacetKind::Reported => ReportCategory::from_index(index).map(ReportCategory::name),
        FacetKind::SurfaceMatched => MatchedSurface::from_index(index).map(MatchedSurface::name),
        FacetKind::Signal => SignalKind::from_index(index).map(SignalKind::name),
        FacetKind::Enforced => EnforcementAction::from_index(index).map(EnforcementAction::name),
        FacetKind::Labelled => Behaviour::from_index(index).map(Behaviour::name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facet(at: i64, what: &str, offset: u64, values: &[(&str, f32)]) -> EvidenceFacet {
        EvidenceFacet {
            at: Timestamp(at),
            position: Position {
                offset,
                ..Position::default()
            },
            what: what.to_owned(),
            counterpart: None,
            values: values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), *value))
                .collect(),
        }
    }

    #[test]
    fn facets_stand_newest_first_in_groups_and_every_one_can_be_filtered() {
        let facets = [
            facet(10, "login", 1, &[]),
            facet(20, "message_sent", 2, &[]),
            facet(HOUR + 1, "message_sent", 3, &[]),
        ];
        let deciding = facets[2].position;
        let timeline = Timeline::new(&facets, deciding, 1);
        let summaries: Vec<&str> = timeline
            .groups
            .iter()
            .map(|group| group.summary.as_str())
            .collect();
        assert_eq!(summaries, ["1 message sent", "1 login · 1 message sent"]);
        assert!(timeline.groups[0].rows[0].is_deciding);
        let counts: usize = timeline.choices.iter().map(|choice| choice.count).sum();
        assert_eq!((counts, timeline.count), (3, 3));
    }

    #[test]
    fn numbers_of_facets_are_said_in_words() {
        assert_eq!(
            value_in_words("message_sent", "first_contact", 1.0),
            "first contact yes"
        );
        assert_eq!(
            value_in_words("message_sent", "typing_ms", 400.0),
            "typing 0.40 s"
        );
        assert_eq!(value_in_words("reported", "code", 1.0), "scam");
        assert_eq!(value_in_words("looked_up", "numbers", 40.0), "numbers 40");
        assert_eq!(value_in_words("login", "code", 99.0), "code 99");
    }
}
