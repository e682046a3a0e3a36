-- fleet.db of a bureau, version 1. Later versions only add.
-- `hash` is that of the box's own chain, once every event before it is here; NULL until then.
CREATE TABLE event (site TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL, hash BLOB, PRIMARY KEY (site, seq)) WITHOUT ROWID;
-- How far each box's chain is whole: the last event of it, its hash, and what is wrong with it ("" while nothing is).
CREATE TABLE chain (site TEXT PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL, broken TEXT NOT NULL) WITHOUT ROWID;
-- The open alarms of each school as its box last showed them.
CREATE TABLE alarm (site TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (site, id)) WITHOUT ROWID;
-- What this bureau has asked of a school, and how far that has come.
CREATE TABLE asked (id TEXT PRIMARY KEY, site TEXT NOT NULL, wall INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
-- The last status of each box, for the screen after a restart.
CREATE TABLE status (site TEXT PRIMARY KEY, wall INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
