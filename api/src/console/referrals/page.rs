//! The page of a referral: what it rests on, how far it has come, who does what next, and what this person can do.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sealwatch_core::threat::ThreatSignal;
use sealwatch_core::time::Timestamp;
use sealwatch_custody::package::{Recipient, Regime};

use super::finding::{FindingForm, Typed};
use super::row::{ClockView, ReferralRow};
use super::rows::{self, ReportGroup, TermRow, WordRow};
use super::steps::{self, Next, Step};
use super::{waiting, words};
use crate::console::chart::Chart;
use crate::console::draw;
use crate::console::evidence::LinkRow;
use crate::console::frame::{Frame, Said};
use crate::console::list::Choice;
use crate::console::said::said;
use crate::console::timeline::Timeline;
use crate::console::words::{Moment, count, name};
use crate::people::{Actor, Permission};
use crate::problem::Problem;
use crate::referrals::http::documents::{
    ActDocument, FindingDocument, PackageDocument, ReferralDocument,
};
use crate::referrals::http::read::document;
use crate::referrals::{
    self, AmendReason, ClockName, CloseOutcome, Concerned, FindingVerdict, Ground, Move, Referral,
    ReferralId, WithdrawReason, next,
};
use crate::routes::referral_id;
use crate::state::ApiState;
use crate::store::CaseStoreError;

/// A finding as it is shown.
struct FindingRow {
    revision: u32,
    person: String,
    at: String,
    verdict: &'static str,
    title: &'static str,
    statement: String,
    grounds: Vec<&'static str>,
    /// Law, recipient and what else was chosen, as pairs of words.
    terms: Vec<(&'static str, String)>,
    /// The digest of the facts that it froze; empty where it froze none.
    sha256: String,
    is_current: bool,
}

/// Something that was done.
struct ActRow {
    at: String,
    person: String,
    act: String,
    is_reading: bool,
}

/// What can be done here beside the finding.
struct Acts {
    can_claim: bool,
    can_release: bool,
    can_acknowledge: bool,
    close: Vec<Choice>,
    amend: Vec<Choice>,
    withdraw: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "referral.html")]
struct ReferralPage {
    frame: Frame,
    row: ReferralRow,
    meaning: &'static str,
    incarnation: u32,
    mode: &'static str,
    has_identity: bool,
    reports: String,
    signals: i64,
    case_revision: u64,
    first_signal: Moment,
    knowledge: Option<Moment>,
    clocks: Vec<ClockView>,
    amendment: &'static str,
    earlier: String,
    later: String,
    reference: String,
    sum: String,
    terms: Vec<TermRow>,
    groups: Vec<ReportGroup>,
    words_of_others: Vec<WordRow>,
    chart: Option<Chart>,
    timeline: Timeline,
    links: Vec<LinkRow>,
    steps: Vec<Step>,
    next: Option<Next>,
    end: String,
    /// The finding that is to be approved or was; nothing before one was made in this revision.
    package: Option<FindingRow>,
    form: Option<FindingForm>,
    acts: Acts,
    findings: Vec<FindingRow>,
    history: Vec<ActRow>,
    typed_reference: String,
}

/// The page of a referral. Its reading is on the log.
pub(super) async fn referral(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let id = referral_id(path)?;
    let done = query
        .as_deref()
        .and_then(|query| query.strip_prefix("done="));
    show(
        &state,
        &actor,
        &headers,
        id,
        (&Typed::default(), done.and_then(said)),
    )
    .await
}

/// The page again, with what was typed and why it was refused.
pub(super) async fn refused(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    id: ReferralId,
    (typed, status): (&Typed, StatusCode),
) -> Result<Response, Problem> {
    let said = typed.refusal.map(|text| Said {
        text,
        is_good: false,
    });
    let page = show(state, actor, headers, id, (typed, said)).await?;
    Ok((status, page).into_response())
}

async fn show(
    state: &ApiState,
    actor: &Actor,
    headers: &HeaderMap,
    id: ReferralId,
    (typed, said): (&Typed, Option<Said>),
) -> Result<Response, Problem> {
    let now_ms = (state.now_ms)();
    // Read before everything else: what has changed since then is refused as changed.
    let found = referrals::get(state.store.database(), id).await?;
    let referral = found.ok_or(Problem::not_found())?;
    let document = document(state, actor, id).await?;
    let waiting = waiting(state, actor).await?;
    let frame = Frame::new(state, Some(actor), headers, "referrals")
        .waiting(waiting)
        .saying(said);
    let threat = serde_json::from_value(document.threat.clone())
        .map_err(|_| Problem::from(CaseStoreError::Damaged))?;
    draw(&page(
        frame,
        (&referral, &threat),
        &document,
        (actor, now_ms),
        typed,
    ))
}

