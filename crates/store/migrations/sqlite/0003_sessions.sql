-- What live sessions add: how apps let users log in, and what is kept of sessions that ended.

-- all, one-per-kind or single; one or several.
ALTER TABLE apps ADD COLUMN logins TEXT NOT NULL DEFAULT 'all';
ALTER TABLE apps ADD COLUMN room_policy TEXT NOT NULL DEFAULT 'one';
-- SubjectPublicKeyInfo in DER; NULL: none.
ALTER TABLE apps ADD COLUMN login_key BLOB;
-- How many rows of room_infos are this app's.
ALTER TABLE apps ADD COLUMN rooms_with_texts INTEGER NOT NULL DEFAULT 0;
UPDATE apps SET rooms_with_texts =
    (SELECT count(*) FROM room_infos WHERE room_infos.app = apps.id);
-- A login token of another generation is void.
ALTER TABLE apps ADD COLUMN login_generation INTEGER NOT NULL DEFAULT 0;
DELETE FROM tokens WHERE kind = 1
    AND app_generation < (SELECT token_generation FROM apps WHERE apps.id = tokens.app);
UPDATE tokens SET app_generation = 0 WHERE kind = 1;
DROP INDEX tokens_of_app;
CREATE INDEX tokens_of_app ON tokens (app, kind, app_generation);

-- Logins signed by the app up to here are void.
ALTER TABLE users ADD COLUMN logins_since INTEGER NOT NULL DEFAULT 0;

-- Names whose logins signed until then open nothing: they were taken back, or the user was deleted. Kept
-- until those have ended anyway.
CREATE TABLE void_logins (
    app     INTEGER NOT NULL,
    name    TEXT    NOT NULL,
    since   INTEGER NOT NULL,
    PRIMARY KEY (app, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX void_logins_by_time ON void_logins (since);

CREATE TABLE presence (
    user      INTEGER PRIMARY KEY,
    app       INTEGER NOT NULL,
    session   INTEGER,                                  -- online since this session; NULL: offline
    last_seen INTEGER,                                  -- NULL: never went offline
    reason    TEXT                                      -- why he did
) STRICT;
CREATE INDEX presence_online ON presence (session) WHERE session IS NOT NULL;
