-- The revision of the case that a finding is about: what its officer had read. Nothing of findings from before it was asked.
ALTER TABLE findings ADD COLUMN case_revision BIGINT;
