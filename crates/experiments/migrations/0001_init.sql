-- One row an experiment that was ever declared. `definition` is the newest that trunk declares, `running` the one that was fixed
-- when it began.
CREATE TABLE experiments_experiment (
    experiment TEXT PRIMARY KEY,
    definition TEXT NOT NULL,
    running TEXT,
    file TEXT NOT NULL,
    commit_sha TEXT NOT NULL,
    declared BIGINT NOT NULL,
    retired BIGINT,
    state TEXT NOT NULL,
    started BIGINT,
    ended BIGINT,
    -- Who ended it, and why; NULL if the figures did.
    ended_by TEXT,
    ended_why TEXT,
    decision TEXT,
    looks BIGINT NOT NULL,
    srm_p DOUBLE PRECISION NOT NULL,
    -- Of the newest look, as JSON.
    evidence TEXT,
    assessment TEXT
);

-- What each look saw and said. The newest ones, and the one that decided.
CREATE TABLE experiments_look (
    experiment TEXT NOT NULL,
    look BIGINT NOT NULL,
    at BIGINT NOT NULL,
    definition TEXT NOT NULL,
    evidence TEXT NOT NULL,
    assessment TEXT NOT NULL,
    PRIMARY KEY (experiment, look)
);
