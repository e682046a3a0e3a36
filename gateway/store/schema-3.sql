-- journal.db, version 3: openings of stores, kept as long as events are (who, how proven, when, what was read meanwhile).
CREATE TABLE opening (id TEXT PRIMARY KEY, open INTEGER NOT NULL, wall INTEGER NOT NULL, snapshot TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX opening_open ON opening (open) WHERE open = 1;
