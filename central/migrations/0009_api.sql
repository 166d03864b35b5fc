-- 机器令牌: programs that call the API. The token itself is shown once and is not here; a name is never given twice, since the
-- log of the cases names it.
CREATE TABLE token (
    name         TEXT PRIMARY KEY,
    token_hash   TEXT NOT NULL UNIQUE,
    role         TEXT NOT NULL,
    -- empty is everywhere
    region       TEXT NOT NULL,
    -- addresses that it may come from, e.g. 10.2.0.0/16; empty is any
    prefix       TEXT NOT NULL,
    -- the admin whose rights it may never exceed; none where the command line made it
    made_by      TEXT REFERENCES user_ (name),
    created_us   BIGINT NOT NULL,
    expires_us   BIGINT NOT NULL,
    last_used_us BIGINT,
    revoked_us   BIGINT,
    revoked_by   TEXT
);

-- What lists need, and no more: every index of `case_` costs each alert that makes or moves a case. None of these new ones
-- holds a case that intake has just made, or an alert that rings.
CREATE INDEX case_handled_by ON case_ (handler, ordinal) WHERE handler IS NOT NULL;
CREATE INDEX case_assigned_to ON case_ (assignee, ordinal) WHERE assignee IS NOT NULL;
CREATE INDEX case_late ON case_ (ordinal) WHERE open_ = 1 AND late_stages <> '';
CREATE INDEX case_told ON case_ (ordinal) WHERE open_ = 1 AND told <> 'grid';
CREATE INDEX alert_held ON alert (edge, first_received_us) WHERE standing <> 'case';
-- a district is much of all there is, and is read in the order of all; a grid is found in its community
DROP INDEX case_of_district;
DROP INDEX case_of_region;
-- nothing asks by these
DROP INDEX alert_of_incident;
DROP INDEX alert_by_time;
DROP INDEX incident_of_case;
