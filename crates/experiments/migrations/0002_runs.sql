-- An experiment that begins anew is its next run. Earlier runs stay, each with what it was decided by and all that it said.
ALTER TABLE experiments_experiment ADD COLUMN run BIGINT NOT NULL DEFAULT 0;
-- Looks so far at which anything changed.
ALTER TABLE experiments_experiment ADD COLUMN changes BIGINT NOT NULL DEFAULT 0;
-- The look that put `srm_p` where it stands.
ALTER TABLE experiments_experiment ADD COLUMN srm_look BIGINT NOT NULL DEFAULT 0;
UPDATE experiments_experiment SET run = 1, srm_look = looks WHERE started IS NOT NULL;

-- One row a run that is over and was followed by another. Never changed.
CREATE TABLE experiments_run (
    experiment TEXT NOT NULL,
    run BIGINT NOT NULL,
    definition TEXT NOT NULL,
    state TEXT NOT NULL,
    started BIGINT NOT NULL,
    ended BIGINT,
    ended_by TEXT,
    ended_why TEXT,
    decision TEXT,
    looks BIGINT NOT NULL,
    -- Of its last look, as JSON.
    evidence TEXT,
    assessment TEXT,
    PRIMARY KEY (experiment, run)
);

-- What each look saw and said; `model::keeping` says which are kept. `change` numbers those at which anything changed: of looks
-- from before this migration that is not known.
ALTER TABLE experiments_look RENAME TO experiments_look_of_one_run;
CREATE TABLE experiments_look (
    experiment TEXT NOT NULL,
    run BIGINT NOT NULL,
    look BIGINT NOT NULL,
    change BIGINT,
    is_decision BOOLEAN NOT NULL,
    at BIGINT NOT NULL,
    definition TEXT NOT NULL,
    evidence TEXT NOT NULL,
    assessment TEXT NOT NULL,
    PRIMARY KEY (experiment, run, look)
);
INSERT INTO experiments_look (experiment, run, look, change, is_decision, at, definition, evidence, assessment)
    SELECT experiment, 1, look, NULL, assessment NOT LIKE '%"decision":"keep_running"%', at, definition, evidence, assessment
    FROM experiments_look_of_one_run;
DROP TABLE experiments_look_of_one_run;
