-- Who may do what. A token of the first version becomes one of the person `admin`.
CREATE TABLE people (
    name TEXT PRIMARY KEY NOT NULL,
    -- Names of roles, in the order of the program's list, with a space between.
    roles TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    disabled_ms BIGINT
);

ALTER TABLE tokens RENAME TO tokens_of_version_1;

CREATE TABLE tokens (
    hash TEXT PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES people (name),
    -- The roles that it is for: what it allows is what both the person and the token have.
    roles TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    revoked_ms BIGINT
);

INSERT INTO people (name, roles, created_ms)
    SELECT 'admin', 'analyst reviewer admin', MIN(created_ms) FROM tokens_of_version_1 HAVING COUNT(*) > 0;
INSERT INTO tokens (hash, id, person, roles, created_ms, expires_ms)
    SELECT hash, SUBSTR(hash, 1, 16), 'admin', 'analyst reviewer admin', created_ms, created_ms + 7776000000
    FROM tokens_of_version_1;
DROP TABLE tokens_of_version_1;

CREATE INDEX tokens_by_person ON tokens (person);

-- A session of the console: it ends with the token that began it.
CREATE TABLE sessions (
    hash TEXT PRIMARY KEY NOT NULL,
    token TEXT NOT NULL REFERENCES tokens (id),
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX sessions_by_token ON sessions (token);
CREATE INDEX sessions_by_end ON sessions (expires_ms);
