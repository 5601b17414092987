-- A case: what people decide about. At most one is open for an account, incarnation and behaviour.
CREATE TABLE cases (
    id TEXT PRIMARY KEY NOT NULL,
    sequence BIGINT NOT NULL UNIQUE,
    platform TEXT NOT NULL,
    account TEXT NOT NULL,
    incarnation BIGINT NOT NULL,
    behaviour TEXT NOT NULL,
    mode TEXT NOT NULL,
    answer TEXT NOT NULL,
    is_simulated BIGINT NOT NULL,
    -- The newest recommendation that joined it, and how many did.
    recommendation TEXT NOT NULL,
    recommendations BIGINT NOT NULL,
    score DOUBLE PRECISION NOT NULL,
    threshold_margin DOUBLE PRECISION NOT NULL,
    -- held, open, decided, appealed.
    state TEXT NOT NULL,
    -- Where it stands in its queue: smaller comes first. It never changes with time, and nobody waits for ever.
    place_ms BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    opened_ms BIGINT NOT NULL,
    claimed_by TEXT,
    claimed_until_ms BIGINT,
    -- The decision in force.
    decision TEXT,
    verdict TEXT,
    decided_ms BIGINT,
    -- Rises with each change: a write names the one that it has seen.
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX cases_open_once ON cases (platform, account, incarnation, behaviour)
    WHERE state IN ('held', 'open', 'appealed');
CREATE INDEX cases_by_place ON cases (state, place_ms, sequence);
CREATE INDEX cases_by_behaviour ON cases (state, behaviour, place_ms, sequence);
CREATE INDEX cases_by_account ON cases (account, sequence);
CREATE INDEX cases_by_claim ON cases (claimed_by, claimed_until_ms);
CREATE INDEX cases_by_opening ON cases (behaviour, opened_ms);
CREATE INDEX cases_by_decision ON cases (behaviour, decided_ms);

CREATE TABLE case_recommendations (
    recommendation TEXT PRIMARY KEY NOT NULL REFERENCES recommendations (id),
    case_id TEXT NOT NULL REFERENCES cases (id)
);
CREATE INDEX case_recommendations_by_case ON case_recommendations (case_id);

-- What the strongest reasons of a case are, for counts over many.
CREATE TABLE case_reasons (
    case_id TEXT NOT NULL REFERENCES cases (id),
    feature TEXT NOT NULL,
    value DOUBLE PRECISION,
    contribution DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (case_id, feature)
);
CREATE INDEX case_reasons_by_feature ON case_reasons (feature, case_id);

-- What an account of a case shares with others: the graph that people walk.
CREATE TABLE case_links (
    case_id TEXT NOT NULL REFERENCES cases (id),
    kind TEXT NOT NULL,
    entity TEXT NOT NULL,
    accounts DOUBLE PRECISION NOT NULL,
    banned DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (case_id, kind, entity)
);
CREATE INDEX case_links_by_entity ON case_links (entity, case_id);

-- What a person decided. `effective_ms`: until then it can be undone; only after it does anything leave.
CREATE TABLE decisions (
    id TEXT PRIMARY KEY NOT NULL,
    case_id TEXT NOT NULL REFERENCES cases (id),
    sequence BIGINT NOT NULL UNIQUE,
    person TEXT NOT NULL,
    -- review, second_look, appeal.
    kind TEXT NOT NULL,
    -- confirm, reject, protect, needs_more.
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- Sealed under the case store's key: only a case page shows it.
    note TEXT,
    statement TEXT NOT NULL,
    recommendation TEXT NOT NULL,
    batch TEXT,
    at_ms BIGINT NOT NULL,
    effective_ms BIGINT NOT NULL,
    undone_ms BIGINT,
    finished_ms BIGINT
);
CREATE INDEX decisions_by_case ON decisions (case_id, sequence);
CREATE INDEX decisions_by_person ON decisions (person, sequence);
CREATE INDEX decisions_by_batch ON decisions (batch, sequence);
CREATE INDEX decisions_unfinished ON decisions (effective_ms) WHERE finished_ms IS NULL AND undone_ms IS NULL;

-- A second look at a decision, by someone else, chosen by a keyed hash; the first decision's person never does it.
CREATE TABLE second_looks (
    decision TEXT PRIMARY KEY NOT NULL REFERENCES decisions (id),
    case_id TEXT NOT NULL REFERENCES cases (id),
    chosen_ms BIGINT NOT NULL,
    claimed_by TEXT,
    claimed_until_ms BIGINT,
    answer TEXT,
    done_ms BIGINT
);
CREATE INDEX second_looks_open ON second_looks (chosen_ms) WHERE done_ms IS NULL;

-- An account's owner asks for a decision to be looked at again, by someone else.
CREATE TABLE appeals (
    id TEXT PRIMARY KEY NOT NULL,
    case_id TEXT NOT NULL REFERENCES cases (id),
    decision TEXT NOT NULL REFERENCES decisions (id),
    ground TEXT NOT NULL,
    filed_by TEXT NOT NULL,
    filed_ms BIGINT NOT NULL,
    -- The decision that answered it.
    answer TEXT,
    -- upheld (the first decision stands), overturned.
    outcome TEXT,
    decided_ms BIGINT
);
CREATE UNIQUE INDEX appeals_open_once ON appeals (case_id) WHERE decided_ms IS NULL;
CREATE INDEX appeals_by_case ON appeals (case_id, filed_ms);

-- What leaves: one row for each event and each place that it goes to. Delivered at least once.
CREATE TABLE outbox (
    sequence BIGINT PRIMARY KEY NOT NULL,
    -- The idempotency key: the same for each attempt and each place.
    event TEXT NOT NULL,
    -- enforcement, label, control, page, tree_head.
    kind TEXT NOT NULL,
    -- feedback, kafka, or webhook and its name.
    destination TEXT NOT NULL,
    case_id TEXT,
    body TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    next_attempt_ms BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    last_failure TEXT,
    delivered_ms BIGINT,
    dead_ms BIGINT,
    UNIQUE (event, destination)
);
CREATE INDEX outbox_due ON outbox (destination, next_attempt_ms, sequence) WHERE delivered_ms IS NULL AND dead_ms IS NULL;
CREATE INDEX outbox_dead ON outbox (dead_ms) WHERE dead_ms IS NOT NULL;
CREATE INDEX outbox_by_case ON outbox (case_id);

-- Which detectors were put into the shadow, why, and when they were taken back.
CREATE TABLE detector_modes (
    sequence BIGINT PRIMARY KEY NOT NULL,
    behaviour TEXT NOT NULL,
    mode TEXT NOT NULL,
    reason TEXT NOT NULL,
    person TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX detector_modes_by_behaviour ON detector_modes (behaviour, sequence);

-- A write that is repeated with its key is answered as the first time.
CREATE TABLE idempotency_keys (
    person TEXT NOT NULL,
    key TEXT NOT NULL,
    -- A hash of route and body: the same key with another request is refused.
    request TEXT NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (person, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_ms);

-- A hold stops the deletion of what it names: a case, or everything of an account.
CREATE TABLE holds (
    id TEXT PRIMARY KEY NOT NULL,
    case_id TEXT,
    account TEXT,
    reason TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    lifted_by TEXT,
    lifted_ms BIGINT
);
CREATE INDEX holds_by_case ON holds (case_id);
CREATE INDEX holds_by_account ON holds (account);

-- Settings and policy as they were at each start, by digest: a change is an entry of the log.
CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    digest TEXT NOT NULL,
    since_ms BIGINT NOT NULL
);
