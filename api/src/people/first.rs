//! The first start: the people that the configuration names, each with a token that is seen only now.

use crate::database::Database;
use crate::people::token::{PeopleError, create_token, people, set_person};
use crate::people::{Actor, PersonName, Roles};

/// A token of the first start.
#[derive(Debug)]
pub struct FirstToken {
    /// Whose.
    pub person: PersonName,
    /// What it is for.
    pub roles: Roles,
    /// The token itself.
    pub secret: String,
}

/// Life of the first tokens, in milliseconds.
const LIFE_MS: i64 = 90 * 86_400_000;

/// Enters the first people where there are none.
///
/// # Errors
/// The database refused, or none of them is an admin.
pub(crate) async fn first_start(
    database: &Database,
    first: &[(PersonName, Roles)],
    now_ms: i64,
) -> Result<Vec<FirstToken>, PeopleError> {
    if !people(database).await?.is_empty() {
        return Ok(Vec::new());
    }
    let machine = Actor::machine();
    // Admins first: at no time may there be people and none who may let others in.
    let is_admin = |(_, roles): &&(PersonName, Roles)| roles.has(crate::people::Role::Admin);
    let (admins, others): (Vec<_>, Vec<_>) = first.iter().partition(is_admin);
    let mut tokens = Vec::with_capacity(first.len());
    for (person, roles) in admins.into_iter().chain(others) {
        set_person(database, &machine, person, *roles, now_ms).await?;
        let (token, secret) = create_token(
            database,
            &machine,
            (person, *roles),
            now_ms + LIFE_MS,
            now_ms,
        )
        .await?;
        tokens.push(FirstToken {
            person: token.person,
            roles: token.roles,
            secret,
        });
    }
    Ok(tokens)
}
