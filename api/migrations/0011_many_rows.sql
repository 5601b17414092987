-- What keeps pages fast whatever the store holds: counts that the writer keeps, and indexes that follow the questions.

-- Cases that wait, by behaviour and state: held, open, appealed.
CREATE TABLE queue_counts (
    behaviour TEXT NOT NULL,
    state TEXT NOT NULL,
    cases BIGINT NOT NULL,
    PRIMARY KEY (behaviour, state)
);
INSERT INTO queue_counts (behaviour, state, cases)
    SELECT behaviour, state, COUNT(*) FROM cases WHERE state IN ('held', 'open', 'appealed') GROUP BY behaviour, state;

-- What was decided, by the hour (hours since 1970) of the decision in force: cases that it finds right and wrong; and
-- decisions that were overturned in that hour.
CREATE TABLE decided_hours (
    behaviour TEXT NOT NULL,
    hour BIGINT NOT NULL,
    right_cases BIGINT NOT NULL,
    wrong_cases BIGINT NOT NULL,
    overturned BIGINT NOT NULL,
    PRIMARY KEY (behaviour, hour)
);
INSERT INTO decided_hours (behaviour, hour, right_cases, wrong_cases, overturned)
    SELECT behaviour, hour, CAST(SUM(is_right) AS BIGINT), CAST(SUM(is_wrong) AS BIGINT),
        CAST(SUM(is_overturned) AS BIGINT)
    FROM (
        SELECT behaviour, decided_ms / 3600000 AS hour,
            CASE WHEN verdict IN ('confirm', 'protect') THEN 1 ELSE 0 END AS is_right,
            CASE WHEN verdict = 'reject' THEN 1 ELSE 0 END AS is_wrong, 0 AS is_overturned
        FROM cases WHERE decided_ms IS NOT NULL AND state IN ('decided', 'appealed')
        UNION ALL
        SELECT cases.behaviour, appeals.decided_ms / 3600000, 0, 0, 1
        FROM appeals JOIN cases ON cases.id = appeals.case_id WHERE appeals.outcome = 'overturned'
    ) AS decided
    GROUP BY behaviour, hour;

-- Which combinations there are among the recommendations: few, whatever their number. One that is here may have no
-- recommendation any more; one that has any is here.
CREATE TABLE recommendation_kinds (
    behaviour TEXT NOT NULL,
    mode TEXT NOT NULL,
    answer TEXT NOT NULL,
    platform TEXT NOT NULL,
    PRIMARY KEY (behaviour, mode, answer, platform)
);
INSERT INTO recommendation_kinds (behaviour, mode, answer, platform)
    SELECT DISTINCT behaviour, mode, answer, platform FROM recommendations;

-- One index by kind stands for those by behaviour, mode, answer and platform alone, and also finds what a combination of
-- them has, be it rare.
DROP INDEX recommendations_by_behaviour;
DROP INDEX recommendations_by_mode;
DROP INDEX recommendations_by_answer;
DROP INDEX recommendations_by_platform;
DROP INDEX recommendations_by_score;
CREATE INDEX recommendations_by_kind
    ON recommendations (behaviour, mode, answer, platform, at_ms, intake_sequence, score);
CREATE INDEX recommendations_by_score
    ON recommendations (behaviour, score, at_ms, intake_sequence, mode, answer, platform);

-- A mode, or a behaviour's, that few cases or none have is found as fast as one that most have.
CREATE INDEX cases_by_mode ON cases (state, mode, place_ms, sequence);
CREATE INDEX cases_by_kind ON cases (state, behaviour, mode, place_ms, sequence);
-- Since when the first one waits, and how many came into the queue within a day.
CREATE INDEX cases_waiting ON cases (behaviour, state, opened_ms) WHERE state IN ('held', 'open', 'appealed');
CREATE INDEX cases_entered ON cases (behaviour, opened_ms) WHERE state <> 'held';
-- Most cases are claimed by nobody, and a new one is decided by nobody.
DROP INDEX cases_by_claim;
CREATE INDEX cases_by_claim ON cases (claimed_by, claimed_until_ms) WHERE claimed_by IS NOT NULL;
DROP INDEX cases_by_decision;
CREATE INDEX cases_by_decision ON cases (behaviour, decided_ms) WHERE decided_ms IS NOT NULL;

CREATE INDEX appeals_by_answer ON appeals (decided_ms) WHERE decided_ms IS NOT NULL;
CREATE INDEX appeals_answered_by ON appeals (answer) WHERE answer IS NOT NULL;
CREATE INDEX second_looks_by_case ON second_looks (case_id);
DROP INDEX second_looks_open;
CREATE INDEX second_looks_open ON second_looks (chosen_ms, decision) WHERE done_ms IS NULL;
