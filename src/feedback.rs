//! The way back: what people decide goes into the feedback log, where the pipeline reads it at a recorded position.

use sealwatch_ingest::feedback::FeedbackWriter;

use crate::config::Config;
use crate::failure::Failure;

/// The writer of the configured feedback log, if there is one. Opening it cuts off what a dying process left of a line, so
/// the service opens it before it reads. [`FeedbackWriter::append`] blocks until the records are on disk: call it from a
/// thread that may wait.
///
/// # Errors
/// The file cannot be made or written.
pub fn open(config: &Config) -> Result<Option<FeedbackWriter>, Failure> {
    let Some(feedback) = &config.feedback else {
        return Ok(None);
    };
    let writer = FeedbackWriter::open(&config.path(&feedback.path), &config.platforms);
    writer.map(Some).map_err(Failure::configuration)
}
