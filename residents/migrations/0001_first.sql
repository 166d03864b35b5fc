-- Residents and what they are reminded of. Nothing here refers to video, cameras or cases.
-- Days are days since 1970-01-01 (`*_day`), times microseconds since 1970 UTC (`*_us`).
-- Sealed values are base64 (URL alphabet, no padding).

-- Regions down to grids: codes begin with the code of what they lie in.
CREATE TABLE region_name (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL
);

-- Where people live. An address is one place within its community, whichever grid that has been drawn into.
CREATE TABLE dwelling (
    dwelling  BIGINT PRIMARY KEY,
    community TEXT NOT NULL,
    grid      TEXT NOT NULL,
    address   TEXT NOT NULL
);
CREATE UNIQUE INDEX dwelling_address ON dwelling (community, address);
CREATE INDEX dwelling_grid ON dwelling (grid);

-- Somebody. Identity and telephone numbers are sealed with the key `key_number`; `id_index` finds a number without saying it.
-- `sex` and `born_day` are null where papers contradict each other; `facts` is what else is known, as JSON. Rules are judged
-- without any key.
CREATE TABLE person (
    person        BIGINT PRIMARY KEY,
    name          TEXT NOT NULL,
    id_index      BIGINT NOT NULL,
    id_sealed     TEXT NOT NULL,
    phone_sealed  TEXT,
    key_number    BIGINT NOT NULL,
    sex           TEXT,
    born_day      BIGINT,
    died_day      BIGINT,
    moved_out_day BIGINT,
    hukou         TEXT,
    dwelling      BIGINT REFERENCES dwelling (dwelling),
    facts         TEXT NOT NULL,
    changed_us    BIGINT NOT NULL
);
CREATE UNIQUE INDEX person_id ON person (id_index);
CREATE INDEX person_born ON person (born_day, person);
CREATE INDEX person_dwelling ON person (dwelling);
CREATE INDEX person_name ON person (name);

-- What was known of somebody before it changed, so that a day in the past can be explained.
CREATE TABLE person_was (
    person   BIGINT NOT NULL REFERENCES person (person),
    until_us BIGINT NOT NULL,
    sex      TEXT,
    born_day BIGINT,
    grid     TEXT,
    facts    TEXT NOT NULL,
    PRIMARY KEY (person, until_us)
);

-- Other days by which rules find people: `retirement`, `certificate:NAME`, `child`, or a name of one's own.
CREATE TABLE moment (
    kind   TEXT NOT NULL,
    day    BIGINT NOT NULL,
    person BIGINT NOT NULL REFERENCES person (person),
    PRIMARY KEY (kind, day, person)
);

-- What papers contradict each other in, or a worker has heard, or has to stop; until somebody has settled it.
CREATE TABLE conflict (
    person     BIGINT NOT NULL REFERENCES person (person),
    kind       TEXT NOT NULL,
    detail     TEXT NOT NULL,
    found_us   BIGINT NOT NULL,
    settled_us BIGINT,
    settled_by TEXT,
    settlement TEXT,
    PRIMARY KEY (person, kind)
);
CREATE INDEX conflict_open ON conflict (settled_us, person);

-- Files that were imported.
CREATE TABLE import_run (
    run       BIGINT PRIMARY KEY,
    at_us     BIGINT NOT NULL,
    by_whom   TEXT NOT NULL,
    file      TEXT NOT NULL,
    sha256    TEXT NOT NULL,
    complete  TEXT,
    added     BIGINT NOT NULL,
    changed   BIGINT NOT NULL,
    same      BIGINT NOT NULL,
    departed  BIGINT NOT NULL,
    refused   BIGINT NOT NULL
);

-- Rules, what people call them, and which version is in use; `began_day` is the day of the first scan with any version.
CREATE TABLE rule (
    rule      TEXT PRIMARY KEY,
    title     TEXT NOT NULL,
    live      BIGINT,
    began_day BIGINT
);

-- Texts of rules. A version never changes.
CREATE TABLE rule_text (
    rule     TEXT NOT NULL REFERENCES rule (rule),
    version  BIGINT NOT NULL,
    title    TEXT NOT NULL,
    text     TEXT NOT NULL,
    made_us  BIGINT NOT NULL,
    made_by  TEXT NOT NULL,
    PRIMARY KEY (rule, version)
);

-- Since when and until when a version was in use.
CREATE TABLE rule_use (
    rule     TEXT NOT NULL REFERENCES rule (rule),
    from_us  BIGINT NOT NULL,
    until_us BIGINT,
    version  BIGINT NOT NULL,
    by_whom  TEXT NOT NULL,
    agreed   TEXT,
    PRIMARY KEY (rule, from_us)
);

