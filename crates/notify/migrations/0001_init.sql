-- Where messages are sent. `secret` is sealed with the installation's root key.
CREATE TABLE notify_target (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    -- NULL: all domains.
    domain TEXT,
    -- Kinds with commas between; empty: all.
    events TEXT NOT NULL,
    allow_private BOOLEAN NOT NULL,
    secret BYTEA NOT NULL,
    created BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    removed BIGINT
);

-- One row a thing that was to be told, whether or not anybody listens. `fact` is what it speaks of: the same is told once.
CREATE TABLE notify_message (
    id TEXT PRIMARY KEY,
    fact TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    content TEXT NOT NULL,
    sentence TEXT NOT NULL,
    at BIGINT NOT NULL,
    domain TEXT,
    team TEXT,
    created BIGINT NOT NULL
);
CREATE INDEX notify_message_created ON notify_message (created);

-- One message to one target: `waiting`, `sending`, `sent` or `given_up`.
CREATE TABLE notify_delivery (
    message TEXT NOT NULL,
    target TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    -- Attempts that the receiver did not take; those that we broke off ourselves do not count.
    failures BIGINT NOT NULL,
    -- When it is sent again; when it ended, once it has.
    next_at BIGINT NOT NULL,
    why TEXT,
    PRIMARY KEY (message, target)
);
CREATE INDEX notify_delivery_due ON notify_delivery (state, next_at);

-- Written before a message is sent; `ended` when what came of it is known.
CREATE TABLE notify_attempt (
    message TEXT NOT NULL,
    target TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    begun BIGINT NOT NULL,
    ended BIGINT,
    status BIGINT,
    error TEXT,
    answer TEXT,
    PRIMARY KEY (message, target, attempt)
);
