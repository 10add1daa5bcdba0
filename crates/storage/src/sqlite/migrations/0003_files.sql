-- What users uploaded, and which messages link to it.

CREATE TABLE file (
    id         BLOB PRIMARY KEY,  -- 20 random bytes
    app        INTEGER NOT NULL,
    account    INTEGER NOT NULL,
    size       INTEGER NOT NULL,  -- of all its sizes together
    created_ms INTEGER NOT NULL,
    collected  INTEGER NOT NULL,  -- 1: nobody refers to it; it is about to be removed
    stored     BLOB NOT NULL      -- a protobuf StoredFile
) STRICT, WITHOUT ROWID;
CREATE INDEX file_account ON file (account, created_ms, size);
CREATE INDEX file_created ON file (created_ms);

-- A reference is entered before its message, so that a message is never there without it; it counts for as long as there
-- is a message of that key.
CREATE TABLE file_reference (
    number        INTEGER PRIMARY KEY,
    file          BLOB NOT NULL,
    account       INTEGER NOT NULL, -- the message's key
    client_time_s INTEGER NOT NULL,
    random        INTEGER NOT NULL,
    created_ms    INTEGER NOT NULL,
    UNIQUE (file, account, client_time_s, random)
) STRICT;

ALTER TABLE app ADD COLUMN upload_mb INTEGER NOT NULL DEFAULT 100;
ALTER TABLE app ADD COLUMN upload_day_mb INTEGER NOT NULL DEFAULT 2048;
