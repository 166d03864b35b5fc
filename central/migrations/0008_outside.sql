-- Emergency plans, resources nearby, and what the centre tells other systems.

-- 应急预案. A version is never changed: cases name the one that they opened with. `body`: JSON. By `system`: it came with the program.
CREATE TABLE plan (
    id      TEXT NOT NULL,
    version BIGINT NOT NULL,
    body    TEXT NOT NULL,
    by_     TEXT NOT NULL,
    made_us BIGINT NOT NULL,
    PRIMARY KEY (id, version)
);

-- 应急资源. What is called the same in the same region is the same.
CREATE TABLE resource (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    region     TEXT NOT NULL,
    phone      TEXT NOT NULL,
    note       TEXT NOT NULL,
    lon        DOUBLE PRECISION,
    lat        DOUBLE PRECISION,
    updated_us BIGINT NOT NULL,
    UNIQUE (region, kind, name)
);

-- 对外推送: who is told what. An empty region is everywhere; `news`: words with spaces between them.
CREATE TABLE hook (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    url        TEXT NOT NULL,
    secret     TEXT NOT NULL,
    region     TEXT NOT NULL,
    news       TEXT NOT NULL,
    severity   INTEGER NOT NULL,
    format     TEXT NOT NULL,
    enabled    INTEGER NOT NULL,
    by_        TEXT NOT NULL,
    made_us    BIGINT NOT NULL,
    -- tries in a row that failed because of the receiver, and until when it is left alone
    failures   BIGINT NOT NULL DEFAULT 0,
    rests_us   BIGINT NOT NULL DEFAULT 0,
    -- messages that it never took, ever
    given_up   BIGINT NOT NULL DEFAULT 0
);

-- What is to be sent, and what was. Written in the transaction of the change that it tells of. `state`: waiting, sent, given_up.
CREATE TABLE hook_message (
    id           TEXT PRIMARY KEY,
    ordinal      BIGINT NOT NULL,
    hook         TEXT NOT NULL REFERENCES hook (id),
    -- empty for a test
    case_id      TEXT NOT NULL,
    news         TEXT NOT NULL,
    content_type TEXT NOT NULL,
    body         TEXT NOT NULL,
    made_us      BIGINT NOT NULL,
    state        TEXT NOT NULL,
    -- not before; while a centre sends it, that centre's claim ends then
    due_us       BIGINT NOT NULL,
    claim        TEXT NOT NULL DEFAULT '',
    -- since when it is tried: anew where somebody sends it again by hand
    since_us     BIGINT NOT NULL,
    attempts     BIGINT NOT NULL DEFAULT 0,
    status       INTEGER,
    error        TEXT NOT NULL DEFAULT '',
    last_us      BIGINT
);
CREATE INDEX hook_message_waiting ON hook_message (hook, ordinal) WHERE state = 'waiting';
CREATE INDEX hook_message_of_case ON hook_message (hook, case_id, ordinal) WHERE state = 'waiting';
CREATE INDEX hook_message_log ON hook_message (hook, ordinal);
CREATE INDEX hook_message_by_ordinal ON hook_message (ordinal);
