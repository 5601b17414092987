-- The audit log: a Merkle tree (RFC 6962). An entry names no account and holds no text of a person; what it says of a case
-- is a salted commitment, and goes with the case when its row in audit_details does.
CREATE TABLE audit_entries (
    position BIGINT PRIMARY KEY NOT NULL,
    at_ms BIGINT NOT NULL,
    person TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT,
    -- Canonical JSON (RFC 8785): the leaf's bytes.
    entry TEXT NOT NULL
);
CREATE INDEX audit_entries_by_person ON audit_entries (person, position);
CREATE INDEX audit_entries_by_act ON audit_entries (act, position);
CREATE INDEX audit_entries_by_subject ON audit_entries (subject, position);

CREATE TABLE audit_details (
    position BIGINT PRIMARY KEY NOT NULL REFERENCES audit_entries (position),
    subject TEXT,
    salt TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_details_by_subject ON audit_details (subject);

-- The hash of every complete subtree: level 0 are the leaves.
CREATE TABLE audit_nodes (
    level BIGINT NOT NULL,
    place BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (level, place)
);

-- Signed tree heads. `left_ms`: when it had left the machine everywhere it is sent to.
CREATE TABLE audit_heads (
    size BIGINT PRIMARY KEY NOT NULL,
    at_ms BIGINT NOT NULL,
    note TEXT NOT NULL,
    left_ms BIGINT
);
