-- An appeal is about what was decided, so that it stands beside a newer case of the account instead of excluding it: an
-- owner can always appeal, and a new recommendation never changes what an appeal is about.
DROP INDEX cases_open_once;
CREATE UNIQUE INDEX cases_open_once ON cases (platform, account, incarnation, behaviour)
    WHERE state IN ('held', 'open');
