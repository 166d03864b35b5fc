-- How many alerts a shelf or a window of maintenance has held back: counted as it happens, where pages read the way of every
-- alert of its box until now.
ALTER TABLE shelf ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
UPDATE shelf SET held = (SELECT COUNT(*) FROM alert a WHERE a.edge = shelf.edge AND a.first_received_us >= shelf.from_us
    AND a.standing <> 'case' AND a.path LIKE '%' || shelf.id || '%');
ALTER TABLE maintenance ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
UPDATE maintenance SET held = (SELECT COUNT(*) FROM alert a WHERE a.edge = maintenance.edge
    AND a.first_received_us >= maintenance.from_us AND a.standing <> 'case' AND a.path LIKE '%' || maintenance.id || '%');
DROP INDEX alert_held;
