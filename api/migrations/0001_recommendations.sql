-- What was delivered by the pipeline. A list reads only the columns before the two documents, which are large.
CREATE TABLE recommendations (
    intake_sequence BIGINT PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    incarnation BIGINT NOT NULL,
    platform TEXT NOT NULL,
    behaviour TEXT NOT NULL,
    mode TEXT NOT NULL,
    answer TEXT NOT NULL,
    score DOUBLE PRECISION NOT NULL,
    threshold_margin DOUBLE PRECISION NOT NULL,
    is_simulated INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    received_ms BIGINT NOT NULL,
    deliveries BIGINT NOT NULL,
    last_received_ms BIGINT NOT NULL,
    recommendation TEXT NOT NULL,
    sealed_identities TEXT NOT NULL
);

-- Lists are ordered by event time, newest first; within it by intake. Each filter by equality has an index in that order,
-- which also carries the other filters, so that rows that do not match are passed over without reading the table.
CREATE INDEX recommendations_by_time
    ON recommendations (at_ms, intake_sequence, behaviour, mode, answer, platform, score);
CREATE INDEX recommendations_by_account
    ON recommendations (account, at_ms, intake_sequence);
CREATE INDEX recommendations_by_behaviour
    ON recommendations (behaviour, at_ms, intake_sequence, mode, answer, platform, score);
CREATE INDEX recommendations_by_mode
    ON recommendations (mode, at_ms, intake_sequence, behaviour, answer, platform, score);
CREATE INDEX recommendations_by_answer
    ON recommendations (answer, at_ms, intake_sequence, behaviour, mode, platform, score);
CREATE INDEX recommendations_by_platform
    ON recommendations (platform, at_ms, intake_sequence, behaviour, mode, answer, score);
CREATE INDEX recommendations_by_score
    ON recommendations (score, at_ms, intake_sequence);

-- Tokens: only their hashes.
CREATE TABLE tokens (
    hash TEXT PRIMARY KEY NOT NULL,
    created_ms BIGINT NOT NULL
);
