-- What accounts set for their conversations, and the groups into which they put them.

-- By whom the conversation is with, not by its timeline: a remind type may be set before anything was said. A row stays
-- when all that was set is gone, so that a revision is never given twice.
CREATE TABLE conversation_setting (
    account     INTEGER NOT NULL REFERENCES account,
    kind        INTEGER NOT NULL, -- 1 C2C, 2 group, 3 system
    other       INTEGER NOT NULL, -- the peer, the group, the account itself
    revision    INTEGER NOT NULL,
    pinned      INTEGER NOT NULL,
    remind      INTEGER NOT NULL, -- a protobuf RemindType
    marks       INTEGER NOT NULL, -- a set of 64 bits
    groups      INTEGER NOT NULL, -- a set of bits: 1 << conversation_group.slot
    custom_data TEXT NOT NULL,
    PRIMARY KEY (account, kind, other)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation_group (
    account INTEGER NOT NULL REFERENCES account,
    slot    INTEGER NOT NULL, -- 0 to 19; free again when the group is removed
    place   INTEGER NOT NULL, -- the order of making
    name    TEXT NOT NULL,
    PRIMARY KEY (account, slot),
    UNIQUE (account, name)
) STRICT, WITHOUT ROWID;

-- Messages before this one were there when the account deleted the conversation.
ALTER TABLE conversation ADD COLUMN deleted_before INTEGER NOT NULL DEFAULT 0;
