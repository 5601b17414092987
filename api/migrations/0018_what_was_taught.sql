-- Reports whose reporters were judged, by the event's id: each once, for as long as the case remembers it.
CREATE TABLE judged_reports (
    case_key TEXT NOT NULL,
    report TEXT NOT NULL,
    PRIMARY KEY (case_key, report)
);
INSERT INTO judged_reports (case_key, report)
    SELECT DISTINCT r.case_key, o.event FROM outbox o JOIN referrals r ON r.id = o.case_id WHERE o.kind = 'report';

-- The label that the engine was given of the account, so that another verdict gives another one. Until now the first finding
-- gave it.
ALTER TABLE referrals ADD COLUMN taught TEXT;
UPDATE referrals SET taught = (SELECT CASE f.verdict WHEN 'founded' THEN 'abusive' ELSE 'benign' END FROM findings f
        WHERE f.referral = referrals.id ORDER BY f.revision LIMIT 1)
    WHERE kind = 'minor_contact' AND subject = 'account' AND found_ms IS NOT NULL;