fn page(
    frame: Frame,
    (referral, threat): (&Referral, &ThreatSignal),
    document: &ReferralDocument,
    (actor, now_ms): (&Actor, i64),
    typed: &Typed,
) -> ReferralPage {
    let package = document
        .packages
        .iter()
        .find(|package| package.revision == referral.revision);
    let chart = Chart::new(&threat.evidence.facets, threat.at);
    let step_ms = chart.as_ref().map_or(0, |chart| chart.step_ms);
    let findings: Vec<FindingRow> = document
        .findings
        .iter()
        .rev()
        .map(|finding| finding_row(finding, document, referral.revision))
        .collect();
    let (package_row, earlier): (Vec<FindingRow>, Vec<FindingRow>) =
        findings.into_iter().partition(|finding| finding.is_current);
    let is_mine = referral.claimed_by(now_ms) == Some(&actor.person);
    ReferralPage {
        frame,
        row: ReferralRow::new(referral, actor, now_ms),
        meaning: words::meaning(referral.kind),
        incarnation: referral.incarnation,
        mode: threat.mode.name(),
        has_identity: document.has_identity,
        reports: count(u64::from(threat.reports)),
        signals: document.signals,
        case_revision: document.case_revision,
        first_signal: Moment::new(Timestamp(referral.first_signal_ms)),
        knowledge: referral
            .knowledge_ms
            .map(|at_ms| Moment::new(Timestamp(at_ms))),
        clocks: clocks(referral, now_ms),
        amendment: referral.amendment.map_or("", words::amended),
        earlier: linked(referral.earlier),
        later: linked(referral.later),
        reference: referral.recipient_reference.clone().unwrap_or_default(),
        sum: rows::sum(threat.credibility.log_odds),
        terms: rows::terms(&threat.credibility.terms),
        groups: rows::report_groups(&threat.reporters),
        words_of_others: rows::words_of_others(threat),
        chart,
        timeline: Timeline::new(&threat.evidence.facets, threat.position, step_ms),
        links: threat.evidence.links.iter().map(LinkRow::from).collect(),
        steps: steps::steps(referral, package),
        next: steps::next(referral, package, actor, now_ms),
        end: steps::end(referral),
        package: package_row.into_iter().next(),
        form: is_mine.then(|| FindingForm::new(referral, typed)),
        acts: acts(referral, actor, now_ms),
        findings: earlier,
        history: document.history.iter().rev().map(act_row).collect(),
        typed_reference: typed.reference.clone(),
    }
}

/// Another referral's id; empty where there is none.
fn linked(id: Option<ReferralId>) -> String {
    id.map(ReferralId::to_hexadecimal).unwrap_or_default()
}

/// The clocks that run still.
fn clocks(referral: &Referral, now_ms: i64) -> Vec<ClockView> {
    [
        ("Finding due", ClockName::Decide, referral.decide_by_ms),
        ("Export due", ClockName::Export, referral.export_by_ms),
    ]
    .into_iter()
    .filter(|(_, clock, _)| referral.state.runs(*clock))
    .filter_map(|(what, _, due)| due.map(|due_ms| ClockView::new(what, due_ms, now_ms)))
    .collect()
}

fn acts(referral: &Referral, actor: &Actor, now_ms: i64) -> Acts {
    let claimed_by = referral.claimed_by(now_ms);
    let is_mine = claimed_by == Some(&actor.person);
    let is_free = claimed_by.is_none_or(|person| *person == actor.person);
    let can =
        |by| actor.may(Permission::WorkReferrals) && is_free && next(referral.state, by).is_ok();
    let can_take_back =
        can(Move::Withdraw) && (is_mine || next(referral.state, Move::Release).is_err());
    let listed = |is_there: bool, choices: Vec<Choice>| if is_there { choices } else { Vec::new() };
    Acts {
        can_claim: can(Move::Claim) && !is_mine,
        can_release: can(Move::Release) && is_mine,
        can_acknowledge: can(Move::Acknowledge),
        close: listed(
            can(Move::Close),
            Choice::list(CloseOutcome::ALL, None, CloseOutcome::name, words::closed),
        ),
        amend: listed(
            can(Move::Amend),
            Choice::list(AmendReason::ALL, None, AmendReason::name, words::amended),
        ),
        withdraw: listed(
            can_take_back,
            Choice::list(
                WithdrawReason::ALL,
                None,
                WithdrawReason::name,
                words::withdrawn,
            ),
        ),
    }
}

/// A time of a document as it is shown: to the second, in UTC.
fn shown(at: &str) -> String {
    at.get(..19).unwrap_or(at).replace('T', " ")
}

fn finding_row(
    finding: &FindingDocument,
    document: &ReferralDocument,
    revision: u32,
) -> FindingRow {
    let verdict = FindingVerdict::parse(finding.verdict).unwrap_or(FindingVerdict::Unfounded);
    let of_revision = |package: &&PackageDocument| package.revision == finding.revision;
    let package = document.packages.iter().find(of_revision);
    FindingRow {
        revision: finding.revision,
        person: finding.person.clone(),
        at: shown(&finding.made_at),
        verdict: finding.verdict,
        title: words::verdict(verdict),
        statement: finding.statement.as_ref().map_or_else(
            || "This statement cannot be opened with the present key.".to_owned(),
            |statement| statement.expose().to_owned(),
        ),
        grounds: finding
            .grounds
            .iter()
            .filter_map(|ground| Ground::parse(ground))
            .map(Ground::words)
            .collect(),
        terms: terms(finding),
        sha256: package
            .map(|package| package.facts_sha256.clone())
            .unwrap_or_default(),
        is_current: finding.revision == revision,
    }
}

fn terms(finding: &FindingDocument) -> Vec<(&'static str, String)> {
    let regime = finding.regime.and_then(Regime::parse).map(words::regime);
    let recipient = finding
        .recipient
        .and_then(Recipient::parse)
        .map(words::recipient);
    let because = finding
        .member_states_because
        .and_then(Concerned::parse)
        .map(words::concerned);
    let states = finding.member_states.join(", ");
    [
        ("Law", regime.map(str::to_owned)),
        ("Legal basis", finding.legal_basis.clone()),
        ("Recipient", recipient.map(str::to_owned)),
        ("Incident type", finding.incident_type.clone()),
        (
            "Member States",
            Some(states).filter(|states| !states.is_empty()),
        ),
        ("Because", because.map(str::to_owned)),
        ("Preservation hold", finding.hold.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| (name, value)))
    .collect()
}

fn act_row(act: &ActDocument) -> ActRow {
    ActRow {
        at: shown(&act.at),
        person: act.person.clone(),
        act: name(&act.act),
        is_reading: act.act == crate::audit::Act::CaseRead.name(),
    }
}
