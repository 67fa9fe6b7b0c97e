-- What a rail sent back (pacs.004): written before the rail is told that it arrived, because it is
-- not sent again after that. The message itself is a sealed file; the row holds no restricted text.

CREATE TABLE rails.payment_return (
  content_hash bytea PRIMARY KEY CHECK (octet_length(content_hash) = 32),
  file_id bytea NOT NULL UNIQUE CHECK (octet_length(file_id) = 16),
  meaning bytea NOT NULL CHECK (octet_length(meaning) = 32),
  state smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
  number bigint NOT NULL CHECK (number >= 0),
  reason text NOT NULL,
  received_ms bigint NOT NULL,
  due_ms bigint NOT NULL,
  changed_ms bigint NOT NULL
);
CREATE INDEX payment_return_due ON rails.payment_return (due_ms) WHERE state = 1;
CREATE INDEX payment_return_number ON rails.payment_return (number) WHERE number > 0;
CREATE INDEX payment_return_meaning ON rails.payment_return (meaning);

GRANT SELECT, INSERT, UPDATE ON rails.payment_return TO countersign_app;
GRANT SELECT ON rails.payment_return TO countersign_reader;
