-- Cases of threat signals: the newest revision of each. A queue reads only these columns.
CREATE TABLE threat_cases (
    case_key TEXT PRIMARY KEY NOT NULL,
    revision BIGINT NOT NULL,
    platform TEXT NOT NULL,
    subject TEXT NOT NULL,
    pseudonym TEXT NOT NULL,
    incarnation BIGINT NOT NULL,
    kind TEXT NOT NULL,
    mode TEXT NOT NULL,
    priority TEXT NOT NULL,
    starts_clock BIGINT NOT NULL,
    log_odds DOUBLE PRECISION NOT NULL,
    at_ms BIGINT NOT NULL,
    opened_ms BIGINT NOT NULL,
    received_ms BIGINT NOT NULL
);

CREATE INDEX threat_cases_by_priority ON threat_cases (priority, opened_ms, log_odds);
CREATE INDEX threat_cases_by_pseudonym ON threat_cases (pseudonym);

-- Every revision as it was delivered: the signal, and the identity sealed to the referral side, if there is one.
CREATE TABLE threat_signals (
    case_key TEXT NOT NULL,
    revision BIGINT NOT NULL,
    received_ms BIGINT NOT NULL,
    document TEXT NOT NULL,
    sealed TEXT,
    PRIMARY KEY (case_key, revision)
);
