-- Whoever writes cases writes another value here: a centre that finds its own knows that nobody else has written since, and
-- need not read again what it has in memory. A centre of an earlier version does not write it: all are stopped for an update (docs/centre.md).
INSERT INTO version (what, value) VALUES ('cases', 0);
