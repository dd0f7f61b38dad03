-- What messages need of the rest. They themselves have an engine of their own now.

DROP TABLE cursors;
DROP TABLE messages;
DROP TABLE conversations;

-- Milliseconds for which messages are kept; NULL: as long as the server keeps them.
ALTER TABLE apps ADD COLUMN message_retention_ms INTEGER;
-- 1: an id that a sender used before is refused.
ALTER TABLE apps ADD COLUMN strict_message_ids INTEGER NOT NULL DEFAULT 0;
-- bound or free.
ALTER TABLE apps ADD COLUMN back_end TEXT NOT NULL DEFAULT 'bound';
-- Uids of those who may write to everybody, with commas between them.
ALTER TABLE apps ADD COLUMN administrators TEXT NOT NULL DEFAULT '';

-- Since when he is a member; 0: since before this was noted.
ALTER TABLE group_members ADD COLUMN joined INTEGER NOT NULL DEFAULT 0;
-- What waits in groups is asked for with the time, so it is read from the index, too.
DROP INDEX groups_of_member;
CREATE INDEX groups_of_member ON group_members (user, app, group_id, joined);

-- Who is no user but wrote through the back end; the number of a row is used as a negative user id.
CREATE TABLE strangers (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    app  INTEGER NOT NULL,
    name TEXT    NOT NULL,
    UNIQUE (app, name)
) STRICT;
ALTER TABLE apps ADD COLUMN strangers INTEGER NOT NULL DEFAULT 0; -- how many rows of strangers are this app's
