-- Who wants to be left alone, or is in trouble, for all processes of a person: `name` is of a provider's key, by
-- its fingerprint, or of a model asked with it. `since` is when that was told, in seconds since the epoch.
CREATE TABLE rests (
    name TEXT PRIMARY KEY,
    since REAL NOT NULL,
    seconds REAL NOT NULL CHECK (seconds >= 0)
) WITHOUT ROWID;
