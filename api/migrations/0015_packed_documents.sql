-- No table changes. From here on `recommendations.recommendation` holds compressed documents (see api/src/store/packed.rs):
-- an earlier version could not read them, and refuses a database that has this number.
SELECT 1;
