-- readings.db, version 1. Later versions only add.
-- One row holds the frames a..b of one run; `machine` is not empty while their stamps are monotonic ones of that boot.
CREATE TABLE frame (
  id INTEGER PRIMARY KEY, boot TEXT NOT NULL, a INTEGER NOT NULL, b INTEGER NOT NULL,
  machine TEXT NOT NULL, wall INTEGER NOT NULL, frames BLOB NOT NULL
);
CREATE INDEX frame_range ON frame (boot, a, b);
CREATE INDEX frame_waiting ON frame (machine) WHERE machine != '';
CREATE TABLE confirmed (dest TEXT NOT NULL, boot TEXT NOT NULL, ranges TEXT NOT NULL, PRIMARY KEY (dest, boot)) WITHOUT ROWID;
CREATE TABLE refused (
  id INTEGER PRIMARY KEY, dest TEXT NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL, line TEXT NOT NULL, why TEXT NOT NULL,
  wall INTEGER NOT NULL
);
-- History. id = number of the ten minutes since 1970 * 2^20 + point.id (raw), point.id * 2^32 + number of the hour (minute).
CREATE TABLE point (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE raw (id INTEGER PRIMARY KEY, samples BLOB NOT NULL);
CREATE TABLE minute (id INTEGER PRIMARY KEY, minutes BLOB NOT NULL);
