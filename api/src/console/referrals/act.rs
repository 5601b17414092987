//! What the forms of referrals do. Each posts, does its act by the same functions as the interface for programs, and leads to
//! a page; a refusal is said on the page that the form is on, with what was typed. No form signs, opens or exports anything.

use axum::extract::{FromRequest, FromRequestParts as _, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use sealwatch_core::credibility::priority::Priority;
use sealwatch_core::threat::ThreatKind;

use super::finding::Typed;
use super::page::refused;
use super::queue;
use crate::console::act::our_fields;
use crate::console::said::{Done, to};
use crate::database::Database;
use crate::form::Fields;
use crate::people::Actor;
use crate::problem::Problem;
use crate::referrals::{
    self, AmendReason, CloseOutcome, Finder, FindingVerdict, Reference, Referral, ReferralError,
    ReferralFilter, ReferralId, ReferralSettings, ReferralState, WithdrawReason,
};
use crate::routes::referral_id;
use crate::state::ApiState;

/// Referrals that *Take the next* tries at most: others may take them at the same time.
const TRIES: u32 = 10;

fn page_of(id: ReferralId) -> String {
    format!("/referrals/{}", id.to_hexadecimal())
}

/// A form of ours about one referral.
pub(super) struct Posted {
    state: ApiState,
    actor: Actor,
    headers: HeaderMap,
    id: ReferralId,
    fields: Fields,
    now_ms: i64,
}

impl FromRequest<ApiState> for Posted {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let actor = Actor::from_request_parts(&mut parts, state).await?;
        let id = referral_id(Path::from_request_parts(&mut parts, state).await)?;
        let headers = parts.headers.clone();
        let fields = our_fields(&headers, Request::from_parts(parts, body)).await?;
        Ok(Self {
            state: state.clone(),
            actor,
            headers,
            id,
            fields,
            now_ms: (state.now_ms)(),
        })
    }
}

impl Posted {
    fn database(&self) -> &Database {
        self.state.store.database()
    }

    fn settings(&self) -> &ReferralSettings {
        &self.state.store.review().referrals
    }

    /// The referral as the form was made from it. What changes it names what it has seen.
    fn which(&self) -> Result<(ReferralId, Option<i64>), Problem> {
        let seen = self.fields.get("version").parse();
        Ok((self.id, Some(seen.map_err(|_| Problem::body())?)))
    }

    /// Leads to the referral's page, or shows it again with why the act was refused.
    async fn answer(
        self,
        result: Result<Referral, ReferralError>,
        done: Done,
        typed: Typed,
    ) -> Result<Response, Problem> {
        match result {
            Ok(referral) => Ok(to(&page_of(referral.id), done).into_response()),
            Err(error) => self.refuse(error, typed).await,
        }
    }

    async fn refuse(self, error: ReferralError, typed: Typed) -> Result<Response, Problem> {
        let problem = Problem::from(error);
        if problem.status == 404 || problem.status >= 500 {
            return Err(problem);
        }
        let status = problem.status();
        self.again(typed.refused(problem.title), status).await
    }

    async fn again(self, typed: Typed, status: StatusCode) -> Result<Response, Problem> {
        let (state, actor, headers) = (&self.state, &self.actor, &self.headers);
        refused(state, actor, headers, self.id, (&typed, status)).await
    }
}

/// Claims the first referral of the queue that nobody has.
pub(super) async fn next(
    State(state): State<ApiState>,
    actor: Actor,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let fields = our_fields(&headers, request).await?;
    let (database, now_ms) = (state.store.database(), (state.now_ms)());
    let filter = ReferralFilter {
        state: Some(ReferralState::Open),
        kind: ThreatKind::parse(fields.get("kind")),
        priority: Priority::parse(fields.get("priority")),
    };
    let settings = &state.store.review().referrals;
    for referral in referrals::list(database, &filter, None, TRIES).await? {
        let which = (referral.id, None);
        match referrals::claim(database, settings, &actor, which, now_ms).await {
            Ok(referral) => return Ok(Redirect::to(&page_of(referral.id)).into_response()),
            // Somebody else was quicker.
            Err(ReferralError::Claimed | ReferralError::State(_)) => {}
            Err(error) => {
                let problem = Problem::from(error);
                if problem.status >= 500 {
                    return Err(problem);
                }
                let why = (problem.title, problem.status());
                return queue::refused(&state, &actor, &headers, why).await;
            }
        }
    }
    Ok(to("/referrals", Done::NoReferralLeft).into_response())
}

