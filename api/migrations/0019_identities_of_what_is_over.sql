-- Cases that still have a sealed identity, so that those that are due are found.
CREATE INDEX threat_signals_sealed ON threat_signals (case_key) WHERE sealed IS NOT NULL;
-- The identity in one wrap goes when the referral is over, in the act that ends it.
UPDATE referral_packages SET inner_identity = NULL, review_identity = NULL
    WHERE referral IN (SELECT id FROM referrals WHERE closed_ms IS NOT NULL);
