-- Since when a box has been too short of time for a camera; none when it is not.
ALTER TABLE camera ADD COLUMN strained_since_us BIGINT;
