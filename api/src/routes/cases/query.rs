//! What a list of cases may be narrowed to, read from a query string. A refused value is never echoed.

use sealwatch_core::behaviour::{Behaviour, Mode};
use sealwatch_core::identifier::Pseudonym;

use crate::cases::{CaseFilter, CaseState, Place};
use crate::filter::{PAGE, exact_pairs};
use crate::people::Actor;
use crate::problem::Problem;

/// A queue's query: filter, page, page size.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseQuery {
    /// What it is narrowed to.
    pub filter: CaseFilter,
    /// Cases behind this place.
    pub behind: Option<Place>,
    /// Cases on a page, 1 to 200.
    pub limit: u32,
    /// The names of what narrows it, for the audit log.
    pub names: Vec<&'static str>,
}

impl CaseQuery {
    /// Reads a query string; `actor` is who `claimed=me` means.
    ///
    /// # Errors
    /// An unknown name or a value that its name does not allow.
    pub fn parse(query: Option<&str>, actor: &Actor) -> Result<Self, Problem> {
        let mut parsed = Self {
            filter: CaseFilter::default(),
            behind: None,
            limit: PAGE,
            names: Vec::new(),
        };
        for (name, value) in exact_pairs(query)? {
            parsed.set(&name, &value, actor)?;
        }
        Ok(parsed)
    }

    fn set(&mut self, name: &str, value: &str, actor: &Actor) -> Result<(), Problem> {
        fn some<T>(name: &'static str, value: Option<T>) -> Result<Option<T>, Problem> {
            value.map(Some).ok_or_else(|| Problem::parameter(name))
        }
        let filter = &mut self.filter;
        let known = match name {
            "state" => {
                filter.state = some("state", CaseState::parse(value))?;
                "state"
            }
            "behaviour" => {
                filter.behaviour = some("behaviour", Behaviour::parse(value))?;
                "behaviour"
            }
            "mode" => {
                filter.mode = some("mode", Mode::parse(value))?;
                "mode"
            }
            "account" => {
                filter.account = some("account", Pseudonym::parse(value))?;
                "account"
            }
            "claimed" => {
                match value {
                    "me" => filter.claimed_by = Some(actor.person.clone()),
                    "nobody" => filter.unclaimed = true,
                    _ => return Err(Problem::parameter("claimed")),
                }
                "claimed"
            }
            "cursor" => {
                self.behind = some("cursor", Place::parse(value))?;
                return Ok(());
            }
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=200).contains(limit));
                self.limit = limit.ok_or_else(|| Problem::parameter("limit"))?;
                return Ok(());
            }
            _ => return Err(Problem::unknown_parameter()),
        };
        self.names.push(known);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::CaseQuery;
    use crate::people::Actor;

    #[test]
    fn a_queue_is_narrowed_by_what_it_knows_and_wrong_values_are_not_echoed() {
        let actor = Actor::machine();
        let parse = |query: &str| CaseQuery::parse(Some(query), &actor);
        let query =
            parse("state=appealed&claimed=me&limit=7&cursor=5_6&behaviour=group_spam").unwrap();
        assert_eq!(
            (query.limit, query.names),
            (7, vec!["state", "claimed", "behaviour"])
        );
        assert_eq!(query.filter.claimed_by, Some(actor.person.clone()));
        for wrong in [
            "state=canary",
            "claimed=canary",
            "canary=1",
            "cursor=canary",
            "limit=0",
            "account=canary",
        ] {
            let problem = parse(wrong).unwrap_err();
            assert_eq!(problem.status, 400, "{wrong}");
            assert!(!format!("{problem:?}").contains("canary"));
        }
    }
}
