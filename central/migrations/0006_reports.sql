-- What reports count that the columns of a case do not say: when somebody was first told to handle it, when somebody was first there,
-- and how often it was sent back (回退).
CREATE TABLE case_moment (
    case_id       TEXT PRIMARY KEY REFERENCES case_ (id),
    dispatched_us BIGINT,
    arrived_us    BIGINT,
    returns       BIGINT NOT NULL DEFAULT 0
);
INSERT INTO case_moment (case_id, dispatched_us, arrived_us, returns)
SELECT case_id,
       MIN(CASE WHEN change LIKE '{"change":"dispatched"%' THEN utc_us END),
       MIN(CASE WHEN change LIKE '{"change":"arrived"%' THEN utc_us END),
       SUM(CASE WHEN change LIKE '{"change":"returned"%' THEN 1 ELSE 0 END)
FROM case_log
WHERE change LIKE '{"change":"dispatched"%' OR change LIKE '{"change":"arrived"%' OR change LIKE '{"change":"returned"%'
GROUP BY case_id;

-- What is late now, the longest first.
CREATE INDEX case_overdue ON case_ (due_us, id) WHERE open_ = 1;

-- A month's alerts are counted without reading one of them.
DROP INDEX alert_by_time;
CREATE INDEX alert_by_time ON alert (first_received_us, region, standing, test);
