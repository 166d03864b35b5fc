-- Incidents (episodes) between alerts and cases, cases with all their states, deadlines that survive a restart, what holds
-- alerts back, and the organisation that all of it belongs to.

-- 网格 and what they lie in. `code` without the zeros that fill it up: 4 city, 6 district, 9 street, 12 community, 15 grid.
CREATE TABLE region (
    code       TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    -- GeoJSON geometry (Polygon or MultiPolygon, WGS-84)
    outline    TEXT,
    -- 1 where it is demo data
    demo       INTEGER NOT NULL DEFAULT 0,
    updated_us BIGINT NOT NULL
);

-- Where a camera stands. It may be known before the camera was ever heard of.
CREATE TABLE camera_place (
    edge       TEXT NOT NULL,
    camera     TEXT NOT NULL,
    region     TEXT NOT NULL,
    lon        DOUBLE PRECISION,
    lat        DOUBLE PRECISION,
    kind       TEXT,
    -- JSON: [["gw-0001", "gate-east"], …]
    adjacent   TEXT NOT NULL DEFAULT '[]',
    updated_us BIGINT NOT NULL,
    PRIMARY KEY (edge, camera)
);
CREATE INDEX camera_place_by_region ON camera_place (region);

-- What a person is there for, and where. An empty region is everywhere.
CREATE TABLE post (
    user_  TEXT NOT NULL REFERENCES user_ (name),
    role   TEXT NOT NULL,
    region TEXT NOT NULL,
    PRIMARY KEY (user_, role, region)
);
INSERT INTO post (user_, role, region) SELECT name, role, '' FROM user_;
ALTER TABLE user_ DROP COLUMN role;
ALTER TABLE user_ ADD COLUMN full_name TEXT NOT NULL DEFAULT '';
ALTER TABLE user_ ADD COLUMN unit TEXT NOT NULL DEFAULT '';
ALTER TABLE user_ ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE user_ ADD COLUMN disabled_us BIGINT;

