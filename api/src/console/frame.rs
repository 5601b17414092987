//! What every page has around it: who is signed in, where they may go, what was just done.

use axum::http::HeaderMap;

use crate::auth::session_form_secret;
use crate::people::{Actor, Permission};
use crate::state::ApiState;

/// A place of the main navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The name by which a page says where it belongs.
    pub(super) section: &'static str,
    /// Where it is.
    pub(super) path: &'static str,
    /// What it is called.
    pub(super) label: &'static str,
    /// The key after `g`.
    pub(super) key: &'static str,
    needs: &'static [Permission],
}

const fn place(
    section: &'static str,
    path: &'static str,
    label: &'static str,
    key: &'static str,
    needs: &'static [Permission],
) -> Place {
    Place {
        section,
        path,
        label,
        key,
        needs,
    }
}

/// The main navigation, in order. Each person sees what their roles allow.
const PLACES: &[Place] = &[
    place(
        "referrals",
        "/referrals",
        "Referrals",
        "f",
        &[Permission::ReadReferrals],
    ),
    place("queue", "/queue", "Queue", "q", &[Permission::ReadLists]),
    place(
        "appeals",
        "/appeals",
        "Appeals",
        "a",
        &[Permission::ReadLists],
    ),
    place(
        "second_looks",
        "/second-looks",
        "Second looks",
        "l",
        &[Permission::Decide],
    ),
    place(
        "recommendations",
        "/recommendations",
        "Recommendations",
        "r",
        &[Permission::ReadLists],
    ),
    place(
        "patterns",
        "/patterns",
        "Patterns",
        "p",
        &[Permission::ReadLists],
    ),
    place(
        "detectors",
        "/detectors",
        "Detectors",
        "d",
        &[Permission::ReadDetectors],
    ),
    place("search", "/search", "Search", "s", &[Permission::Search]),
    place(
        "audit",
        "/audit",
        "Audit log",
        "u",
        &[Permission::ReadAudit],
    ),
    place(
        "people",
        "/people",
        "People",
        "e",
        &[Permission::ManagePeople],
    ),
    place(
        "deliveries",
        "/deliveries",
        "Deliveries",
        "v",
        &[Permission::ManageDeliveries],
    ),
    place("holds", "/holds", "Holds", "h", &[Permission::ManageHolds]),
    place(
        "signing_keys",
        "/signing-keys",
        "Signing keys",
        "k",
        &[
            Permission::EnrolKey,
            Permission::ReadAudit,
            Permission::ManagePeople,
        ],
    ),
];

/// What was just done, or why it was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    /// In words.
    pub(super) text: &'static str,
    /// Whether it was done.
    pub(super) is_good: bool,
}

/// What every page has around it.
pub(super) struct Frame {
    pub(super) section: &'static str,
    pub(super) is_demonstration: bool,
    /// Who is signed in.
    pub(super) actor: Option<Actor>,
    /// What the forms of this session carry; empty where nobody is signed in.
    pub(super) form_secret: String,
    /// When the page was made, in milliseconds since 1970.
    pub(super) now_ms: i64,
    /// What was just done.
    pub(super) said: Option<Said>,
    /// How many referrals wait for somebody like the person signed in, where it is known.
    pub(super) waiting: Option<i64>,
}

impl Frame {
    pub(super) fn new(
        state: &ApiState,
        actor: Option<&Actor>,
        headers: &HeaderMap,
        section: &'static str,
    ) -> Self {
        Self {
            section,
            is_demonstration: state.is_demonstration(),
            form_secret: actor
                .map(|_| session_form_secret(headers))
                .unwrap_or_default(),
            actor: actor.cloned(),
            now_ms: (state.now_ms)(),
            said: None,
            waiting: None,
        }
    }

    /// Whether the person signed in may.
    pub(super) fn may(&self, permission: Permission) -> bool {
        self.actor
            .as_ref()
            .is_some_and(|actor| actor.may(permission))
    }

    /// Where the person signed in may go.
    pub(super) fn places(&self) -> Vec<Place> {
        let may_go = |place: &&Place| place.needs.iter().any(|one| self.may(*one));
        PLACES.iter().filter(may_go).copied().collect()
    }

    /// Whether the person signed in may set holds.
    pub(super) fn may_hold(&self) -> bool {
        self.may(Permission::ManageHolds)
    }

    /// Whether the page hears of new cases or referrals.
    pub(super) fn has_news(&self) -> bool {
        self.may(Permission::ReadLists) || self.may(Permission::ReadReferrals)
    }

    /// The same, saying how many referrals wait.
    pub(super) fn waiting(self, waiting: Option<i64>) -> Self {
        Self { waiting, ..self }
    }

    /// The same, with the banner where what is shown needs it.
    pub(super) fn showing(self, is_demonstration: bool) -> Self {
        Self {
            is_demonstration: self.is_demonstration || is_demonstration,
            ..self
        }
    }

    /// The same, saying what was just done.
    pub(super) fn saying(self, said: Option<Said>) -> Self {
        Self { said, ..self }
    }
}

/// The first place that the person may go to.
pub(super) fn first_place(actor: &Actor) -> &'static str {
    PLACES
        .iter()
        .find(|place| place.needs.iter().any(|one| actor.may(*one)))
        .map_or("/login", |place| place.path)
}

#[cfg(test)]
mod tests {
    use super::PLACES;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_places_share_a_key_or_a_section() {
        let keys: BTreeSet<&str> = PLACES.iter().map(|place| place.key).collect();
        let sections: BTreeSet<&str> = PLACES.iter().map(|place| place.section).collect();
        assert_eq!((keys.len(), sections.len()), (PLACES.len(), PLACES.len()));
    }
}
