-- What retention has deleted of a case or recommendation that is still there.
ALTER TABLE cases ADD COLUMN sealed_deleted_ms BIGINT;
ALTER TABLE cases ADD COLUMN evidence_deleted_ms BIGINT;
ALTER TABLE recommendations ADD COLUMN evidence_deleted_ms BIGINT;

-- A decision that comes after a deletion makes it due again: what joined the case meanwhile has identities and evidence.
CREATE INDEX cases_by_end ON cases ((COALESCE(decided_ms, opened_ms)));
CREATE INDEX cases_with_sealed ON cases (decided_ms)
    WHERE sealed_deleted_ms IS NULL OR sealed_deleted_ms < decided_ms;
CREATE INDEX cases_with_evidence ON cases (decided_ms)
    WHERE evidence_deleted_ms IS NULL OR evidence_deleted_ms < decided_ms;
CREATE INDEX recommendations_by_receipt ON recommendations (received_ms, intake_sequence);
CREATE INDEX outbox_delivered ON outbox (delivered_ms) WHERE delivered_ms IS NOT NULL;
CREATE INDEX audit_entries_by_time ON audit_entries (at_ms, position);

-- An order to delete a case, or everything of an account, before its period ends. A hold goes before it. The account goes
-- from here when the order is carried out.
CREATE TABLE destroy_orders (
    id TEXT PRIMARY KEY NOT NULL,
    case_id TEXT,
    account TEXT,
    reason TEXT NOT NULL,
    ordered_by TEXT NOT NULL,
    ordered_ms BIGINT NOT NULL,
    done_ms BIGINT
);
CREATE INDEX destroy_orders_open ON destroy_orders (ordered_ms) WHERE done_ms IS NULL;
