-- The signed envelope that says where an artifact comes from.
ALTER TABLE delivery_artifact ADD COLUMN provenance TEXT;

CREATE TABLE delivery_evidence (
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (number, kind, name)
);
