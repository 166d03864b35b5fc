-- 值班表: rows of rotas. Dates and times are those of the clock on the wall.
CREATE TABLE duty (
    id        TEXT PRIMARY KEY,
    user_     TEXT NOT NULL REFERENCES user_ (name),
    role      TEXT NOT NULL,
    region    TEXT NOT NULL,
    from_day  TEXT NOT NULL,
    until_day TEXT NOT NULL,
    -- JSON: [1, 2, …, 7], Monday is 1
    weekdays  TEXT NOT NULL,
    start_    TEXT NOT NULL,
    end_      TEXT NOT NULL,
    -- JSON: ["fall", …]; empty is everything
    behaviors TEXT NOT NULL,
    place     INTEGER NOT NULL
);
CREATE INDEX duty_of_region ON duty (region);
-- the same row twice would call a person twice
CREATE UNIQUE INDEX duty_once ON duty (user_, role, region, from_day, until_day, weekdays, start_, end_, behaviors);

-- 事件分类: kinds of cases (小类).
CREATE TABLE category (
    code      TEXT PRIMARY KEY,
    large     TEXT NOT NULL,
    middle    TEXT NOT NULL,
    small     TEXT NOT NULL,
    class     TEXT,
    -- how long handling may take, as it is written: 2h, 1wd
    handle    TEXT,
    behaviors TEXT NOT NULL
);

-- A happening's row is written thrice and none of its indexed columns changes: with room on its page PostgreSQL leaves the
-- indexes alone.
-- postgres: ALTER TABLE case_ SET (fillfactor = 60);
-- postgres: ALTER TABLE alert SET (fillfactor = 60);
-- postgres: ALTER TABLE incident SET (fillfactor = 60);
-- postgres: ALTER TABLE series SET (fillfactor = 50);
-- postgres: ALTER TABLE pulse SET (fillfactor = 50);

-- Boxes and cameras that saw nothing for so long that it became a case. Empty camera: the whole box.
CREATE TABLE outage (
    edge     TEXT NOT NULL,
    camera   TEXT NOT NULL,
    began_us BIGINT NOT NULL,
    case_id  TEXT NOT NULL REFERENCES case_ (id),
    ended_us BIGINT,
    PRIMARY KEY (edge, camera, began_us)
);
CREATE INDEX outage_open ON outage (edge, camera) WHERE ended_us IS NULL;
-- Since when a camera has seen nothing, by the centre's clock, whatever the causes were; `starting` is not seeing yet.
ALTER TABLE camera ADD COLUMN blind_received_us BIGINT;
