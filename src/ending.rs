//! How the service ends where a part of it does: no part is missed in silence. A part that fails or panics takes readiness
//! away, asks the pipeline for a stop, and ends the server, so that the process ends with an error and is started again.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What every part of the service can end.
#[derive(Clone)]
pub struct Ending {
    /// Whether the service is ready.
    pub ready: Arc<AtomicBool>,
    /// Whether the pipeline is to stop after its epoch.
    pub stop: Arc<AtomicBool>,
    /// Whether everything else is to end.
    pub ended: watch::Sender<bool>,
}

impl Ending {
    /// A guard of a part: unless it is told that the part has ended well, it ends the service.
    pub fn guard(&self, part: &'static str) -> Guard {
        Guard {
            ending: self.clone(),
            part,
            is_well: false,
        }
    }

    /// Runs a task as a part of the service.
    pub fn spawn<F>(&self, part: &'static str, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let guard = self.guard(part);
        tokio::spawn(async move {
            let output = task.await;
            guard.has_ended_well();
            output
        })
    }
}

/// Ends the service when it is dropped, which is also what a panic does.
pub struct Guard {
    ending: Ending,
    part: &'static str,
    is_well: bool,
}

impl Guard {
    /// The part has ended as it should.
    pub fn has_ended_well(mut self) {
        self.is_well = true;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.is_well {
            return;
        }
        tracing::error!(
            part = self.part,
            "a part of the service has failed: the service ends"
        );
        self.ending.ready.store(false, Ordering::Release);
        self.ending.stop.store(true, Ordering::Release);
        let _ = self.ending.ended.send(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending() -> (Ending, watch::Receiver<bool>) {
        let (ended, end) = watch::channel(false);
        let ending = Ending {
            ready: Arc::new(AtomicBool::new(true)),
            stop: Arc::new(AtomicBool::new(false)),
            ended,
        };
        (ending, end)
    }

    /// Readiness, whether a stop is asked for, and whether everything ends.
    fn state((ending, end): &(Ending, watch::Receiver<bool>)) -> (bool, bool, bool) {
        let ready = ending.ready.load(Ordering::Acquire);
        (ready, ending.stop.load(Ordering::Acquire), *end.borrow())
    }

    /// Without the words that a panic prints.
    fn fault() {
        std::panic::resume_unwind(Box::new(()));
    }

    #[test]
    fn a_thread_that_panics_or_fails_ends_the_service_and_one_that_ends_well_does_not() {
        let parts = ending();
        let guard = parts.0.guard("ingest");
        std::thread::spawn(move || guard.has_ended_well())
            .join()
            .unwrap();
        assert_eq!(state(&parts), (true, false, false));
        let guard = parts.0.guard("ingest");
        let thread = std::thread::spawn(move || {
            fault();
            guard.has_ended_well();
        });
        assert!(thread.join().is_err());
        assert_eq!(state(&parts), (false, true, true));
        let parts = ending();
        drop(parts.0.guard("ingest"));
        assert_eq!(state(&parts), (false, true, true));
    }

    #[test]
    fn a_task_that_panics_ends_the_service_while_others_still_hold_the_channel() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let parts = ending();
            let another = parts.0.clone();
            assert_eq!(parts.0.spawn("upkeep", async { 7 }).await.unwrap(), 7);
            assert_eq!(state(&parts), (true, false, false));
            let mut end = parts.1.clone();
            let failed = parts.0.spawn("upkeep", async { fault() });
            end.wait_for(|ended| *ended).await.unwrap();
            assert!(failed.await.unwrap_err().is_panic());
            assert_eq!(state(&parts), (false, true, true));
            drop(another);
        });
    }
}
