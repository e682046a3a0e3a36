-- journal.db, version 2: states beside the alarms (out of service, maintenance, drills ...).
CREATE TABLE mark (id TEXT PRIMARY KEY, open INTEGER NOT NULL, snapshot TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX mark_open ON mark (open) WHERE open = 1;
