-- How long messages are kept.

-- The oldest message that anybody may see; older ones have expired and go in batches. Never beyond the newest by more than
-- one, and the newest stays: it says where the timeline ends.
ALTER TABLE timeline ADD COLUMN first_kept INTEGER NOT NULL DEFAULT 1;
-- 0: for ever.
ALTER TABLE app ADD COLUMN history_days INTEGER NOT NULL DEFAULT 7;