/// Claims a referral.
pub(super) async fn claim(posted: Posted) -> Result<Response, Problem> {
    let (database, settings, which) = (posted.database(), posted.settings(), (posted.id, None));
    match referrals::claim(database, settings, &posted.actor, which, posted.now_ms).await {
        Ok(referral) => Ok(Redirect::to(&page_of(referral.id)).into_response()),
        Err(error) => posted.refuse(error, Typed::default()).await,
    }
}

/// Gives a referral back.
pub(super) async fn release(posted: Posted) -> Result<Response, Problem> {
    let (database, which) = (posted.database(), (posted.id, None));
    match referrals::release(database, &posted.actor, which, posted.now_ms).await {
        Ok(_) => Ok(to("/referrals", Done::ReferralReleased).into_response()),
        Err(error) => posted.refuse(error, Typed::default()).await,
    }
}

/// Makes a finding.
pub(super) async fn find(posted: Posted) -> Result<Response, Problem> {
    let (which, typed) = (posted.which()?, Typed::of(&posted.fields));
    let Some(verdict) = typed.verdict else {
        let typed = typed.refused("Say first whether it is founded.");
        return posted.again(typed, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let new = typed.finding(verdict);
    let state = &posted.state;
    let seal = |id: ReferralId, revision: u32, text: &str| state.seal_statement(id, revision, text);
    let finder = Finder {
        settings: posted.settings(),
        log: &state.log,
        seal: &seal,
    };
    let (database, now_ms) = (posted.database(), posted.now_ms);
    let result = referrals::find(database, &finder, &posted.actor, which, &new, now_ms).await;
    let done = match verdict {
        FindingVerdict::Founded => Done::Founded,
        FindingVerdict::Unfounded => Done::Unfounded,
    };
    posted.answer(result, done, typed).await
}

/// Takes a referral back.
pub(super) async fn withdraw(posted: Posted) -> Result<Response, Problem> {
    let which = posted.which()?;
    let reason = WithdrawReason::parse(posted.fields.get("reason")).ok_or(Problem::body())?;
    let read = posted.fields.get("case_revision").parse();
    let why = (reason, read.map_err(|_| Problem::body())?);
    let (database, settings, now_ms) = (posted.database(), posted.settings(), posted.now_ms);
    let result = referrals::withdraw(database, settings, &posted.actor, which, why, now_ms).await;
    posted
        .answer(result, Done::ReferralWithdrawn, Typed::default())
        .await
}

/// Begins a next revision.
pub(super) async fn amend(posted: Posted) -> Result<Response, Problem> {
    let which = posted.which()?;
    let reason = AmendReason::parse(posted.fields.get("reason")).ok_or(Problem::body())?;
    let (database, settings, now_ms) = (posted.database(), posted.settings(), posted.now_ms);
    let result = referrals::amend(database, settings, &posted.actor, which, reason, now_ms).await;
    posted
        .answer(result, Done::ReferralAmended, Typed::default())
        .await
}

/// Enters the recipient's reference.
pub(super) async fn acknowledge(posted: Posted) -> Result<Response, Problem> {
    let (which, typed) = (posted.which()?, Typed::of(&posted.fields));
    let Some(reference) = Reference::parse(&typed.reference) else {
        let typed = typed.refused("A reference has 1 to 64 letters, digits and . _ : / -");
        return posted.again(typed, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let (database, now_ms) = (posted.database(), posted.now_ms);
    let result = referrals::acknowledge(database, &posted.actor, which, &reference, now_ms).await;
    posted
        .answer(result, Done::ReferralAcknowledged, typed)
        .await
}

/// Ends a referral.
pub(super) async fn close(posted: Posted) -> Result<Response, Problem> {
    let which = posted.which()?;
    let outcome = CloseOutcome::parse(posted.fields.get("outcome")).ok_or(Problem::body())?;
    let (database, now_ms) = (posted.database(), posted.now_ms);
    let result = referrals::close(database, &posted.actor, which, outcome, now_ms).await;
    posted
        .answer(result, Done::ReferralClosed, Typed::default())
        .await
}
