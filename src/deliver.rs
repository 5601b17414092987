//! The pump from the pipeline's outbox to the case store: at least once, and idempotent there.
