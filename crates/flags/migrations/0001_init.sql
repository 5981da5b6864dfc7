-- One counter for all writes. Every write begins by growing it, so that writes of two control planes follow one another.
CREATE TABLE flags_revision (
    id BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL
);
INSERT INTO flags_revision (id, revision) VALUES (1, 0);

-- Each flag at the newest revision; `value` is all that decides what it serves, as JSON.
CREATE TABLE flags_flag (
    key TEXT PRIMARY KEY,
    revision BIGINT NOT NULL,
    value TEXT NOT NULL
);

-- Every write, for ever; `value` is the flag after it.
CREATE TABLE flags_history (
    key TEXT NOT NULL,
    revision BIGINT NOT NULL,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    why TEXT,
    commit_sha TEXT,
    value TEXT NOT NULL,
    PRIMARY KEY (key, revision)
);

CREATE TABLE flags_segment (
    name TEXT PRIMARY KEY,
    revision BIGINT NOT NULL,
    members TEXT NOT NULL
);

-- Rules that flags share, by name.
CREATE TABLE flags_evaluator (
    name TEXT PRIMARY KEY,
    rule TEXT NOT NULL
);

-- Variants that a run of the verifier gets.
CREATE TABLE flags_forced (
    run TEXT PRIMARY KEY,
    expires BIGINT NOT NULL,
    variants TEXT NOT NULL
);

-- Where the code of a commit names flags.
CREATE TABLE flags_reference (
    commit_sha TEXT NOT NULL,
    flag TEXT NOT NULL,
    path TEXT NOT NULL,
    line BIGINT NOT NULL,
    PRIMARY KEY (commit_sha, flag, path, line)
);

-- Commits whose references are known, also those that have none.
CREATE TABLE flags_referenced (
    commit_sha TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);

CREATE TABLE flags_setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
