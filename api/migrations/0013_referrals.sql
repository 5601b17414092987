-- Referrals: cases of threat signals as people work them. `last_change` numbers the changes of all of them, for whoever
-- follows along, and `sequence` is the number of the opening; `version` is what a person has seen and rises only with what
-- people do.
CREATE TABLE referrals (
    id TEXT PRIMARY KEY NOT NULL,
    sequence BIGINT NOT NULL UNIQUE,
    last_change BIGINT NOT NULL,
    case_key TEXT NOT NULL,
    platform TEXT NOT NULL,
    subject TEXT NOT NULL,
    pseudonym TEXT NOT NULL,
    incarnation BIGINT NOT NULL,
    kind TEXT NOT NULL,
    priority TEXT NOT NULL,
    log_odds DOUBLE PRECISION NOT NULL,
    state TEXT NOT NULL,
    revision BIGINT NOT NULL,
    amendment TEXT,
    first_signal_ms BIGINT NOT NULL,
    knowledge_ms BIGINT,
    decide_by_ms BIGINT,
    decide_page_ms BIGINT,
    decide_paged_ms BIGINT,
    export_by_ms BIGINT,
    export_page_ms BIGINT,
    export_paged_ms BIGINT,
    claimed_by TEXT,
    claimed_until_ms BIGINT,
    found_ms BIGINT,
    exported_ms BIGINT,
    recipient_reference TEXT,
    outcome TEXT,
    earlier TEXT,
    version BIGINT NOT NULL,
    opened_ms BIGINT NOT NULL,
    closed_ms BIGINT,
    CHECK ((claimed_by IS NULL) = (claimed_until_ms IS NULL)),
    CHECK ((closed_ms IS NULL) = (state NOT IN ('unfounded', 'withdrawn', 'closed')))
);

-- A case has one referral that is not over.
CREATE UNIQUE INDEX referrals_one_of_a_case ON referrals (case_key) WHERE closed_ms IS NULL;
CREATE INDEX referrals_by_case ON referrals (case_key, sequence);
CREATE INDEX referrals_by_state ON referrals (state, priority);
CREATE INDEX referrals_by_change ON referrals (last_change);
CREATE INDEX referrals_by_pseudonym ON referrals (pseudonym);
CREATE INDEX referrals_by_closing ON referrals (closed_ms);

-- A person's finding about a revision of a referral. The statement is encrypted; grounds and Member States are names with a
-- space between.
CREATE TABLE findings (
    referral TEXT NOT NULL REFERENCES referrals (id),
    revision BIGINT NOT NULL,
    person TEXT NOT NULL,
    verdict TEXT NOT NULL,
    statement TEXT NOT NULL,
    grounds TEXT NOT NULL,
    regime TEXT,
    recipient TEXT,
    legal_basis TEXT,
    incident_type TEXT,
    member_states TEXT NOT NULL,
    member_states_because TEXT,
    amendment TEXT,
    hold TEXT,
    made_ms BIGINT NOT NULL,
    PRIMARY KEY (referral, revision),
    UNIQUE (referral, revision, person),
    CHECK ((verdict = 'founded') = (regime IS NOT NULL))
);

-- What is referred under a founded finding. The facts stand without the finding's statement, which is encrypted beside
-- the finding; `sha256` is of the whole text. Whoever made the finding is the officer, and never approves.
CREATE TABLE referral_packages (
    referral TEXT NOT NULL,
    revision BIGINT NOT NULL,
    officer TEXT NOT NULL,
    case_revision BIGINT NOT NULL,
    facts TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    frozen_ms BIGINT NOT NULL,
    outer_opened_by TEXT,
    outer_opened_ms BIGINT,
    approver TEXT,
    inner_identity TEXT,
    approved_ms BIGINT,
    envelope TEXT,
    review_identity TEXT,
    officer_key TEXT,
    officer_signed_ms BIGINT,
    approver_key TEXT,
    approver_signed_ms BIGINT,
    exported_ms BIGINT,
    PRIMARY KEY (referral, revision),
    FOREIGN KEY (referral, revision, officer) REFERENCES findings (referral, revision, person),
    CHECK (approver <> officer),
    CHECK (outer_opened_by <> officer),
    CHECK (approver_key <> officer_key),
    CHECK (approver_key IS NULL OR (approver IS NOT NULL AND officer_key IS NOT NULL)),
    CHECK (exported_ms IS NULL OR approver_key IS NOT NULL)
);

-- Keys with which people sign; the private halves are on their own machines.
CREATE TABLE signing_keys (
    key_id TEXT PRIMARY KEY NOT NULL,
    person TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('officer', 'approver')),
    document TEXT NOT NULL,
    enrolled_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    revoked_by TEXT
);

CREATE INDEX signing_keys_by_person ON signing_keys (person, role);
