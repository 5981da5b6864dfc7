-- Every revision of every definition; the one with the highest revision is in force.
CREATE TABLE journeys_revision (
    journey TEXT NOT NULL,
    revision BIGINT NOT NULL,
    definition TEXT NOT NULL,
    file TEXT NOT NULL,
    commit_sha TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (journey, revision)
);

-- One row a journey that was ever declared.
CREATE TABLE journeys_journey (
    journey TEXT PRIMARY KEY,
    revision BIGINT NOT NULL,
    stage TEXT NOT NULL,
    retired BIGINT
);
