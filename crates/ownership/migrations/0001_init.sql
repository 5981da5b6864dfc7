-- Grows with every waiver that is asked for, granted or ended; numbers them too.
CREATE TABLE ownership_revision (
    id BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL
);
INSERT INTO ownership_revision (id, revision) VALUES (1, 0);

-- Waivers that are asked for at run time. Those of waivers.yaml are in the repository alone.
CREATE TABLE ownership_waiver (
    number BIGINT PRIMARY KEY,
    repository TEXT NOT NULL,
    check_name TEXT NOT NULL,
    what TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- The last day, as 2027-01-31.
    expires TEXT NOT NULL,
    -- Whose it was to say when it was asked for; NULL: nobody owns it.
    domain TEXT,
    author TEXT NOT NULL,
    asked BIGINT NOT NULL,
    state TEXT NOT NULL,
    -- Who granted, declined or revoked it.
    decided_by TEXT,
    decided BIGINT,
    decided_why TEXT
);

-- Who agreed to a principle at run time, and to which words.
CREATE TABLE ownership_agreement (
    principle TEXT NOT NULL,
    person TEXT NOT NULL,
    statement TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (principle, person)
);

-- What a gate said of a commit. Judged again with another outcome, it is there once more.
CREATE TABLE ownership_record (
    commit_sha TEXT NOT NULL,
    gate TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    repository TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- As JSON.
    violations TEXT NOT NULL,
    PRIMARY KEY (commit_sha, gate, attempt)
);
CREATE INDEX ownership_record_at ON ownership_record (at);

CREATE TABLE ownership_setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
