//! The routes of cases and of what keeps the console: each in the table of `access.rs`, too.

use axum::Router;
use axum::routing::{get, post};

use super::queue::Queue;
use super::{
    act, audit_page, case, deliveries, detectors, holds, patterns, queue, referrals, search,
    second_looks, team,
};
use crate::state::ApiState;

/// The routes.
pub fn routes() -> Router<ApiState> {
    Router::new()
        .route("/queue", queue::page_of(Queue::Open))
        .route("/queue/held", queue::page_of(Queue::Held))
        .route("/queue/next", post(act::claim_next))
        .route("/queue/decide", post(act::decide_together))
        .route("/appeals", queue::page_of(Queue::Appeals))
        .route("/claims", queue::page_of(Queue::Mine))
        .route("/second-looks", get(second_looks::second_looks))
        .route("/second-looks/{decision}", post(act::look_again))
        .route("/cases/{id}", get(case::case))
        .route("/cases/{id}/claim", post(act::claim))
        .route("/cases/{id}/release", post(act::release))
        .route("/cases/{id}/decide", post(act::decide))
        .route("/cases/{id}/appeal", post(act::appeal))
        .route("/decisions/{id}/undo", post(act::undo))
        .route("/sets/{id}/undo", post(act::undo_together))
        .route("/held/release", post(act::release_held))
        .route("/detectors/{behaviour}", get(detectors::detector))
        .route("/detectors/{behaviour}/mode", post(detectors::set_mode))
        .route("/patterns", get(patterns::patterns))
        .route("/search", get(search::search).post(search::by_identifier))
        .route("/audit", get(audit_page::audit_page))
        .route("/people", get(team::people_page).post(team::set))
        .route("/people/disable", post(team::disable))
        .route("/people/token", post(team::make_token))
        .route("/people/revoke", post(team::revoke_token))
        .route("/deliveries", get(deliveries::deliveries))
        .route("/deliveries/{sequence}/retry", post(deliveries::retry))
        .route("/holds", get(holds::page).post(holds::set))
        .route("/holds/{hold}/lift", post(holds::lift))
        .route("/destroy-orders", post(holds::order))
        .merge(referrals::routes())
}
