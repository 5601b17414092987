-- The id of the request that caused a delivery: random, or chosen by a client in the same form. A decision keeps its own until
-- it is final; what the program does by itself has none.
ALTER TABLE decisions ADD COLUMN request_id TEXT;
ALTER TABLE outbox ADD COLUMN request_id TEXT;
