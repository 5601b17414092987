//! The other side of a webhook, for `sealwatch enforce`: takes signed requests and hands their bodies on.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;

use crate::delivery::signature::{ID, SIGNATURE, TIMESTAMP, WebhookSecret};

/// The largest request, in bytes. An event is a few kilobytes.
const LARGEST: usize = 256 * 1024;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    /// It was done, now or earlier, or asks for nothing: 204.
    Taken,
    /// It is none that can be understood: 400.
    Refused,
    /// It cannot be decided here whether it was done: 409.
    Unclear,
    /// It was not done; it may come again: 500.
    Failed,
}

/// Does what a signed request asks for: its `webhook-id` and its body. It may block.
pub type Handler = Arc<dyn Fn(&str, &[u8]) -> Reception + Send + Sync>;

struct Receiver {
    secrets: Vec<WebhookSecret>,
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    handler: Handler,
}

/// Receives `POST /` until `shutdown` ends. A request that none of the secrets has signed within five minutes of this clock
/// is answered with 401 and goes no further.
///
/// # Errors
/// The listener fails.
pub async fn receive(
    listener: TcpListener,
    secrets: Vec<WebhookSecret>,
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    handler: Handler,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let receiver = Arc::new(Receiver {
        secrets,
        now_ms,
        handler,
    });
    let router = Router::new()
        .route("/", post(take))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(receiver);
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await
}

async fn take(
    State(receiver): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(id), Some(timestamp), Some(signatures)) =
        (header(ID), header(TIMESTAMP), header(SIGNATURE))
    else {
        return StatusCode::UNAUTHORIZED;
    };
    let now_ms = (receiver.now_ms)();
    let is_signed = receiver.secrets.iter().any(|secret| {
        secret
            .verify(id, timestamp, signatures, &body, now_ms)
            .is_ok()
    });
    if !is_signed {
        tracing::warn!("a request that is not signed, or not now, was refused");
        return StatusCode::UNAUTHORIZED;
    }
    let (id, handler) = (id.to_owned(), Arc::clone(&receiver.handler));
    let reception = tokio::task::spawn_blocking(move || handler(&id, &body)).await;
    match reception {
        Ok(Reception::Taken) => StatusCode::NO_CONTENT,
        Ok(Reception::Refused) => StatusCode::BAD_REQUEST,
        Ok(Reception::Unclear) => StatusCode::CONFLICT,
        Ok(Reception::Failed) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
