-- Tables that are derived from the log and can be made anew from it at any time; `projections` holds up to which
-- position and by which rules. A table of another program may have one of these names: it is left as it is here,
-- and put aside by name when the tables are first used.
CREATE TABLE IF NOT EXISTS projections (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    rules INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS project_sessions (
    run_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    request TEXT NOT NULL,
    workspace TEXT NOT NULL,
    state TEXT NOT NULL,
    archived INTEGER NOT NULL,
    origin TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    started_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    events INTEGER NOT NULL,
    tasks INTEGER NOT NULL,
    tasks_done INTEGER NOT NULL,
    tasks_failed INTEGER NOT NULL,
    files INTEGER NOT NULL,
    tests_passed INTEGER,
    tests_failed INTEGER,
    calls INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost REAL,
    summary TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS artifacts (
    run_id TEXT NOT NULL,
    artifact_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (run_id, artifact_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS timeline (
    position INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    at REAL NOT NULL,
    actor TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    event TEXT NOT NULL,
    task_id TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (run_id, version)
);

CREATE TABLE IF NOT EXISTS agent_performance (
    run_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    starts INTEGER NOT NULL,
    started_at REAL NOT NULL,
    seconds REAL NOT NULL,
    calls INTEGER NOT NULL,
    failed_calls INTEGER NOT NULL,
    looks INTEGER NOT NULL,
    edits INTEGER NOT NULL,
    failed_edits INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost REAL,
    summary TEXT NOT NULL,
    PRIMARY KEY (run_id, task_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS quality_metrics (
    run_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    at REAL NOT NULL,
    round INTEGER NOT NULL,
    ran INTEGER NOT NULL,
    passed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    green INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (run_id, version)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS router_performance (
    run_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    task_id TEXT NOT NULL,
    role TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    started_at REAL NOT NULL,
    state TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    fault TEXT NOT NULL,
    seconds REAL NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    cost REAL,
    truncated INTEGER NOT NULL,
    PRIMARY KEY (run_id, version)
) WITHOUT ROWID;

-- What no event tells: the router notes it here. These two are never made anew.
CREATE TABLE IF NOT EXISTS bandit_data (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    run_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    role TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    reward REAL NOT NULL,
    reason TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS router_decisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    run_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    role TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    candidates TEXT NOT NULL,
    reason TEXT NOT NULL,
    expected_cost REAL
);
