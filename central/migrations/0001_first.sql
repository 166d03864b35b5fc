-- Times are microseconds since 1970 UTC (`*_us`). Text keys are ids that alert/ has checked.
-- Plain SQL: on PostgreSQL only BLOB is called otherwise (BYTEA).

-- A box: enrolled here, or only seen (enrolled_us is null). `certificate` is the serial number of its newest one.
CREATE TABLE edge (
    edge              TEXT PRIMARY KEY,
    site              TEXT NOT NULL,
    token_hash        TEXT,
    certificate       TEXT,
    enrolled_us       BIGINT,
    revoked_us        BIGINT,
    first_seen_us     BIGINT NOT NULL,
    state             TEXT,
    state_since_us    BIGINT,
    state_received_us BIGINT,
    software          TEXT,
    outbox_depth      BIGINT
);

-- What is known of a camera now.
CREATE TABLE camera (
    edge        TEXT NOT NULL,
    camera      TEXT NOT NULL,
    name        TEXT NOT NULL,
    watch       TEXT NOT NULL,
    cause       TEXT,
    detail      TEXT,
    since_us    BIGINT NOT NULL,
    received_us BIGINT NOT NULL,
    PRIMARY KEY (edge, camera)
);

-- When a camera saw nothing. Open while ended_us is null.
CREATE TABLE blind_interval (
    edge     TEXT NOT NULL,
    camera   TEXT NOT NULL,
    began_us BIGINT NOT NULL,
    ended_us BIGINT,
    cause    TEXT NOT NULL,
    detail   TEXT,
    PRIMARY KEY (edge, camera, began_us, cause)
);

-- A series of sequence numbers of one box and the highest number seen in it.
CREATE TABLE series (
    edge          TEXT NOT NULL,
    outbox        TEXT NOT NULL,
    highest       BIGINT NOT NULL,
    first_seen_us BIGINT NOT NULL,
    last_seen_us  BIGINT NOT NULL,
    PRIMARY KEY (edge, outbox)
);

-- Numbers of a series that have not come, as ranges (both ends included). Filled ranges vanish.
CREATE TABLE gap (
    edge       TEXT NOT NULL,
    outbox     TEXT NOT NULL,
    first_seq  BIGINT NOT NULL,
    last_seq   BIGINT NOT NULL,
    noticed_us BIGINT NOT NULL,
    PRIMARY KEY (edge, outbox, first_seq)
);

-- Every message that came, once per sequence number.
CREATE TABLE alert_message (
    edge        TEXT NOT NULL,
    outbox      TEXT NOT NULL,
    seq         BIGINT NOT NULL,
    alert_id    TEXT NOT NULL,
    revision    BIGINT NOT NULL,
    received_us BIGINT NOT NULL,
    late        INTEGER NOT NULL,
    payload     TEXT NOT NULL,
    PRIMARY KEY (edge, outbox, seq)
);
CREATE INDEX alert_message_of_alert ON alert_message (edge, alert_id, revision);

-- What people work on. Never deleted.
CREATE TABLE case_ (
    id            TEXT PRIMARY KEY,
    ordinal       BIGINT NOT NULL UNIQUE,
    number        TEXT NOT NULL UNIQUE,
    state         TEXT NOT NULL,
    version       BIGINT NOT NULL,
    log_length    BIGINT NOT NULL,
    behavior      TEXT NOT NULL,
    severity      INTEGER NOT NULL,
    edge          TEXT NOT NULL,
    site          TEXT NOT NULL,
    camera        TEXT NOT NULL,
    camera_name   TEXT NOT NULL,
    rule          TEXT NOT NULL,
    zone          TEXT NOT NULL,
    test          INTEGER NOT NULL,
    since_us      BIGINT NOT NULL,
    last_us       BIGINT NOT NULL,
    ended_us      BIGINT,
    phase         TEXT NOT NULL,
    alert_count   BIGINT NOT NULL,
    score         DOUBLE PRECISION NOT NULL,
    box           TEXT NOT NULL,
    late          INTEGER NOT NULL,
    registered_us BIGINT NOT NULL,
    updated_us    BIGINT NOT NULL,
    verdict       TEXT,
    reason        TEXT,
    note          TEXT,
    verdict_by    TEXT,
    verdict_us    BIGINT
);
CREATE INDEX case_by_state ON case_ (state, ordinal);
CREATE INDEX case_of_episode ON case_ (edge, camera, rule, behavior, state);
CREATE INDEX case_by_day ON case_ (registered_us);

-- Last sequence part of the case numbers of one district and day.
CREATE TABLE case_number (
    district TEXT NOT NULL,
    day      TEXT NOT NULL,
    last     BIGINT NOT NULL,
    PRIMARY KEY (district, day)
);

-- One row per happening: its state by the highest revision seen.
CREATE TABLE alert (
    edge              TEXT NOT NULL,
    alert_id          TEXT NOT NULL,
    case_id           TEXT NOT NULL REFERENCES case_ (id),
    outbox            TEXT NOT NULL,
    seq               BIGINT NOT NULL,
    revision          BIGINT NOT NULL,
    phase             TEXT NOT NULL,
    since_us          BIGINT NOT NULL,
    utc_us            BIGINT NOT NULL,
    ended_us          BIGINT,
    severity          INTEGER NOT NULL,
    score             DOUBLE PRECISION NOT NULL,
    box               TEXT NOT NULL,
    late              INTEGER NOT NULL,
    first_received_us BIGINT NOT NULL,
    received_us       BIGINT NOT NULL,
    payload           TEXT NOT NULL,
    PRIMARY KEY (edge, alert_id)
);
CREATE INDEX alert_of_case ON alert (case_id);

-- Files that are stored here.
CREATE TABLE evidence (
    sha256     TEXT PRIMARY KEY,
    bytes      BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    edge       TEXT NOT NULL,
    stored_us  BIGINT NOT NULL
);

-- Files that alerts name, stored or not.
CREATE TABLE alert_evidence (
    edge       TEXT NOT NULL,
    alert_id   TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    place      INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    bytes      BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (edge, alert_id, sha256)
);
CREATE INDEX alert_evidence_by_file ON alert_evidence (sha256);

-- Every change of every case, in one chain: each row's hash covers the row before.
CREATE TABLE case_log (
    seq       BIGINT PRIMARY KEY,
    case_id   TEXT NOT NULL REFERENCES case_ (id),
    place     BIGINT NOT NULL,
    utc_us    BIGINT NOT NULL,
    actor     TEXT NOT NULL,
    change    TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL,
    UNIQUE (case_id, place)
);

-- Messages that cannot be taken. The same message again only counts.
CREATE TABLE quarantine (
    digest   TEXT PRIMARY KEY,
    topic    TEXT NOT NULL,
    payload  BLOB NOT NULL,
    bytes    BIGINT NOT NULL,
    reason   TEXT NOT NULL,
    times    BIGINT NOT NULL,
    first_us BIGINT NOT NULL,
    last_us  BIGINT NOT NULL
);
CREATE INDEX quarantine_by_age ON quarantine (last_us);

CREATE TABLE user_ (
    name          TEXT PRIMARY KEY,
    role          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_us    BIGINT NOT NULL,
    changed_us    BIGINT NOT NULL
);

-- The session id itself is only in the browser.
CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    user_      TEXT NOT NULL REFERENCES user_ (name),
    created_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL
);
CREATE INDEX session_by_user ON session (user_);
