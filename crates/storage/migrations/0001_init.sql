CREATE TABLE platform_outbox (
    publisher TEXT NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (publisher, position)
);

CREATE TABLE platform_consumer (
    consumer TEXT NOT NULL,
    publisher TEXT NOT NULL,
    position BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    last_error TEXT,
    PRIMARY KEY (consumer, publisher)
);

CREATE TABLE platform_parked (
    consumer TEXT NOT NULL,
    publisher TEXT NOT NULL,
    position BIGINT NOT NULL,
    error TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (consumer, publisher, position)
);

CREATE TABLE platform_job (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    attempts_max BIGINT NOT NULL,
    lease_until BIGINT,
    lease TEXT,
    last_error TEXT,
    state TEXT NOT NULL
);
CREATE INDEX platform_job_due ON platform_job (state, run_at);
CREATE UNIQUE INDEX platform_job_pending ON platform_job (kind, key) WHERE state = 'pending';

CREATE TABLE platform_audit (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    why TEXT,
    before TEXT,
    after TEXT
);
CREATE INDEX platform_audit_at ON platform_audit (at);
