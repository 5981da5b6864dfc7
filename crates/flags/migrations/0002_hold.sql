-- Flags that are held: seen by verifiers, testers and the segment `internal` alone, or as far as they were when they were held.
-- A key may be held before its flag is there.
CREATE TABLE flags_hold (
    key TEXT PRIMARY KEY,
    since BIGINT NOT NULL,
    why TEXT NOT NULL,
    hint TEXT NOT NULL,
    -- What it served when it was held, if that was more than nothing: it goes on as it was, and no further. As JSON.
    frozen TEXT
);
