-- Messages that are modified, hidden, targeted, and carry key/value pairs.

ALTER TABLE message ADD COLUMN edits INTEGER NOT NULL DEFAULT 0;   -- how often it was modified
ALTER TABLE message ADD COLUMN options INTEGER NOT NULL DEFAULT 0; -- 1 targeted, 2 takes key/value pairs

-- How often the account hid messages from itself; while it is 0 there is nothing in `deleted_message`.
ALTER TABLE conversation ADD COLUMN view_version INTEGER NOT NULL DEFAULT 0;

-- Messages that an account does not see any more; others do.
CREATE TABLE deleted_message (
    account INTEGER NOT NULL REFERENCES account,
    place   INTEGER NOT NULL, -- a message's
    PRIMARY KEY (account, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX deleted_message_place ON deleted_message (place);

-- Who sees a targeted message, beside its sender.
CREATE TABLE message_receiver (
    place   INTEGER NOT NULL,
    account INTEGER NOT NULL REFERENCES account,
    PRIMARY KEY (place, account)
) STRICT, WITHOUT ROWID;

-- Who is mentioned.
CREATE TABLE mention (
    timeline INTEGER NOT NULL,
    account  INTEGER NOT NULL, -- 0: all
    sequence INTEGER NOT NULL,
    PRIMARY KEY (timeline, account, sequence)
) STRICT, WITHOUT ROWID;

-- Key/value pairs of messages. A removed one stays, so that who was away learns of it.
CREATE TABLE message_extension (
    place   INTEGER NOT NULL,
    key     TEXT NOT NULL,
    value   TEXT,             -- null: removed
    version INTEGER NOT NULL, -- the timeline's at its last change
    PRIMARY KEY (place, key)
) STRICT, WITHOUT ROWID;

-- Merged messages that are too large for the message around them.
CREATE TABLE merged (
    key     BLOB NOT NULL,    -- drawn by the client; whoever knows it may read
    part    INTEGER NOT NULL,
    parts   INTEGER NOT NULL,
    account INTEGER NOT NULL REFERENCES account,
    content BLOB NOT NULL,    -- a protobuf MergedMessages
    PRIMARY KEY (key, part)
) STRICT;
