-- The append-only log. `version` counts within a run from 1, `position` over the whole log; AUTOINCREMENT keeps
-- positions from being used twice. `link` is the SHA-256 that chains an event to the one before it in its run.
CREATE TABLE events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    at REAL NOT NULL,
    body TEXT NOT NULL,
    link BLOB NOT NULL,
    UNIQUE (run_id, version)
);

-- One entry a run: lists the runs, oldest first, without walking the log.
CREATE INDEX first_events ON events (position, run_id) WHERE version = 1;
