-- Every advisory that was imported, in the shape that matching needs.
CREATE TABLE security_advisory (
    id TEXT PRIMARY KEY,
    -- Of the document as it came: dates of some feeds say nothing.
    hash TEXT NOT NULL,
    modified BIGINT,
    body TEXT NOT NULL
);

-- Which packages an advisory speaks of, by their normal names.
CREATE TABLE security_affected (
    ecosystem TEXT NOT NULL,
    package TEXT NOT NULL,
    advisory TEXT NOT NULL,
    PRIMARY KEY (ecosystem, package, advisory)
);
CREATE INDEX security_affected_advisory ON security_affected (advisory);

-- What is known of each ecosystem; worked out at the end of an import.
CREATE TABLE security_feed (
    ecosystem TEXT PRIMARY KEY,
    advisories BIGINT NOT NULL,
    newest_modified BIGINT
);

-- Imports by their source; the newest of each.
CREATE TABLE security_import (
    source TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    began BIGINT NOT NULL,
    ended BIGINT,
    documents BIGINT NOT NULL,
    added BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    same BIGINT NOT NULL,
    older BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    -- What a mirror says by which it can be asked whether anything is new.
    etag TEXT,
    -- Why the newest refresh failed.
    trouble TEXT
);

-- Documents that are no advisories: of each source's newest import, the first hundred.
CREATE TABLE security_quarantine (
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (source, path)
);

-- What deployments are made of. Deployments with the same packages share one bill.
CREATE TABLE security_bill (
    id TEXT PRIMARY KEY,
    inventory TEXT NOT NULL
);

CREATE TABLE security_component (
    bill TEXT NOT NULL,
    ecosystem TEXT NOT NULL,
    -- In its normal spelling; `name` is how the lockfile writes it.
    package TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (bill, ecosystem, package, version, source)
);
CREATE INDEX security_component_package ON security_component (ecosystem, package);

CREATE TABLE security_inventory (
    deployment BIGINT PRIMARY KEY,
    service TEXT NOT NULL,
    repository TEXT NOT NULL,
    commit_sha TEXT NOT NULL,
    digest TEXT NOT NULL,
    -- When customers got it.
    since BIGINT NOT NULL,
    -- NULL: what is in it is not known.
    bill TEXT,
    why TEXT,
    live BOOLEAN NOT NULL
);
CREATE INDEX security_inventory_bill ON security_inventory (bill);
CREATE INDEX security_inventory_service ON security_inventory (service, deployment);

-- Packages whose findings are to be worked out again.
CREATE TABLE security_delta (
    ecosystem TEXT NOT NULL,
    package TEXT NOT NULL,
    PRIMARY KEY (ecosystem, package)
);

CREATE TABLE security_finding (
    key TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    ecosystem TEXT NOT NULL,
    package TEXT NOT NULL,
    open BOOLEAN NOT NULL,
    -- The finding and where it is, as JSON.
    flaw TEXT NOT NULL,
    places TEXT NOT NULL,
    bump TEXT,
    since_deployment BIGINT NOT NULL,
    opened BIGINT NOT NULL,
    closed BIGINT,
    closed_why TEXT
);
CREATE INDEX security_finding_package ON security_finding (ecosystem, package);
CREATE INDEX security_finding_open ON security_finding (open, opened);

CREATE TABLE security_finding_event (
    key TEXT NOT NULL,
    position BIGINT NOT NULL,
    at BIGINT NOT NULL,
    what TEXT NOT NULL,
    who TEXT NOT NULL,
    detail TEXT,
    PRIMARY KEY (key, position)
);
