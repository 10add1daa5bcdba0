-- What is kept because something other than a message links to it.

-- A row is there as long as the link is. (Those of messages are in `file_reference`, whose `file` names, from now on,
-- merged messages that are kept apart as well as files: 16 bytes or 20.)
CREATE TABLE file_link (
    kind   INTEGER NOT NULL, -- 1 a profile, 2 a group, 3 merged messages
    holder ANY NOT NULL,     -- the account, the group's number, the key
    file   BLOB NOT NULL,
    PRIMARY KEY (kind, holder, file)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_link_file ON file_link (file);

-- Pictures that are shown today.
INSERT INTO file_link
    SELECT 1, a.id, f.id FROM account a
    JOIN file f ON f.id = unhex(substr(a.avatar, instr(a.avatar, '/v1/files/') + 10, 40)) AND f.app = a.app
    WHERE instr(a.avatar, '/v1/files/') > 0 AND f.collected = 0;
INSERT INTO file_link
    SELECT 2, g.number, f.id FROM chat_group g
    JOIN file f ON f.id = unhex(substr(g.avatar, instr(g.avatar, '/v1/files/') + 10, 40)) AND f.app = g.app
    WHERE instr(g.avatar, '/v1/files/') > 0 AND f.collected = 0;

-- Null: kept when nobody noted yet which messages refer to it. Those stay.
ALTER TABLE merged ADD COLUMN created_ms INTEGER;
CREATE INDEX merged_created ON merged (created_ms) WHERE created_ms IS NOT NULL;
