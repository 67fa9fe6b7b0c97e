-- The register of received files: what each came to, and the leaf of each of its payments.

CREATE SCHEMA channels;

CREATE TABLE channels.file (
  id bytea PRIMARY KEY CHECK (octet_length(id) = 16), -- Of its first sealed piece.
  received_ms bigint NOT NULL,
  named bytea NOT NULL, -- Name and message id, sealed under the file's own key.
  ended_ms bigint, -- Null while it is taken in, and where that broke off.
  kind text NOT NULL DEFAULT '', -- pain.001.001.09, csv; empty where it is not known.
  group_status text NOT NULL DEFAULT '',
  refusal text NOT NULL DEFAULT '', -- The code, where it was refused whole.
  payments bigint NOT NULL DEFAULT 0,
  statuses text NOT NULL DEFAULT '', -- ACSP=3,RJCT=1
  totals text NOT NULL DEFAULT '' -- What goes on, EUR=1250.00,JPY=5000
);
CREATE INDEX file_received ON channels.file (received_ms);

CREATE TABLE channels.file_part (
  file bytea NOT NULL REFERENCES channels.file,
  part integer NOT NULL,
  numbers bigint[] NOT NULL, -- The leaves of its payments, in their order.
  PRIMARY KEY (file, part)
);

GRANT USAGE ON SCHEMA channels TO countersign_app;
GRANT SELECT, INSERT, UPDATE ON channels.file TO countersign_app;
GRANT SELECT, INSERT ON channels.file_part TO countersign_app;
