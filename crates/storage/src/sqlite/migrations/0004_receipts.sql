-- Receipts: who read which message one by one. A message's rows go with it.

CREATE TABLE receipt (
    place   INTEGER NOT NULL, -- the message's
    account INTEGER NOT NULL REFERENCES account,
    time_ms INTEGER NOT NULL,
    PRIMARY KEY (place, account)
) STRICT, WITHOUT ROWID;

-- The kinds of groups that have receipts, by their public names with commas between, and how many members such a group
-- may have.
ALTER TABLE app ADD COLUMN receipt_groups TEXT NOT NULL DEFAULT 'Work,Public,Meeting';
ALTER TABLE app ADD COLUMN receipt_members_max INTEGER NOT NULL DEFAULT 200;
