//! The shell's clock and randomness: the only places that ask the operating system for either.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::time::Instant;

use sealwatch_ingest::pipeline::{Clock, Random};

/// A monotonic clock, for durations only. No decision sees it.
pub fn monotonic() -> Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the shell's clock; everything else is given it"
    )]
    let start = Instant::now();
    Arc::new(move || start.elapsed())
}

/// The operating system's randomness. Ends the process if there is none: sealing without it would be worse.
pub fn random() -> Random {
    let mut source = File::open("/dev/urandom");
    Box::new(move |buffer| {
        let filled = source
            .as_mut()
            .is_ok_and(|file| file.read_exact(buffer).is_ok());
        if !filled {
            eprintln!("sealwatch: the operating system gives no randomness");
            std::process::abort();
        }
    })
}

/// Milliseconds since 1970, for when something was received. No decision sees it.
pub fn now_ms() -> Arc<dyn Fn() -> i64 + Send + Sync> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the shell's clock; everything else is given it"
    )]
    Arc::new(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(0, |since| since.as_millis() as i64)
    })
}

/// Nanoseconds since 1970, for the times of spans. No decision sees it.
pub fn now_nanoseconds() -> Arc<dyn Fn() -> u64 + Send + Sync> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the shell's clock; everything else is given it"
    )]
    Arc::new(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(0, |since| {
            u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
        })
    })
}
