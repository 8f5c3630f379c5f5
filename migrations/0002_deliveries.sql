-- What a broker needs that hands messages out under leases, and holds more of them than fit into memory.
-- The table of messages is made anew, so that the body stays last: to reach what lies behind a long one is slow.
CREATE TABLE waiting (
  seq          INTEGER PRIMARY KEY,         -- place in the order of its queue; also the row's place in the file
  queue        TEXT    NOT NULL,            -- the mailbox where `at` is a label, otherwise `at`
  address      TEXT    NOT NULL,            -- the full address it was sent to, label included
  at           TEXT,                        -- the full address it is at; NULL: the one it was sent to
  reply_to     TEXT,
  timeout      INTEGER NOT NULL,            -- milliseconds, as it was sent
  due          INTEGER NOT NULL,            -- when it expires, in milliseconds of running time
  ready        INTEGER NOT NULL DEFAULT 0,  -- when it takes its place in its queue, in running time; 0: it has
  attempts     INTEGER NOT NULL DEFAULT 0,  -- leased deliveries it had when it came to this place
  fingerprint  INTEGER NOT NULL DEFAULT 0,  -- of its reply address and body; 0 where it has no id
  -- What its sender asked for; NULL or 0 is what is usual.
  id           TEXT,
  delay        INTEGER NOT NULL DEFAULT 0,  -- milliseconds
  most         INTEGER,                     -- leased deliveries it may have
  once         INTEGER NOT NULL DEFAULT 0,  -- 1: not delivered again once it was answered
  dead         TEXT,                        -- where it goes when it is dead; empty: nowhere
  receipt_done INTEGER NOT NULL DEFAULT 0,  -- 1: its sender hears of it when it is finished
  body         BLOB    NOT NULL
) STRICT;

INSERT INTO waiting (seq, queue, address, reply_to, timeout, due, body)
SELECT seq,
       CASE WHEN address LIKE '~%~%' THEN substr(address, 1, instr(substr(address, 2), '~')) ELSE address END,
       address, reply_to, timeout, due, body
FROM messages
ORDER BY seq;

DROP TABLE messages;
ALTER TABLE waiting RENAME TO messages;

-- Those of a queue, in order: a row's place is the end of every index.
CREATE INDEX messages_queue ON messages (queue) WHERE ready = 0;
CREATE INDEX messages_due ON messages (due);
CREATE INDEX messages_ready ON messages (ready) WHERE ready > 0;
-- Holds all that is asked of it. In the order of `seq`, because it is read as a whole, and written at its end like that.
CREATE INDEX messages_id ON messages (seq, id, address, fingerprint, at) WHERE id IS NOT NULL AND at IS NULL;

-- What became of messages since they came to their places.
CREATE TABLE deliveries (
  seq      INTEGER PRIMARY KEY,
  attempts INTEGER NOT NULL,     -- leased deliveries so far
  name     TEXT,                 -- of the delivery under way; NULL: the message is back in its queue
  until    INTEGER NOT NULL,     -- when its lease or its delay ends, in running time; 0: there is none
  answered INTEGER NOT NULL      -- 1: somebody has sent to its reply address
) STRICT;

-- The ids of messages that are finished, oldest first.
CREATE TABLE ids (
  number      INTEGER PRIMARY KEY,
  address     TEXT    NOT NULL,
  id          TEXT    NOT NULL,
  fingerprint INTEGER NOT NULL,
  outcome     TEXT    NOT NULL CHECK (outcome IN ('done', 'dead', 'expired')),
  forget_at   INTEGER NOT NULL   -- in running time
) STRICT;

CREATE TABLE paused (
  address TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- The highest there was, so that none is used again.
ALTER TABLE moment ADD COLUMN last_seq INTEGER NOT NULL DEFAULT 0;
UPDATE moment SET last_seq = coalesce((SELECT max(seq) FROM messages), 0);
