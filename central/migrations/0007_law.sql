-- What the law asks for: who looked at what and why, what was kept, purged and handed over, and two people where one is too few.

-- 台账: one hash chain over all of it. `region`: whom it concerns, empty is everywhere. `about`: what entries of one thing share
-- (a view, a hold, a purge, a request, an export). `code`: what lists are narrowed by. `body`: JSON. All of it is in the hash.
CREATE TABLE ledger (
    seq       BIGINT PRIMARY KEY,
    utc_us    BIGINT NOT NULL,
    kind      TEXT NOT NULL,
    actor     TEXT NOT NULL,
    region    TEXT NOT NULL,
    about     TEXT NOT NULL,
    code      TEXT NOT NULL,
    body      TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL
);
CREATE INDEX ledger_by_kind ON ledger (kind, seq);
CREATE INDEX ledger_about ON ledger (about, seq);

-- May look for a while, having said why. Bound to a session, or (empty) to whoever works on the case.
CREATE TABLE view_grant (
    id           TEXT PRIMARY KEY,
    user_        TEXT NOT NULL,
    session_hash TEXT NOT NULL,
    case_id      TEXT,
    sha256       TEXT,
    expires_us   BIGINT NOT NULL
);
CREATE INDEX view_grant_of_user ON view_grant (user_, expires_us);

-- Files that were shown by it; the first time is in the ledger.
CREATE TABLE view_shown (
    grant_id TEXT NOT NULL,
    sha256   TEXT NOT NULL,
    PRIMARY KEY (grant_id, sha256)
);

-- 依法保全: kept beyond its time. Either a case or a file.
CREATE TABLE hold (
    id          TEXT PRIMARY KEY,
    case_id     TEXT,
    sha256      TEXT,
    region      TEXT NOT NULL,
    reason      TEXT NOT NULL,
    by_         TEXT NOT NULL,
    from_us     BIGINT NOT NULL,
    until_us    BIGINT,
    lifted_us   BIGINT,
    lifted_by   TEXT,
    lift_reason TEXT
);
CREATE INDEX hold_of_case ON hold (case_id);
CREATE INDEX hold_of_file ON hold (sha256);

-- One run of purging. `early`: before the regular time, with two people. Its proof is in the ledger once it has ended.
CREATE TABLE purge_run (
    id        TEXT PRIMARY KEY,
    by_       TEXT NOT NULL,
    early     INTEGER NOT NULL,
    approval  TEXT,
    cutoff_us BIGINT NOT NULL,
    began_us  BIGINT NOT NULL,
    ended_us  BIGINT,
    files     BIGINT NOT NULL DEFAULT 0,
    bytes     BIGINT NOT NULL DEFAULT 0
);

-- What went. `belonged`: JSON, cases and alerts that named it. `erased_us` is null until the bytes are gone too.
CREATE TABLE purged (
    run        TEXT NOT NULL REFERENCES purge_run (id),
    sha256     TEXT NOT NULL,
    bytes      BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    edge       TEXT NOT NULL,
    stored_us  BIGINT NOT NULL,
    purged_us  BIGINT NOT NULL,
    belonged   TEXT NOT NULL,
    erased_us  BIGINT,
    PRIMARY KEY (run, sha256)
);
CREATE INDEX purged_file ON purged (sha256);
CREATE INDEX purged_not_erased ON purged (sha256) WHERE erased_us IS NULL;
CREATE INDEX evidence_by_age ON evidence (stored_us, sha256);

-- 双人复核: what a second person has to agree to. `regions`: JSON, empty is everywhere. `scope`: JSON, what exactly.
CREATE TABLE approval (
    id          TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    regions     TEXT NOT NULL,
    scope       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    by_         TEXT NOT NULL,
    asked_us    BIGINT NOT NULL,
    answered_us BIGINT,
    answered_by TEXT,
    agreed      INTEGER,
    used_us     BIGINT
);
CREATE INDEX approval_by_time ON approval (asked_us);
