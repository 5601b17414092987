//! What the queue may be narrowed to, read from a query string. A refused value is never echoed.

use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;

use crate::filter::{PAGE, exact_pairs};
use crate::problem::Problem;
use crate::referrals::machine::ReferralState;
use crate::referrals::queue::{Place, ReferralFilter};

/// A queue's query.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferralQuery {
    /// What it is narrowed to.
    pub filter: ReferralFilter,
    /// Behind this place.
    pub behind: Option<Place>,
    /// Referrals on a page, 1 to 200.
    pub limit: u32,
}

impl ReferralQuery {
    /// Reads a query string.
    ///
    /// # Errors
    /// An unknown name or a value that its name does not allow.
    pub fn parse(query: Option<&str>) -> Result<Self, Problem> {
        fn some<T>(name: &'static str, value: Option<T>) -> Result<Option<T>, Problem> {
            value.map(Some).ok_or_else(|| Problem::parameter(name))
        }
        let mut parsed = Self {
            filter: ReferralFilter::default(),
            behind: None,
            limit: PAGE,
        };
        for (name, value) in exact_pairs(query)? {
            let filter = &mut parsed.filter;
            match &*name {
                "state" => filter.state = some("state", ReferralState::parse(&value))?,
                "kind" => filter.kind = some("kind", ThreatKind::parse(&value))?,
                "priority" => filter.priority = some("priority", Priority::parse(&value))?,
                "cursor" => parsed.behind = some("cursor", Place::parse(&value))?,
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=200).contains(limit));
                    parsed.limit = limit.ok_or_else(|| Problem::parameter("limit"))?;
                }
                _ => return Err(Problem::unknown_parameter()),
            }
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::ReferralQuery;
    use crate::referrals::machine::ReferralState;

    #[test]
    fn a_queue_is_narrowed_by_what_it_knows_and_wrong_values_are_not_echoed() {
        let query = ReferralQuery::parse(Some("state=founded&priority=p1&limit=7")).unwrap();
        assert_eq!(query.filter.state, Some(ReferralState::Founded));
        assert_eq!(query.limit, 7);
        for wrong in [
            "state=canary",
            "kind=canary",
            "priority=canary",
            "cursor=canary",
            "canary=1",
            "limit=0",
        ] {
            let problem = ReferralQuery::parse(Some(wrong)).unwrap_err();
            assert_eq!(problem.status, 400, "{wrong}");
            assert!(!format!("{problem:?}").contains("canary"));
        }
    }
}
