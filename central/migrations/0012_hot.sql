-- What every message touches, made lighter. Nothing asks by this one.
DROP INDEX alert_message_of_alert;

-- The hour (since 1970) in which an episode or an undecided case was last heard of: an index over it finds what may go on, and
-- stands still while the time itself moves with every message. (PostgreSQL then writes a new row into its old page and leaves
-- all indexes alone; SQLite writes no index whose columns a statement does not name.)
ALTER TABLE incident ADD COLUMN last_hour BIGINT NOT NULL DEFAULT 0;
UPDATE incident SET last_hour = last_us / 3600000000;
DROP INDEX incident_of_rule;
CREATE INDEX incident_of_rule ON incident (edge, camera, rule, last_hour);
ALTER TABLE case_ ADD COLUMN last_hour BIGINT NOT NULL DEFAULT 0;
UPDATE case_ SET last_hour = last_us / 3600000000 WHERE state IN ('registered', 'verifying');
DROP INDEX case_undecided;
CREATE INDEX case_undecided ON case_ (edge, camera, last_hour) WHERE state IN ('registered', 'verifying');

-- 1 while a camera is being tampered with. The condition of an index counts among its columns.
ALTER TABLE incident ADD COLUMN tampers INTEGER NOT NULL DEFAULT 0;
UPDATE incident SET tampers = 1 WHERE behavior = 'tamper' AND open_alerts > 0;
DROP INDEX incident_tamper;
CREATE INDEX incident_tamper ON incident (edge, camera) WHERE tampers = 1;

-- Cases, episodes and alerts are never deleted, and who names one has written or read it in the same transaction. PostgreSQL looked
-- each of them up once more and locked its row, one by one. (SQLite cannot drop a key without writing the table anew; `verify`
-- looks on both.)
-- postgres: ALTER TABLE case_log DROP CONSTRAINT case_log_case_id_fkey;
-- postgres: ALTER TABLE timer DROP CONSTRAINT timer_case_id_fkey;
-- postgres: ALTER TABLE incident DROP CONSTRAINT incident_case_id_fkey;
-- postgres: ALTER TABLE alert DROP CONSTRAINT alert_new_case_id_fkey;
-- postgres: ALTER TABLE alert DROP CONSTRAINT alert_new_incident_id_fkey;
