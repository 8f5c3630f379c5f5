-- Messages that wait, in the order in which the broker took them.
CREATE TABLE messages (
  seq      INTEGER PRIMARY KEY,  -- place in that order; also the row's place in the file
  address  TEXT    NOT NULL,     -- the full address, label included
  reply_to TEXT,
  timeout  INTEGER NOT NULL,     -- milliseconds, as it was sent
  due      INTEGER NOT NULL,     -- when it expires, in milliseconds of running time
  body     BLOB    NOT NULL
) STRICT;

-- When the last commit was, on both clocks: time goes on from there.
CREATE TABLE moment (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  running INTEGER NOT NULL,      -- milliseconds of running time
  wall    INTEGER NOT NULL       -- milliseconds since 1970
) STRICT;
