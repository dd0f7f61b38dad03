-- What the dialect of RTM adds: groups and rooms without an owner, their sizes, texts, mutes, push
-- devices, data of users, logins.

-- 0: quests signed without a time are refused.
ALTER TABLE apps ADD COLUMN legacy_signatures INTEGER NOT NULL DEFAULT 1;
-- How many rows of groups are this app's.
ALTER TABLE apps ADD COLUMN groups INTEGER NOT NULL DEFAULT 0;
UPDATE apps SET groups = (SELECT count(*) FROM groups WHERE groups.app = apps.id);

-- The texts stand in tables of their own, so that rows which change or are read often stay small.
CREATE TABLE user_infos (
    user         INTEGER PRIMARY KEY,
    open_info    TEXT    NOT NULL,
    private_info TEXT    NOT NULL
) STRICT;

CREATE TABLE user_data (
    user  INTEGER NOT NULL,
    key   TEXT    NOT NULL,
    value TEXT    NOT NULL,
    UNIQUE (user, key)                                  -- counts a user's keys without their values
) STRICT;

-- 0: bearer, 1: login.
ALTER TABLE tokens ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
DROP INDEX tokens_of_user;
CREATE INDEX tokens_of_user ON tokens (user, kind) WHERE user IS NOT NULL;

-- An edge stands once for each roster that it is on: RTM's friends may be so in one direction only.
CREATE INDEX contacts_of_friend ON contacts (friend);

CREATE TABLE new_groups (
    app     INTEGER NOT NULL,
    id      INTEGER NOT NULL,
    owner   INTEGER,                                    -- NULL: nobody
    created INTEGER NOT NULL,
    members INTEGER NOT NULL DEFAULT 0,                 -- how many rows of group_members are its
    PRIMARY KEY (app, id)
) STRICT, WITHOUT ROWID;
INSERT INTO new_groups (app, id, owner, created, members)
    SELECT app, id, owner, created,
        (SELECT count(*) FROM group_members
         WHERE group_members.app = groups.app AND group_members.group_id = groups.id)
    FROM groups;
DROP TABLE groups;
ALTER TABLE new_groups RENAME TO groups;
CREATE INDEX groups_of_owner ON groups (owner) WHERE owner IS NOT NULL;

CREATE TABLE group_infos (
    app          INTEGER NOT NULL,
    group_id     INTEGER NOT NULL,
    open_info    TEXT    NOT NULL,
    private_info TEXT    NOT NULL,
    PRIMARY KEY (app, group_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE new_rooms (
    app     INTEGER NOT NULL,
    id      INTEGER NOT NULL,
    owner   INTEGER,                                    -- NULL: nobody
    created INTEGER NOT NULL,
    members INTEGER NOT NULL DEFAULT 0,                 -- how many rows of room_members are its
    PRIMARY KEY (app, id)
) STRICT, WITHOUT ROWID;
INSERT INTO new_rooms (app, id, owner, created) SELECT app, id, owner, created FROM rooms;
DROP TABLE rooms;
ALTER TABLE new_rooms RENAME TO rooms;
CREATE INDEX rooms_of_owner ON rooms (owner) WHERE owner IS NOT NULL;

CREATE TABLE room_members (
    app  INTEGER NOT NULL,
    room INTEGER NOT NULL,
    user INTEGER NOT NULL,
    PRIMARY KEY (app, room, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX rooms_of_member ON room_members (user);

CREATE TABLE room_infos (
    app          INTEGER NOT NULL,
    room         INTEGER NOT NULL,
    open_info    TEXT    NOT NULL,
    private_info TEXT    NOT NULL,
    PRIMARY KEY (app, room)
) STRICT, WITHOUT ROWID;

CREATE TABLE mutes (
    app   INTEGER NOT NULL,
    kind  INTEGER NOT NULL, -- 0: group, 1: every group, 2: room, 3: every room, 4: the app
    place INTEGER NOT NULL, -- id of the group or room, else 0
    user  INTEGER NOT NULL,
    until INTEGER NOT NULL, -- the greatest integer: for ever
    PRIMARY KEY (app, kind, place, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX mutes_of_user ON mutes (user);
CREATE INDEX mutes_by_end ON mutes (until) WHERE until < 9223372036854775807;

CREATE TABLE push_devices (
    user     INTEGER NOT NULL,
    token    TEXT    NOT NULL,
    provider TEXT,                                      -- NULL: the SDK did not say
    position INTEGER NOT NULL,                          -- order in which the user gained them
    PRIMARY KEY (user, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE push_mutes (
    user         INTEGER NOT NULL,
    kind         INTEGER NOT NULL,                      -- 0: the pair with a uid, 1: a group
    conversation INTEGER NOT NULL,                      -- the uid, or the group's id
    type         INTEGER NOT NULL,                      -- 0: every type of message
    PRIMARY KEY (user, kind, conversation, type)
) STRICT, WITHOUT ROWID;
