CREATE TABLE delivery_repository (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    branch TEXT,
    head TEXT,
    last_error TEXT,
    added BIGINT NOT NULL
);

CREATE TABLE delivery_service (
    name TEXT PRIMARY KEY,
    repository TEXT NOT NULL REFERENCES delivery_repository (name),
    position BIGINT NOT NULL,
    config TEXT NOT NULL,
    live BIGINT,
    warm BIGINT,
    warm_until BIGINT
);

CREATE TABLE delivery_change (
    repository TEXT NOT NULL REFERENCES delivery_repository (name),
    sha TEXT NOT NULL,
    position BIGINT NOT NULL,
    parent TEXT,
    author TEXT NOT NULL,
    email TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    landed BIGINT NOT NULL,
    files TEXT NOT NULL,
    fixes TEXT NOT NULL,
    reverts TEXT NOT NULL,
    verification TEXT NOT NULL,
    why TEXT,
    held TEXT,
    run TEXT,
    config TEXT,
    red_green TEXT,
    on_trunk BOOLEAN NOT NULL,
    PRIMARY KEY (repository, sha)
);
CREATE UNIQUE INDEX delivery_change_position ON delivery_change (position);

CREATE TABLE delivery_run (
    id TEXT PRIMARY KEY,
    repository TEXT NOT NULL,
    sha TEXT NOT NULL,
    state TEXT NOT NULL,
    why TEXT,
    created BIGINT NOT NULL,
    started BIGINT,
    ended BIGINT
);
CREATE INDEX delivery_run_change ON delivery_run (repository, sha);

CREATE TABLE delivery_step (
    run TEXT NOT NULL REFERENCES delivery_run (id),
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    command TEXT NOT NULL,
    started BIGINT,
    ended BIGINT,
    summary TEXT,
    cases TEXT,
    log TEXT NOT NULL,
    log_truncated BOOLEAN NOT NULL,
    PRIMARY KEY (run, name)
);

CREATE TABLE delivery_artifact (
    repository TEXT NOT NULL,
    sha TEXT NOT NULL,
    service TEXT NOT NULL,
    digest TEXT NOT NULL,
    files BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (repository, sha, service)
);

CREATE TABLE delivery_plan (
    repository TEXT NOT NULL,
    sha TEXT NOT NULL,
    plan TEXT NOT NULL,
    PRIMARY KEY (repository, sha)
);

CREATE TABLE delivery_deployment (
    number BIGINT PRIMARY KEY,
    service TEXT NOT NULL REFERENCES delivery_service (name),
    repository TEXT NOT NULL,
    sha TEXT NOT NULL,
    phase TEXT NOT NULL,
    over BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    config TEXT NOT NULL,
    waits_for TEXT NOT NULL,
    forgiven BOOLEAN NOT NULL
);
CREATE INDEX delivery_deployment_service ON delivery_deployment (service, number);

CREATE TABLE delivery_journal (
    number BIGINT NOT NULL,
    position BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    detail TEXT,
    PRIMARY KEY (number, position)
);

CREATE TABLE delivery_hold (
    id TEXT PRIMARY KEY,
    repository TEXT NOT NULL,
    service TEXT NOT NULL,
    sha TEXT NOT NULL,
    since TEXT NOT NULL,
    why TEXT NOT NULL,
    at BIGINT NOT NULL,
    released BIGINT,
    released_why TEXT
);

CREATE TABLE delivery_secret (
    service TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    updated BIGINT NOT NULL,
    updated_by TEXT NOT NULL,
    PRIMARY KEY (service, name)
);

CREATE TABLE delivery_setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
