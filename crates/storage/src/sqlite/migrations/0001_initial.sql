-- The first format.
--
-- Times are Unix milliseconds (`_ms`). Two tables are clustered by an owner and a number, packed into one integer key
-- (owner << 32 | number): a table with an integer key keeps its rows in the leaves alone, so that inner pages stay
-- small and rows of one owner lie side by side.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Sums that would take a scan; written once per transaction.
CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES ('messages', 0);

CREATE TABLE app (
    id              INTEGER PRIMARY KEY,
    name            TEXT NOT NULL,
    key             TEXT NOT NULL,
    created_ms      INTEGER NOT NULL,
    web_instances   INTEGER NOT NULL,
    platform_policy TEXT NOT NULL,
    revoke_limit_s  INTEGER NOT NULL,
    blocked_sender  TEXT NOT NULL
) STRICT;

CREATE TABLE account (
    id            INTEGER PRIMARY KEY,
    app           INTEGER NOT NULL,
    user_id       TEXT NOT NULL,
    nick          TEXT NOT NULL,   -- also in `profile`; here for messages and members
    avatar        TEXT NOT NULL,   -- likewise
    profile       BLOB NOT NULL,   -- a protobuf Profile
    created_ms    INTEGER NOT NULL,
    last_login_ms INTEGER NOT NULL,
    sigs_after_ms INTEGER NOT NULL,
    UNIQUE (app, user_id)
) STRICT;

-- The event log. An account's pts is its newest event's; the newest is never pruned.
CREATE TABLE account_event (
    place INTEGER PRIMARY KEY, -- account << 32 | pts
    entry BLOB NOT NULL        -- a protobuf AccountEvent without its number
) STRICT;

CREATE TABLE instance (
    account   INTEGER NOT NULL REFERENCES account,
    id        BLOB NOT NULL,
    platform  TEXT NOT NULL,
    since_ms  INTEGER NOT NULL,
    place     INTEGER NOT NULL, -- order of logins of the same millisecond
    kicked    TEXT,             -- why; null while it is logged in
    kicked_ms INTEGER,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX instance_kicked ON instance (kicked_ms) WHERE kicked IS NOT NULL;

CREATE TABLE blacklist (
    id      INTEGER PRIMARY KEY, -- the order of blocking
    account INTEGER NOT NULL REFERENCES account,
    other   INTEGER NOT NULL REFERENCES account,
    time_ms INTEGER NOT NULL,
    UNIQUE (account, other)
) STRICT;

-- A row is written when a timeline comes about and when one of its messages changes, but not by an append: where the
-- timeline ends is read from its last message, so that an append touches two b-trees and not three.
CREATE TABLE timeline (
    id              INTEGER PRIMARY KEY,
    kind            INTEGER NOT NULL, -- 1 C2C, 2 group, 3 system
    a               INTEGER NOT NULL, -- the smaller account, the group, the account
    b               INTEGER NOT NULL, -- the larger account, 0, 0
    changed_version INTEGER NOT NULL, -- of the newest change that is no append
    UNIQUE (kind, a, b)
) STRICT;

-- Large columns come last: counting does not reach them.
CREATE TABLE message (
    place             INTEGER PRIMARY KEY, -- timeline << 32 | sequence
    account           INTEGER NOT NULL,
    client_time_s     INTEGER NOT NULL,
    random            INTEGER NOT NULL,
    time_ms           INTEGER NOT NULL,
    version           INTEGER NOT NULL,    -- the timeline's at this message's last change
    flags             INTEGER NOT NULL,    -- 1 no unread, 2 no last message, 4 wants a receipt, 8 by the system,
                                           -- 16 entered beside an operation: never sent again
    priority          INTEGER NOT NULL,
    revoker           TEXT,
    body              BLOB NOT NULL,       -- a protobuf Body
    cloud_custom_data TEXT NOT NULL
) STRICT;
-- A resend is found by it (contract C2). The client's time grows, so each sender's entries come in at one end.
CREATE UNIQUE INDEX message_key ON message (account, client_time_s, random) WHERE flags < 16;

-- What befell messages after their append.
CREATE TABLE timeline_change (
    timeline INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    kind     INTEGER NOT NULL, -- a protobuf ChangeKind
    PRIMARY KEY (timeline, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
    account        INTEGER NOT NULL REFERENCES account,
    timeline       INTEGER NOT NULL REFERENCES timeline,
    read_sequence  INTEGER NOT NULL,
    first_sequence INTEGER NOT NULL, -- the oldest message that the account may see
    created_ms     INTEGER NOT NULL,
    PRIMARY KEY (account, timeline)
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_group (
    number           INTEGER PRIMARY KEY,
    app              INTEGER NOT NULL,
    id               TEXT NOT NULL,
    kind             INTEGER NOT NULL, -- a protobuf GroupType
    name             TEXT NOT NULL,
    avatar           TEXT NOT NULL,
    introduction     TEXT NOT NULL,
    notification     TEXT NOT NULL,
    owner            INTEGER REFERENCES account,
    created_ms       INTEGER NOT NULL,
    join_option      INTEGER NOT NULL, -- a protobuf JoinOption
    member_count     INTEGER NOT NULL, -- always the number of rows in `member`
    member_count_max INTEGER NOT NULL,
    info_sequence    INTEGER NOT NULL,
    last_info_ms     INTEGER NOT NULL,
    mute_all         INTEGER NOT NULL,
    dismissed        INTEGER NOT NULL, -- the row stays: the ID stays taken
    UNIQUE (app, id)
) STRICT;

CREATE TABLE member (
    group_number  INTEGER NOT NULL REFERENCES chat_group,
    place         INTEGER NOT NULL, -- the order of joining
    account       INTEGER NOT NULL REFERENCES account,
    role          INTEGER NOT NULL, -- a protobuf Role
    joined_ms     INTEGER NOT NULL,
    name_card     TEXT NOT NULL,
    mute_until_ms INTEGER NOT NULL,
    PRIMARY KEY (group_number, place)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX member_account ON member (account, group_number);

CREATE TABLE application (
    number       INTEGER PRIMARY KEY AUTOINCREMENT, -- a number is never given twice
    group_number INTEGER NOT NULL REFERENCES chat_group,
    applicant    INTEGER NOT NULL REFERENCES account,
    text         TEXT NOT NULL,
    time_ms      INTEGER NOT NULL,
    UNIQUE (group_number, applicant)
) STRICT;
