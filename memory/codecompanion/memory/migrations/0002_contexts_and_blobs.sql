-- Who did it, how urgent it was and what it hangs together with. All four are NULL in events from before this
-- format: what they were chained with cannot be added to.
ALTER TABLE events ADD COLUMN actor TEXT;
ALTER TABLE events ADD COLUMN priority INTEGER;
ALTER TABLE events ADD COLUMN correlation_id TEXT;
ALTER TABLE events ADD COLUMN causation_id TEXT;

-- All that came of one request, in the order of the log; an event without a context belongs to its own stream.
CREATE INDEX correlated_events ON events (coalesce(correlation_id, run_id), position);

-- Contents that events name by their SHA-256, each kept once; `packed` is zlib's compressed form of it.
CREATE TABLE blobs (
    sha256 BLOB NOT NULL UNIQUE,
    packed BLOB NOT NULL
);
