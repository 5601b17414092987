//! `sealwatch token` and `sealwatch person`: who may come in, changed on the machine where the database is.
//!
//! Each change is an entry of the audit log under the name that `--as` gives: whoever can run this could write into the
//! database, too, so that the name is their word.

use sealwatch_api::CaseStore;
use sealwatch_api::people::{
    Actor, PersonName, Roles, create_token, disable_person, people, revoke_token, set_person,
    tokens,
};
use sealwatch_core::time::Timestamp;

use crate::arguments::{PersonCommand, TokenCommand};
use crate::clock;
use crate::config::Config;
use crate::failure::Failure;
use crate::parts;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Makes, lists or revokes tokens.
///
/// # Errors
/// An argument is wrong, or the database refused.
pub fn token(command: &TokenCommand) -> Result<(), Failure> {
    super::block_on(async {
        match command {
            TokenCommand::Create {
                common,
                person,
                roles,
                days,
            } => {
                let (store, actor) = open(&common.config, &common.actor).await?;
                let (person, roles) = (name(person)?, parse_roles(roles)?);
                let now = clock::now_ms()();
                let expires = now.saturating_add(i64::from(*days).saturating_mul(DAY_MS));
                let (token, secret) =
                    create_token(store.database(), &actor, (&person, roles), expires, now)
                        .await
                        .map_err(Failure::configuration)?;
                eprintln!(
                    "sealwatch: token {} of {} ({}), until {}; it is shown only now",
                    token.id,
                    token.person,
                    token.roles,
                    Timestamp(token.expires_ms).to_rfc3339()
                );
                println!("{secret}");
            }
            TokenCommand::List { config } => {
                let store = parts::case_store(&Config::read(config)?).await?;
                println!("id\tperson\troles\tcreated\texpires\trevoked");
                for token in tokens(store.database()).await.map_err(Failure::running)? {
                    println!(
                        "{}\t{}\t{}\t{}\t{}\t{}",
                        token.id,
                        token.person,
                        token.roles,
                        Timestamp(token.created_ms).to_rfc3339(),
                        Timestamp(token.expires_ms).to_rfc3339(),
                        time(token.revoked_ms)
                    );
                }
            }
            TokenCommand::Revoke { common, id } => {
                let (store, actor) = open(&common.config, &common.actor).await?;
                let was_valid = revoke_token(store.database(), &actor, id, clock::now_ms()())
                    .await
                    .map_err(Failure::configuration)?;
                if !was_valid {
                    return Err(Failure::configuration(
                        "there is no such token that was not revoked; see `sealwatch token list`",
                    ));
                }
            }
        }
        Ok(())
    })
}

/// Enters, disables or lists people.
///
/// # Errors
/// An argument is wrong, or the database refused.
pub fn person(command: &PersonCommand) -> Result<(), Failure> {
    super::block_on(async {
        match command {
            PersonCommand::Set {
                common,
                name: person,
                roles,
            } => {
                let (store, actor) = open(&common.config, &common.actor).await?;
                let (person, roles) = (name(person)?, parse_roles(roles)?);
                set_person(store.database(), &actor, &person, roles, clock::now_ms()())
                    .await
                    .map_err(Failure::configuration)?;
            }
            PersonCommand::Disable {
                common,
                name: person,
            } => {
                let (store, actor) = open(&common.config, &common.actor).await?;
                disable_person(store.database(), &actor, &name(person)?, clock::now_ms()())
                    .await
                    .map_err(Failure::configuration)?;
            }
            PersonCommand::List { config } => {
                let store = parts::case_store(&Config::read(config)?).await?;
                println!("name\troles\tentered\tdisabled");
                for person in people(store.database()).await.map_err(Failure::running)? {
                    println!(
                        "{}\t{}\t{}\t{}",
                        person.name,
                        person.roles,
                        Timestamp(person.created_ms).to_rfc3339(),
                        time(person.disabled_ms)
                    );
                }
            }
        }
        Ok(())
    })
}

/// The store, and who acts.
pub(super) async fn open(
    config: &std::path::Path,
    actor: &str,
) -> Result<(CaseStore, Actor), Failure> {
    let actor = PersonName::parse(actor)
        .map(Actor::at_the_machine)
        .ok_or_else(|| Failure::configuration("--as is the name of a person, as `ana`"))?;
    let store = parts::case_store(&Config::read(config)?).await?;
    Ok((store, actor))
}

fn name(text: &str) -> Result<PersonName, Failure> {
    PersonName::parse(text).ok_or_else(|| {
        Failure::configuration(
            "a person's name is 1 to 64 of a-z, 0-9, `.`, `-` and `_`, begins with a letter, and is not `sealwatch`",
        )
    })
}

fn parse_roles(text: &str) -> Result<Roles, Failure> {
    Roles::parse(text)
        .filter(|roles| !roles.is_empty())
        .ok_or_else(|| {
            Failure::configuration(
                "--roles are analyst, reviewer, referral_officer, approver, auditor and admin, with a comma between",
            )
        })
}

fn time(at_ms: Option<i64>) -> String {
    at_ms.map_or_else(|| "-".to_owned(), |at_ms| Timestamp(at_ms).to_rfc3339())
}
