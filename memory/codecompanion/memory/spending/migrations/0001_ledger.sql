-- Amounts are whole micro-dollars. An account's sums are kept beside the calls, so that setting money aside looks
-- at a row an account only.
CREATE TABLE accounts (
    name TEXT PRIMARY KEY,
    spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
    reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0)
) WITHOUT ROWID;

-- `state` is reserved, settled, released, or lost: charged whole because its owner never said what it cost.
CREATE TABLE calls (
    call_id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    owner TEXT NOT NULL,
    until REAL NOT NULL,
    at REAL NOT NULL,
    accounts TEXT NOT NULL,
    run_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    role TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    reserved INTEGER NOT NULL,
    spent INTEGER NOT NULL DEFAULT 0,
    sure INTEGER NOT NULL DEFAULT 1,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    cached_tokens INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE INDEX calls_under_way ON calls (owner, until) WHERE state = 'reserved';

CREATE INDEX calls_of_run ON calls (run_id);