-- Numbers that say when something that is kept in memory has to be read anew.
CREATE TABLE version (
    what  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO version (what, value) VALUES ('org', 1);

-- Days that are not what their weekday says.
CREATE TABLE calendar_day (
    day  TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL
);

-- Times in which everything in a region is more serious (重点时期).
CREATE TABLE period (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    region   TEXT NOT NULL,
    from_us  BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    by_      TEXT NOT NULL
);

-- One episode: what a guard would call one happening. `standing`: case, inhibited, shelved.
CREATE TABLE incident (
    id          TEXT PRIMARY KEY,
    edge        TEXT NOT NULL,
    camera      TEXT NOT NULL,
    rule        TEXT NOT NULL,
    behavior    TEXT NOT NULL,
    zone        TEXT NOT NULL,
    detail      TEXT,
    standing    TEXT NOT NULL,
    case_id     TEXT REFERENCES case_ (id),
    severity    INTEGER NOT NULL,
    test        INTEGER NOT NULL,
    since_us    BIGINT NOT NULL,
    last_us     BIGINT NOT NULL,
    alerts      BIGINT NOT NULL,
    open_alerts BIGINT NOT NULL,
    score       DOUBLE PRECISION NOT NULL,
    box         TEXT NOT NULL
);
CREATE INDEX incident_of_rule ON incident (edge, camera, rule, last_us);
CREATE INDEX incident_of_case ON incident (case_id);
CREATE INDEX incident_tamper ON incident (edge, camera) WHERE behavior = 'tamper' AND open_alerts > 0;

INSERT INTO incident (id, edge, camera, rule, behavior, zone, standing, case_id, severity, test, since_us, last_us, alerts,
                      open_alerts, score, box)
SELECT id, edge, camera, rule, behavior, zone, 'case', id, severity, test, since_us, last_us, alert_count,
       (SELECT COUNT(*) FROM alert a WHERE a.case_id = case_.id AND a.ended_us IS NULL), score, box
FROM case_;

-- Alerts: what they were of, what became of them, and their way (JSON, a list of steps).
CREATE TABLE alert_new (
    edge              TEXT NOT NULL,
    alert_id          TEXT NOT NULL,
    incident_id       TEXT NOT NULL REFERENCES incident (id),
    case_id           TEXT REFERENCES case_ (id),
    standing          TEXT NOT NULL,
    site              TEXT NOT NULL,
    region            TEXT NOT NULL,
    camera            TEXT NOT NULL,
    rule              TEXT NOT NULL,
    behavior          TEXT NOT NULL,
    outbox            TEXT NOT NULL,
    seq               BIGINT NOT NULL,
    revision          BIGINT NOT NULL,
    phase             TEXT NOT NULL,
    since_us          BIGINT NOT NULL,
    utc_us            BIGINT NOT NULL,
    severity          INTEGER NOT NULL,
    score             DOUBLE PRECISION NOT NULL,
    late              INTEGER NOT NULL,
    test              INTEGER NOT NULL,
    first_received_us BIGINT NOT NULL,
    received_us       BIGINT NOT NULL,
    path              TEXT NOT NULL,
    PRIMARY KEY (edge, alert_id)
);
INSERT INTO alert_new (edge, alert_id, incident_id, case_id, standing, site, region, camera, rule, behavior, outbox, seq, revision,
                       phase, since_us, utc_us, severity, score, late, test, first_received_us, received_us, path)
SELECT a.edge, a.alert_id, a.case_id, a.case_id, 'case', c.site, c.site, c.camera, c.rule, c.behavior, a.outbox, a.seq, a.revision,
       a.phase, a.since_us, a.utc_us, a.severity, a.score, a.late, c.test, a.first_received_us, a.received_us, '[]'
FROM alert a JOIN case_ c ON c.id = a.case_id;
DROP TABLE alert;
ALTER TABLE alert_new RENAME TO alert;
CREATE INDEX alert_of_case ON alert (case_id);
CREATE INDEX alert_of_incident ON alert (incident_id);
CREATE INDEX alert_by_time ON alert (first_received_us);
CREATE INDEX alert_of_camera ON alert (edge, camera, since_us);

-- Cases: `body` is what the changes made of it (JSON), the columns beside it are for lists. A case without one is of before:
-- its log tells. `clocks`: running deadlines (JSON).
ALTER TABLE case_ ADD COLUMN body TEXT;
ALTER TABLE case_ ADD COLUMN clocks TEXT;
ALTER TABLE case_ ADD COLUMN open_ INTEGER NOT NULL DEFAULT 1;
ALTER TABLE case_ ADD COLUMN region TEXT NOT NULL DEFAULT '';
ALTER TABLE case_ ADD COLUMN district TEXT NOT NULL DEFAULT '';
ALTER TABLE case_ ADD COLUMN street TEXT NOT NULL DEFAULT '';
ALTER TABLE case_ ADD COLUMN community TEXT NOT NULL DEFAULT '';
ALTER TABLE case_ ADD COLUMN level_ TEXT NOT NULL DEFAULT 'grid';
ALTER TABLE case_ ADD COLUMN told TEXT NOT NULL DEFAULT 'grid';
ALTER TABLE case_ ADD COLUMN category TEXT;
ALTER TABLE case_ ADD COLUMN class TEXT;
ALTER TABLE case_ ADD COLUMN handler TEXT;
ALTER TABLE case_ ADD COLUMN assignee TEXT;
ALTER TABLE case_ ADD COLUMN due_us BIGINT;
ALTER TABLE case_ ADD COLUMN late_stages TEXT NOT NULL DEFAULT '';
ALTER TABLE case_ ADD COLUMN open_alerts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE case_ ADD COLUMN reworks BIGINT NOT NULL DEFAULT 0;
ALTER TABLE case_ ADD COLUMN urges BIGINT NOT NULL DEFAULT 0;
ALTER TABLE case_ ADD COLUMN taken_us BIGINT;
ALTER TABLE case_ ADD COLUMN decided_us BIGINT;
ALTER TABLE case_ ADD COLUMN handled_us BIGINT;
ALTER TABLE case_ ADD COLUMN closed_us BIGINT;
ALTER TABLE case_ ADD COLUMN merged_into TEXT;
UPDATE case_ SET region = site, district = SUBSTR(site, 1, 6), street = SUBSTR(site, 1, 9), community = site,
    decided_us = verdict_us, open_ = CASE WHEN state = 'rejected' THEN 0 ELSE 1 END,
    open_alerts = (SELECT COUNT(*) FROM alert a WHERE a.case_id = case_.id AND a.phase <> 'ended');
ALTER TABLE case_ DROP COLUMN note;
ALTER TABLE case_ DROP COLUMN verdict_by;
ALTER TABLE case_ DROP COLUMN verdict_us;
CREATE INDEX case_open ON case_ (ordinal) WHERE open_ = 1;
CREATE INDEX case_undecided ON case_ (edge, camera) WHERE state IN ('registered', 'verifying');
CREATE INDEX case_of_district ON case_ (district, ordinal);
CREATE INDEX case_of_street ON case_ (street, ordinal);
CREATE INDEX case_of_community ON case_ (community, ordinal);
CREATE INDEX case_of_region ON case_ (region, ordinal);
CREATE INDEX case_merged ON case_ (merged_into) WHERE merged_into IS NOT NULL;
DROP INDEX case_of_episode;

-- The next step of each running deadline. A row is taken and its change written in one transaction.
CREATE TABLE timer (
    case_id TEXT NOT NULL REFERENCES case_ (id),
    stage   TEXT NOT NULL,
    percent INTEGER NOT NULL,
    due_us  BIGINT NOT NULL,
    PRIMARY KEY (case_id, stage)
);
CREATE INDEX timer_by_due ON timer (due_us);

-- When a rule last began something: JSON, seconds since 1970.
CREATE TABLE pulse (
    edge   TEXT NOT NULL,
    camera TEXT NOT NULL,
    rule   TEXT NOT NULL,
    beats  TEXT NOT NULL,
    PRIMARY KEY (edge, camera, rule)
);

-- 搁置: alerts that nobody wants to hear for a while. Empty camera or rule: all of them. Chatter shelves by itself.
CREATE TABLE shelf (
    id         TEXT PRIMARY KEY,
    edge       TEXT NOT NULL,
    camera     TEXT NOT NULL,
    rule       TEXT NOT NULL,
    reason     TEXT NOT NULL,
    by_        TEXT NOT NULL,
    -- a long one counts only once a second person has agreed
    pending    INTEGER NOT NULL DEFAULT 0,
    second     TEXT,
    from_us    BIGINT NOT NULL,
    until_us   BIGINT NOT NULL,
    ended_us   BIGINT,
    ended_by   TEXT
);
CREATE INDEX shelf_by_end ON shelf (COALESCE(ended_us, until_us));

-- Somebody works on a box or a camera. Empty camera: all of the box.
CREATE TABLE maintenance (
    id       TEXT PRIMARY KEY,
    edge     TEXT NOT NULL,
    camera   TEXT NOT NULL,
    reason   TEXT NOT NULL,
    by_      TEXT NOT NULL,
    from_us  BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    ended_us BIGINT,
    ended_by TEXT
);
CREATE INDEX maintenance_by_end ON maintenance (COALESCE(ended_us, until_us));
