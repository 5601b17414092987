//! The server: all routes in one router, and the loop that serves it until it is told to stop.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::{IncomingStream, Listener};
use tower_http::catch_panic::CatchPanicLayer;

use crate::client::Peer;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::tls::{Tls, TlsListener};
use crate::{assets, console, middleware, openapi};

/// All routes.
pub fn router(state: ApiState) -> Router {
    let (programs, _) = openapi::routes();
    programs
        .route("/", get(console::home))
        .route("/recommendations", get(console::recommendations))
        .route("/recommendations/{id}", get(console::recommendation))
        .route("/accounts/{pseudonym}", get(console::account))
        .merge(console::routes())
        .route("/detectors", get(console::detectors))
        .route("/login", get(console::log_in_page).post(console::log_in))
        .route("/logout", axum::routing::post(console::log_out))
        .route("/static/{name}", get(assets::asset))
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method())
        .layer(CatchPanicLayer::custom(|_| -> Response {
            // What the panic says may hold input.
            tracing::error!("a handler panicked");
            Problem::internal().into_response()
        }))
        .layer(from_fn_with_state(state.clone(), middleware::around))
        .with_state(state)
}

/// Time for what has begun when the server is told to stop; a connection that hangs does not hold it for ever.
const GRACE: Duration = Duration::from_secs(25);

/// Serves until `shutdown` ends, then answers what has begun, for at most 25 seconds.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: tokio::net::TcpListener,
    state: ApiState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    serve_on(listener, state, shutdown).await
}

/// The same by TLS.
///
/// # Errors
/// The listener fails.
pub async fn serve_tls(
    listener: tokio::net::TcpListener,
    tls: Tls,
    state: ApiState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    serve_on(TlsListener::new(listener, tls)?, state, shutdown).await
}

async fn serve_on<L>(
    listener: L,
    state: ApiState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()>
where
    L: Listener<Addr = SocketAddr>,
    Peer: for<'stream> Connected<IncomingStream<'stream, L>>,
{
    let news = state.news.clone();
    let service = router(state).into_make_service_with_connect_info::<Peer>();
    let (told, is_told) = tokio::sync::oneshot::channel();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        shutdown.await;
        // Streams have no end of their own.
        news.end();
        // The other end is gone only when the serving has ended.
        let _ = told.send(());
    });
    let grace = async {
        if is_told.await.is_ok() {
            tokio::time::sleep(GRACE).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        served = serving => served,
        () = grace => Ok(()),
    }
}
