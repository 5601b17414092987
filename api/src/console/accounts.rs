//! The page of an account: what is recommended about it, what it shares, and with whom. Each node of the drawing leads to
//! the page of another account, so that people can walk on.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use sealwatch_core::identifier::Pseudonym;
use sealwatch_core::recommendation::{EvidenceLink, RecommendationId};

use super::case_row::CaseRow;
use super::draw;
use super::evidence::LinkRow;
use super::frame::Frame;
use super::graph::{Graph, neighbours};
use super::known::known;
use super::list::Row;
use crate::cases::{self, CaseFilter};
use crate::filter::{Audience, Filter};
use crate::people::Actor;
use crate::problem::Problem;
use crate::routes::{log, searched};
use crate::state::ApiState;
use crate::store::Summary;

/// Recommendations on the page at most.
const RECOMMENDATIONS: u32 = 50;

/// Of so many of the newest, the links are gathered.
const READ: usize = 3;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    account: String,
    cases: Vec<CaseRow>,
    rows: Vec<Row>,
    has_more: bool,
    graph: Option<Graph>,
    /// The recommendation whose links the drawing goes on from.
    id: String,
    links: Vec<LinkRow>,
    /// Where it was seen beside another account, if the reader came from there.
    beside: Vec<LinkRow>,
    beside_account: String,
    beside_id: String,
}

/// The page of an account. The look-up is on the log.
pub async fn account(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let account = path
        .ok()
        .and_then(|Path(text)| Pseudonym::parse(&text))
        .ok_or(Problem::not_found())?;
    log(&state, &actor, searched("pseudonym", account)).await?;
    let audience = Audience::of(&actor);
    let filter = Filter {
        audience,
        account: Some(account),
        ..Filter::default()
    };
    let mut rows = state.store.list(&filter, None, RECOMMENDATIONS + 1).await?;
    let has_more = rows.len() > RECOMMENDATIONS as usize;
    rows.truncate(RECOMMENDATIONS as usize);
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let of_account = CaseFilter {
        account: Some(account),
        ..CaseFilter::default()
    };
    let cases = cases::list(database, &of_account, None, RECOMMENDATIONS, now_ms).await?;
    let mut links = Vec::new();
    for summary in rows.iter().take(READ) {
        if let Some(delivered) = state.store.get(summary.id, audience).await? {
            join(&mut links, delivered.recommendation.evidence.links);
        }
    }
    let neighbours: BTreeSet<Pseudonym> = neighbours(account, &links);
    let known = known(database, &neighbours).await?;
    let from = match came_from(query.as_deref()) {
        Some(id) => state.store.get(id, audience).await?,
        None => None,
    };
    let from = from.map(|delivered| delivered.recommendation);
    let beside = from.iter().flat_map(|from| &from.evidence.links);
    draw(&AccountPage {
        frame: Frame::new(&state, Some(&actor), &headers, "account")
            .showing(rows.iter().any(Summary::is_demonstration)),
        account: account.to_hexadecimal(),
        id: rows
            .first()
            .map(|row| row.id.to_hexadecimal())
            .unwrap_or_default(),
        cases: cases
            .iter()
            .map(|case| CaseRow::new(case, &actor, now_ms))
            .collect(),
        rows: rows.iter().map(Row::from).collect(),
        has_more,
        graph: Graph::new(account, &links, &known),
        links: links.iter().map(LinkRow::from).collect(),
        beside: beside
            .filter(|link| link.last_accounts.contains(&account))
            .map(LinkRow::from)
            .collect(),
        beside_account: from
            .as_ref()
            .map(|from| from.account.to_hexadecimal())
            .unwrap_or_default(),
        beside_id: from
            .map(|from| from.id.to_hexadecimal())
            .unwrap_or_default(),
    })
}

/// The recommendation from which the reader walked here.
fn came_from(query: Option<&str>) -> Option<RecommendationId> {
    let pairs = query?.split('&');
    let mut values = pairs.filter_map(|pair| pair.strip_prefix("beside="));
    RecommendationId::parse(values.next()?)
}

/// Adds links; of the same thing, the newer reading stays, with the accounts of both.
fn join(links: &mut Vec<EvidenceLink>, older: Vec<EvidenceLink>) {
    for link in older {
        let found = links
            .iter_mut()
            .find(|newer| newer.entity == link.entity && newer.kind == link.kind);
        match found {
            Some(newer) => {
                for other in link.last_accounts {
                    if !newer.last_accounts.contains(&other) {
                        newer.last_accounts.push(other);
                    }
                }
            }
            None => links.push(link),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(entity: u8, others: &[u8]) -> EvidenceLink {
        let pseudonym = |number: u8| Pseudonym::parse(&format!("{number:032x}")).unwrap();
        EvidenceLink {
            kind: "device".to_owned(),
            entity: pseudonym(entity),
            accounts: f32::from(entity),
            banned: 0.0,
            last_accounts: others.iter().map(|other| pseudonym(*other)).collect(),
        }
    }

    #[test]
    fn links_of_the_same_thing_are_joined() {
        let mut links = vec![link(1, &[10, 11])];
        join(&mut links, vec![link(1, &[11, 12]), link(2, &[13])]);
        assert_eq!(links, [link(1, &[10, 11, 12]), link(2, &[13])]);
    }

    #[test]
    fn only_an_id_says_where_the_reader_came_from() {
        let id = "0123456789abcdef0123456789abcdef";
        assert!(came_from(Some(&format!("x=1&beside={id}"))).is_some());
        assert!(came_from(Some("beside=canary")).is_none());
        assert!(came_from(None).is_none());
    }
}
