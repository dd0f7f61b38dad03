-- Apps, users and what belongs to them. Times are Unix milliseconds.

CREATE TABLE apps (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    org              TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    application      BLOB    NOT NULL,
    client_id        TEXT    NOT NULL,
    client_secret    TEXT    NOT NULL,
    rtm_secret       TEXT    NOT NULL,
    registration     TEXT    NOT NULL,
    token_generation INTEGER NOT NULL DEFAULT 0,
    users            INTEGER NOT NULL DEFAULT 0, -- how many rows of users are this app's
    created          INTEGER NOT NULL,
    UNIQUE (org, name)
) STRICT;

CREATE TABLE users (
    id               INTEGER PRIMARY KEY AUTOINCREMENT, -- order of registration, never reused
    app              INTEGER NOT NULL,
    name             TEXT    NOT NULL,
    uuid             BLOB    NOT NULL UNIQUE,
    created          INTEGER NOT NULL,
    modified         INTEGER NOT NULL,
    nickname         TEXT,
    password         TEXT,                              -- PHC text; NULL: nothing opens the account
    banned_until     INTEGER,                           -- NULL: not banned; the greatest integer: for ever
    token_generation INTEGER NOT NULL DEFAULT 0,
    display_style    INTEGER,
    do_not_disturb   INTEGER,
    quiet_from_hour  INTEGER,
    quiet_to_hour    INTEGER,
    ignored_groups   INTEGER NOT NULL DEFAULT 0,        -- how many rows of push_ignored_groups are his
    UNIQUE (app, name)
) STRICT;
CREATE INDEX users_in_order ON users (app);             -- SQLite appends the id

CREATE TABLE push_ignored_groups (
    user     INTEGER NOT NULL,
    group_id INTEGER NOT NULL,
    ignored  INTEGER NOT NULL,
    PRIMARY KEY (user, group_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    hash             BLOB    PRIMARY KEY,
    app              INTEGER NOT NULL,
    user             INTEGER,                           -- NULL: the app's own
    user_name        TEXT,
    app_generation   INTEGER NOT NULL,
    user_generation  INTEGER NOT NULL,
    expires          INTEGER                            -- NULL: never
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_of_user ON tokens (user) WHERE user IS NOT NULL;
CREATE INDEX tokens_of_app ON tokens (app, app_generation);
CREATE INDEX tokens_by_end ON tokens (expires) WHERE expires IS NOT NULL;

CREATE TABLE contacts (                                 -- every edge stands here twice
    user     INTEGER NOT NULL,
    friend   INTEGER NOT NULL,
    position INTEGER NOT NULL,                          -- order in which the user gained them
    PRIMARY KEY (user, friend)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
    user     INTEGER NOT NULL,
    blocked  INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (user, blocked)
) STRICT, WITHOUT ROWID;
CREATE INDEX blocks_of_blocked ON blocks (blocked);

CREATE TABLE groups (
    app     INTEGER NOT NULL,
    id      INTEGER NOT NULL,
    owner   INTEGER NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (app, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX groups_of_owner ON groups (owner);

CREATE TABLE group_members (
    app      INTEGER NOT NULL,
    group_id INTEGER NOT NULL,
    user     INTEGER NOT NULL,
    PRIMARY KEY (app, group_id, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX groups_of_member ON group_members (user);

CREATE TABLE rooms (
    app     INTEGER NOT NULL,
    id      INTEGER NOT NULL,
    owner   INTEGER NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (app, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX rooms_of_owner ON rooms (owner);

CREATE TABLE conversations (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    app           INTEGER NOT NULL,
    kind          INTEGER NOT NULL,                     -- 0: a pair, its users in low and high
    low           INTEGER NOT NULL,
    high          INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL DEFAULT 0,
    UNIQUE (app, kind, low, high)
) STRICT;

CREATE TABLE messages (
    conversation INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    app          INTEGER NOT NULL,
    id           INTEGER NOT NULL,
    sender       INTEGER NOT NULL,
    body         BLOB    NOT NULL,
    sent         INTEGER NOT NULL,
    PRIMARY KEY (conversation, sequence)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX messages_by_id ON messages (app, id);

CREATE TABLE cursors (
    user         INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,                      -- up to here the user has confirmed
    PRIMARY KEY (user, conversation)
) STRICT, WITHOUT ROWID;
