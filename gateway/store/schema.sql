-- journal.db, version 1. Later versions only add (design: an older release still opens the file).
CREATE TABLE event (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TABLE alarm (id TEXT PRIMARY KEY, open INTEGER NOT NULL, snapshot TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX alarm_open ON alarm (open) WHERE open = 1;
-- Texts and numbers of people live in the next two only; the events hold salted hashes of them.
-- `seq` is the first event of their outcome; they go when it goes.
CREATE TABLE notification (
  key TEXT NOT NULL, attempt INTEGER NOT NULL, seq INTEGER NOT NULL, person TEXT NOT NULL,
  state TEXT NOT NULL, body TEXT NOT NULL, salt BLOB, PRIMARY KEY (key, attempt)
) WITHOUT ROWID;
CREATE INDEX notification_queued ON notification (state) WHERE state = 'queued';
CREATE TABLE delivery (
  key TEXT NOT NULL, n INTEGER NOT NULL, fate TEXT NOT NULL, provider_id TEXT NOT NULL, why TEXT NOT NULL,
  salt BLOB, seq INTEGER NOT NULL, PRIMARY KEY (key, n)
) WITHOUT ROWID;
CREATE TABLE output (point TEXT PRIMARY KEY, want INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE command (id TEXT PRIMARY KEY, reply TEXT NOT NULL, wall INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
