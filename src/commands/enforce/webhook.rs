//! Events that come as signed webhooks.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use sealwatch_api::delivery::{Handler, Reception, receive};
use tokio::net::TcpListener;

use super::enforcer::{EnforceError, Enforcer};
use super::say;
use crate::clock;
use crate::config;
use crate::failure::Failure;

/// Receives until it is told to stop.
pub(super) fn listen(
    enforcer: Enforcer,
    address: &str,
    secret_files: &[PathBuf],
) -> Result<(), Failure> {
    let secrets = secret_files
        .iter()
        .map(|path| config::secret(path).map_err(Failure::Configuration))
        .collect::<Result<Vec<_>, _>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::running)?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| Failure::configuration(format!("--listen {address}: {error}")))?;
        let local = listener.local_addr().map_err(Failure::running)?;
        println!("receiving webhooks at http://{local}/");
        let handler = handler(enforcer);
        receive(listener, secrets, clock::now_ms(), handler, stopped())
            .await
            .map_err(Failure::running)
    })
}

/// One event at a time: a second delivery of an event waits for the first.
fn handler(enforcer: Enforcer) -> Handler {
    let enforcer = Mutex::new(enforcer);
    Arc::new(move |id, body| {
        let result = enforcer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(body, Some(id));
        say("a webhook", &result);
        match result {
            Ok(_) => Reception::Taken,
            Err(EnforceError::NotAnEvent) => Reception::Refused,
            Err(EnforceError::Interrupted(_)) => Reception::Unclear,
            Err(_) => Reception::Failed,
        }
    })
}

async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
