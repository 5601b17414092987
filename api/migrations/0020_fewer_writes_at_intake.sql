-- Each recommendation writes less: what nobody reads goes, and a day's cases are counted as they come.

-- The graph that people walk is drawn from the evidence of the recommendations; nothing read these rows.
DROP TABLE case_links;
-- Reasons are counted over the newest cases, which are found by their key.
DROP INDEX case_reasons_by_feature;

-- Cases that came into the queue, by the hour (hours since 1970): what the quotas count.
CREATE TABLE entered_hours (
    behaviour TEXT NOT NULL,
    hour BIGINT NOT NULL,
    cases BIGINT NOT NULL,
    PRIMARY KEY (hour, behaviour)
);
INSERT INTO entered_hours (behaviour, hour, cases)
    SELECT behaviour, opened_ms / 3600000, COUNT(*) FROM cases WHERE state <> 'held' GROUP BY 1, 2;
DROP INDEX cases_entered;

-- Referrals are counted by these twice a second, for the metrics.
CREATE INDEX referrals_by_kind ON referrals (kind, priority, state);
