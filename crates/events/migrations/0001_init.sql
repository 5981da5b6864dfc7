CREATE TABLE events_setting (
    name TEXT PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE events_place (
    log TEXT PRIMARY KEY,
    file BIGINT NOT NULL
);

CREATE TABLE events_segment (
    id BIGINT PRIMARY KEY,
    level BIGINT NOT NULL,
    min_ms BIGINT NOT NULL,
    max_ms BIGINT NOT NULL
);

CREATE TABLE events_forgotten (
    person BIGINT PRIMARY KEY,
    at_ms BIGINT NOT NULL
);

CREATE TABLE events_release (
    deployment BIGINT PRIMARY KEY,
    service TEXT NOT NULL,
    sha TEXT NOT NULL,
    digest TEXT,
    from_ms BIGINT NOT NULL,
    to_ms BIGINT
);
