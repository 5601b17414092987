//! Who works here: people, their roles, tokens and sessions.
//!
//! OpenID Connect comes next. Its seam is [`Actor`]: whoever proves who they are, by whatever means, becomes one, and
//! nothing behind the log-in knows how.

mod first;
mod person;
mod role;
pub(crate) mod session;
pub(crate) mod token;

pub use first::FirstToken;
pub(crate) use first::first_start;
pub use person::{Actor, Person, PersonName};
pub use role::{Permission, Role, Roles};
pub use token::{
    PeopleError, Token, create_token, disable_person, people, revoke_token, set_person, tokens,
};
