-- What the set is at its newest revision: one row a flag. `value` is what the flag is (definition with pinned splits, run-time
-- state) as JSON, whole: the snapshot for the edge is made of these and of nothing else.
CREATE TABLE flags_flag (
    key TEXT PRIMARY KEY,
    revision BIGINT NOT NULL,
    value TEXT NOT NULL
);

-- Every write, for ever. `value` is the flag after it.
CREATE TABLE flags_history (
    revision BIGINT NOT NULL,
    key TEXT NOT NULL,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    why TEXT,
    commit_sha TEXT,
    value TEXT NOT NULL,
    PRIMARY KEY (key, revision)
);
CREATE INDEX flags_history_revision ON flags_history (revision);

-- The newest revision of the set, and the newest commit of each stage.
CREATE TABLE flags_setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE flags_segment (
    name TEXT PRIMARY KEY,
    revision BIGINT NOT NULL,
    members TEXT NOT NULL
);

-- Rules shared by flags, by name.
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

CREATE TABLE flags_reference (
    commit_sha TEXT NOT NULL,
    flag TEXT NOT NULL,
    path TEXT NOT NULL,
    line BIGINT NOT NULL,
    PRIMARY KEY (commit_sha, flag, path, line)
);

-- Commits whose references are known, also where they have none.
CREATE TABLE flags_referenced (
    commit_sha TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
