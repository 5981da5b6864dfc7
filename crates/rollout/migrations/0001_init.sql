-- Guarded ramps. `value` is all that decides what happens next, as JSON; `evidence` is what was seen of customers last.
CREATE TABLE rollout_ramp (
    number BIGINT PRIMARY KEY,
    flag TEXT NOT NULL,
    is_open BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    value TEXT NOT NULL,
    evidence TEXT
);
CREATE INDEX rollout_ramp_flag ON rollout_ramp (flag, number);

-- What became of each, with the evidence that it was decided by.
CREATE TABLE rollout_ramp_event (
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    why TEXT NOT NULL,
    evidence TEXT,
    PRIMARY KEY (number, version)
);
