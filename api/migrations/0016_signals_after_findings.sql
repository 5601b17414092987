-- A referral takes in the signals of its case until a person has found something; what comes afterwards waits in a referral
-- of its own, so that a case has one referral that nobody has found anything about, beside those that are on their way.
DROP INDEX referrals_one_of_a_case;
CREATE UNIQUE INDEX referrals_one_waits_of_a_case ON referrals (case_key) WHERE closed_ms IS NULL AND found_ms IS NULL;
