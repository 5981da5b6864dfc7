-- Of which ecosystems a source is a feed, and when it was last known to be all there is of each. An old program does not read it.
CREATE TABLE security_carried (
    source TEXT NOT NULL,
    ecosystem TEXT NOT NULL,
    -- The newest import with documents of it, and how many those are so far.
    import TEXT NOT NULL,
    counted BIGINT NOT NULL,
    -- Of the newest import that ended.
    documents BIGINT NOT NULL,
    renewed BIGINT,
    PRIMARY KEY (source, ecosystem)
);

-- Which source had what was not written down: as good as before until each is imported again, and mirrors are, as a whole.
INSERT INTO security_carried (source, ecosystem, import, counted, documents, renewed)
SELECT i.source, f.ecosystem, i.id, 0, 0, i.ended FROM security_import i CROSS JOIN security_feed f WHERE i.ended IS NOT NULL;
UPDATE security_import SET etag = NULL;
