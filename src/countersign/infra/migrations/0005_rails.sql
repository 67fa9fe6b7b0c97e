-- What went to the rail, kept by the worker: a sending is marked as sent before its first byte
-- leaves, so that after any crash it is asked about and never repeated unasked (I2).

CREATE SCHEMA rails;

CREATE TABLE rails.sending (
  number bigint PRIMARY KEY,
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),
  transaction_id text NOT NULL UNIQUE,
  uetr text NOT NULL,
  state smallint NOT NULL CHECK (state BETWEEN 1 AND 3),
  attempt integer NOT NULL CHECK (attempt >= 0),
  asked integer NOT NULL CHECK (asked >= 0),
  due_ms bigint NOT NULL,
  status text NOT NULL DEFAULT '',
  reason text NOT NULL DEFAULT '',
  changed_ms bigint NOT NULL
);
CREATE INDEX sending_due ON rails.sending (state, due_ms) WHERE state < 3;
CREATE INDEX sending_uetr ON rails.sending (uetr);

-- After a restore: transfers before this number may have been sent after the backup was made, so
-- the rail is asked before any of them is sent.
CREATE TABLE rails.caution (
  ask_first_below bigint NOT NULL,
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);

GRANT USAGE ON SCHEMA rails TO countersign_app, countersign_reader;
GRANT SELECT, INSERT, UPDATE ON rails.sending TO countersign_app;
GRANT SELECT ON rails.caution TO countersign_app;
GRANT SELECT ON rails.sending, rails.caution TO countersign_reader;
