//! The labels file: one line for each account, with what it really is.
//!
//! `since` says from when on an account is what its label says, in milliseconds; `until` (of compromised accounts, if the
//! owner has the account back before the end) up to when. An account without `until` is so to the end.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::identifier::Kind;
use crate::world::World;

/// How a line names what the account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// By persona.
    Persona,
    /// As planted in host traffic.
    Planted,
}

/// Writes the labels of all accounts, in the order of their numbers (which says nothing).
///
/// # Errors
/// They could not be written.
pub fn write(world: &World<'_>, naming: Naming, out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::with_capacity(256);
    for (number, account) in world.accounts.iter().enumerate() {
        line.clear();
        let name = world
            .emitter
            .identifiers()
            .text(Kind::Account, number as u64);
        let goal = account.goal.as_ref();
        let label = match goal {
            _ if account.host => "host",
            Some(goal) => goal.behaviour.label(),
            None => "benign",
        };
        let persona = match (naming, goal) {
            _ if account.host => "host",
            (Naming::Planted, Some(_)) => "planted_abuser",
            (Naming::Planted, None) => "planted_control",
            (Naming::Persona, _) => account.persona.name,
        };
        let _ = write!(
            line,
            r#"{{"account":"{name}","platform":"{}","label":"{label}","behaviour":"#,
            world.options.platform
        );
        let _ = match goal {
            Some(goal) => write!(
                line,
                r#""{}","since":{},"hiding":{:.4}"#,
                goal.behaviour.name(),
                goal.since,
                goal.hiding
            ),
            None => write!(line, r#"null,"since":null,"hiding":null"#),
        };
        if let Some(until) = goal.and_then(|goal| goal.until) {
            let _ = write!(line, r#","until":{until}"#);
        }
        let _ = writeln!(
            line,
            r#","persona":"{persona}","group":{},"set":"{}"}}"#,
            account.linked,
            world.options.personas.name()
        );
        out.write_all(line.as_bytes())?;
    }
    out.flush()
}
