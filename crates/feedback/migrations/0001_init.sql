-- One row a survey that was ever declared. `definition` is the newest that trunk declares.
CREATE TABLE feedback_survey (
    survey TEXT PRIMARY KEY,
    definition TEXT NOT NULL,
    -- The event of the journey's step that it follows, as JSON; NULL if it follows none.
    follows TEXT,
    file TEXT NOT NULL,
    commit_sha TEXT NOT NULL,
    declared BIGINT NOT NULL,
    retired BIGINT
);

-- What our people call a piece of feedback. The words themselves are in the event log and nowhere else.
CREATE TABLE feedback_tags (
    feedback TEXT PRIMARY KEY,
    tags TEXT NOT NULL,
    at BIGINT NOT NULL
);
