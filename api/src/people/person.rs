//! People, and who is acting now.

use std::fmt;

use crate::people::role::{Permission, Roles};
use crate::request_id::RequestId;

/// A person's name here: 1 to 64 of `a-z 0-9 . - _`, beginning with a letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PersonName(String);

impl PersonName {
    /// Takes a name.
    pub fn parse(text: &str) -> Option<Self> {
        let is_right = (1..=64).contains(&text.len())
            && text != MACHINE
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte)
            });
        is_right.then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A person with the roles they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub name: PersonName,
    /// What they are here for.
    pub roles: Roles,
    /// When they were entered, in milliseconds since 1970.
    pub created_ms: i64,
    /// Since when they may do nothing more.
    pub disabled_ms: Option<i64>,
}

/// Who acts: the one argument by which every act knows on whose word it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub person: PersonName,
    /// What they may act as: the roles of the person that the token is also for.
    pub roles: Roles,
    /// The id of the token that they came with (not the token).
    pub token: String,
    /// The id of the request by which they act, if it is one.
    pub request: Option<RequestId>,
}

/// The name under which the program itself acts.
const MACHINE: &str = "sealwatch";

impl Actor {
    /// The program itself: what it does by a rule, or at a start.
    pub fn machine() -> Self {
        Self {
            person: PersonName(MACHINE.to_owned()),
            roles: Roles::default(),
            token: String::new(),
            request: None,
        }
    }

    /// Whoever runs a command on the machine where the database is: they could write into it without us.
    pub fn at_the_machine(person: PersonName) -> Self {
        Self {
            person,
            roles: Roles::of(&[crate::people::Role::Admin]),
            token: String::new(),
            request: None,
        }
    }

    /// Whether they may.
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.permit(permission)
    }
}