-- Who wants to put a version to use that needs a second person.
CREATE TABLE rule_wish (
    rule     TEXT NOT NULL REFERENCES rule (rule),
    version  BIGINT NOT NULL,
    account  TEXT NOT NULL,
    asked_us BIGINT NOT NULL,
    PRIMARY KEY (rule, version)
);

-- A reminder: one of a person, rule and occasion, for ever. `tell` are the days on which it is told, as a JSON list.
CREATE TABLE task (
    task         BIGINT PRIMARY KEY,
    person       BIGINT NOT NULL REFERENCES person (person),
    rule         TEXT NOT NULL,
    occasion     TEXT NOT NULL,
    version      BIGINT NOT NULL,
    state        TEXT NOT NULL,
    grid         TEXT NOT NULL,
    due_day      BIGINT NOT NULL,
    apply_day    BIGINT NOT NULL,
    tell         TEXT NOT NULL,
    told         BIGINT NOT NULL,
    next_day     BIGINT,
    expires_day  BIGINT NOT NULL,
    made_day     BIGINT NOT NULL,
    released_day BIGINT,
    deadline_day BIGINT,
    steps        TEXT NOT NULL,
    outcome      TEXT,
    note         TEXT,
    ended_us     BIGINT,
    ended_by     TEXT
);
CREATE UNIQUE INDEX task_once ON task (person, rule, occasion);
CREATE INDEX task_of_grid ON task (grid, state, apply_day);
CREATE INDEX task_of_rule ON task (rule, state, task);
CREATE INDEX task_of_state ON task (state, grid, apply_day);

-- Whom a rule may want, but what it asks for is not known.
CREATE TABLE person_gap (
    rule      TEXT NOT NULL,
    person    BIGINT NOT NULL REFERENCES person (person),
    missing   TEXT NOT NULL,
    found_day BIGINT NOT NULL,
    PRIMARY KEY (rule, person)
);
CREATE INDEX person_gap_person ON person_gap (person);

-- Scans, by day.
CREATE TABLE scan_run (
    day        BIGINT PRIMARY KEY,
    at_us      BIGINT NOT NULL,
    looked_at  BIGINT NOT NULL,
    made       BIGINT NOT NULL,
    pending    BIGINT NOT NULL,
    released   BIGINT NOT NULL,
    told       BIGINT NOT NULL,
    ended      BIGINT NOT NULL
);

-- Days that are otherwise than their weekday says: holidays, and weekends that are worked for them.
CREATE TABLE workday (
    day   BIGINT PRIMARY KEY,
    works BIGINT NOT NULL
);

-- People who work with residents. Whoever has a name in the case store is nobody here.
CREATE TABLE account (
    account       TEXT PRIMARY KEY,
    full_name     TEXT NOT NULL,
    unit          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    closed_us     BIGINT,
    made_us       BIGINT NOT NULL
);

-- What for, and where; an empty region is everywhere.
CREATE TABLE account_post (
    account TEXT NOT NULL REFERENCES account (account),
    role    TEXT NOT NULL,
    region  TEXT NOT NULL,
    PRIMARY KEY (account, role, region)
);

-- Who is logged in.
CREATE TABLE login (
    token_hash TEXT PRIMARY KEY,
    account    TEXT NOT NULL REFERENCES account (account),
    expires_us BIGINT NOT NULL
);
CREATE INDEX login_account ON login (account);
CREATE INDEX login_expires ON login (expires_us);

-- Who did what with whose data, and why. Each entry holds the hash of the one before it (see store/audit.rs).
CREATE TABLE audit (
    ordinal BIGINT PRIMARY KEY,
    at_us   BIGINT NOT NULL,
    account TEXT NOT NULL,
    place   TEXT NOT NULL,
    what    TEXT NOT NULL,
    person  BIGINT,
    reason  TEXT NOT NULL,
    detail  TEXT NOT NULL,
    hash    TEXT NOT NULL
);
CREATE INDEX audit_person ON audit (person, ordinal);
CREATE INDEX audit_account ON audit (account, ordinal);
CREATE INDEX audit_what ON audit (what, ordinal);

-- Names and codes are compared character by character, whatever language the database speaks: what begins with one is a range.
-- postgres: ALTER TABLE region_name ALTER COLUMN code TYPE TEXT COLLATE "C";
-- postgres: ALTER TABLE person ALTER COLUMN name TYPE TEXT COLLATE "C";
-- postgres: ALTER TABLE person ALTER COLUMN hukou TYPE TEXT COLLATE "C";
-- postgres: ALTER TABLE dwelling ALTER COLUMN grid TYPE TEXT COLLATE "C";
-- postgres: ALTER TABLE dwelling ALTER COLUMN community TYPE TEXT COLLATE "C";
-- postgres: ALTER TABLE dwelling ALTER COLUMN address TYPE TEXT COLLATE "C";
-- postgres: ALTER TABLE task ALTER COLUMN grid TYPE TEXT COLLATE "C";
