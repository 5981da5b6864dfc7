CREATE TABLE access_token (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    name TEXT,
    person TEXT,
    deployment BIGINT,
    created BIGINT NOT NULL,
    last_used BIGINT,
    revoked BIGINT
);
CREATE INDEX access_token_deployment ON access_token (deployment);

CREATE TABLE access_link (
    hash TEXT PRIMARY KEY,
    expires BIGINT NOT NULL,
    used BIGINT
);

CREATE TABLE access_session (
    hash TEXT PRIMARY KEY,
    csrf TEXT NOT NULL,
    person TEXT,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    ended BIGINT
);
