-- The gate's own tables and the gate state of the first domains.
-- Written by the gate's role alone; every other role may only read what it needs.

CREATE SCHEMA gate;
CREATE SCHEMA audit;
CREATE SCHEMA access;
CREATE SCHEMA accounts;
CREATE SCHEMA ledger;
CREATE SCHEMA rules;
CREATE SCHEMA transfers;

-- The chain of batches and the fence: the foreign key over (seq, term, root) lets batch k+1 commit
-- only after exactly the batch k that its gate saw.
CREATE TABLE gate.batch (
  seq bigint PRIMARY KEY,
  term bigint NOT NULL,
  prev_seq bigint,
  prev_term bigint,
  prev_root bytea,
  kind smallint NOT NULL,
  batch_ms bigint NOT NULL,
  first_number bigint NOT NULL,
  leaves integer NOT NULL,
  root bytea NOT NULL,
  state_hash bytea NOT NULL,
  signature bytea NOT NULL,
  UNIQUE (seq, term, root),
  FOREIGN KEY (prev_seq, prev_term, prev_root) REFERENCES gate.batch (seq, term, root),
  CHECK (prev_seq = seq - 1),
  CHECK (prev_term <= term),
  CHECK ((seq = 1) = (prev_seq IS NULL)),
  CHECK (prev_seq IS NULL OR (prev_term IS NOT NULL AND prev_root IS NOT NULL)),
  CHECK (leaves >= 0)
);
CREATE INDEX batch_first_number ON gate.batch (first_number);

-- Every command but an accepted order, which has its own wide row. number = index of its leaf.
CREATE TABLE gate.command (
  day integer NOT NULL,
  number bigint NOT NULL,
  kind smallint NOT NULL,
  credential integer NOT NULL,
  key bytea NOT NULL,
  mac bytea NOT NULL,
  transfer bigint NOT NULL,
  digest bytea NOT NULL,
  outcome text NOT NULL,
  detail bytea NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (day, number)
) PARTITION BY LIST (day);
CREATE INDEX command_transfer ON gate.command (transfer) WHERE transfer > 0;

-- (credential, key) -> the command that answered it; kept longer than the day partitions.
CREATE TABLE gate.request_key (
  credential integer NOT NULL,
  key bytea NOT NULL,
  mac bytea NOT NULL,
  day integer NOT NULL,
  number bigint NOT NULL,
  PRIMARY KEY (credential, key)
) PARTITION BY HASH (credential, key);
DO $$
BEGIN
  FOR remainder IN 0..15 LOOP
    EXECUTE format('CREATE TABLE gate.request_key_%s PARTITION OF gate.request_key
      FOR VALUES WITH (MODULUS 16, REMAINDER %s)', remainder, remainder);
  END LOOP;
END $$;

-- What the worker has to do next; a hint only, the gate is asked before anything is sent.
CREATE TABLE gate.outbox (
  number bigint NOT NULL,
  topic smallint NOT NULL,
  due_ms bigint NOT NULL,
  cause bigint NOT NULL, -- The command that wrote the row, so that an old row is told from a new one.
  PRIMARY KEY (number, topic)
);

-- Signed snapshots of the whole gate state, in parts.
CREATE TABLE gate.snapshot (
  seq bigint PRIMARY KEY,
  manifest bytea NOT NULL,
  signature bytea NOT NULL
);
CREATE TABLE gate.snapshot_part (
  seq bigint NOT NULL REFERENCES gate.snapshot (seq) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  part integer NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (seq, part)
);
ALTER TABLE gate.snapshot_part ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE audit.tile (
  number bigint PRIMARY KEY,
  hashes bytea NOT NULL CHECK (octet_length(hashes) = 8192)
);
ALTER TABLE audit.tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE access.credential (
  number integer PRIMARY KEY,
  name text NOT NULL,
  verifier bytea NOT NULL,
  permissions text NOT NULL,
  is_active boolean NOT NULL,
  expires_ms bigint NOT NULL,
  addresses text NOT NULL
);

CREATE TABLE accounts.account (
  number bigint PRIMARY KEY,
  kind smallint NOT NULL,
  currency text NOT NULL,
  index bytea NOT NULL UNIQUE,
  party bytea NOT NULL,
  holder bytea NOT NULL
);
-- The hot half: updated once a batch in place.
CREATE TABLE ledger.balance (
  number bigint PRIMARY KEY,
  balance bigint NOT NULL,
  held bigint NOT NULL CHECK (held >= 0),
  floor bigint NOT NULL,
  CHECK (balance - held >= floor)
) WITH (fillfactor = 70);
CREATE TABLE accounts.freeze (
  index bytea PRIMARY KEY,
  number bigint NOT NULL
);

-- One row moves one amount from one account to another, so each row sums to zero by its shape.
CREATE TABLE ledger.posting (
  day integer NOT NULL,
  number bigint NOT NULL,
  leg smallint NOT NULL,
  kind smallint NOT NULL,
  transfer bigint NOT NULL,
  debit_account bigint NOT NULL,
  credit_account bigint NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  currency text NOT NULL,
  CHECK (debit_account <> credit_account),
  PRIMARY KEY (day, number, leg)
) PARTITION BY LIST (day);

CREATE TABLE rules.policy (
  number integer PRIMARY KEY,
  hash bytea NOT NULL,
  content bytea NOT NULL
);

CREATE TABLE transfers.transfer (
  day integer NOT NULL,
  number bigint NOT NULL,
  credential integer NOT NULL,
  key bytea NOT NULL,
  mac bytea NOT NULL,
  digest bytea NOT NULL,
  debtor bigint NOT NULL,
  creditor bigint NOT NULL,
  creditor_index bytea NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  currency text NOT NULL,
  execution_day integer NOT NULL,
  action smallint NOT NULL,
  status smallint NOT NULL,
  reasons text NOT NULL,
  alerts text NOT NULL,
  policy integer NOT NULL,
  evidence bytea NOT NULL,
  facts bytea NOT NULL,
  debtor_side bytea NOT NULL,
  creditor_side bytea NOT NULL,
  PRIMARY KEY (day, number)
) PARTITION BY LIST (day);
CREATE TABLE transfers.hold (
  number bigint PRIMARY KEY,
  owner text NOT NULL,
  reasons text NOT NULL,
  until_ms bigint NOT NULL
);

-- Day partitions come into being without the gate owning any table.
CREATE FUNCTION gate.ensure_day(wanted integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  parent text;
BEGIN
  IF wanted < 0 OR wanted > 200000 THEN
    RAISE EXCEPTION 'day % is out of range', wanted;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('countersign.ensure_day'));
  FOREACH parent IN ARRAY ARRAY['gate.command', 'ledger.posting', 'transfers.transfer'] LOOP
    IF to_regclass(parent || '_' || wanted) IS NULL THEN
      EXECUTE format('CREATE TABLE %s_%s PARTITION OF %s FOR VALUES IN (%s)',
        parent, wanted, parent, wanted);
      EXECUTE format('GRANT SELECT, INSERT ON %s_%s TO countersign_gate', parent, wanted);
      EXECUTE format('GRANT SELECT ON %s_%s TO countersign_app', parent, wanted);
    END IF;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION gate.ensure_day(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate.ensure_day(integer) TO countersign_gate;

GRANT USAGE ON SCHEMA gate, audit, access, accounts, ledger, rules, transfers TO countersign_gate, countersign_app;
GRANT USAGE ON SCHEMA gate, audit, accounts, ledger TO countersign_reader;

GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA gate, audit, access, accounts, ledger, rules, transfers TO countersign_gate;
GRANT UPDATE ON ledger.balance, access.credential TO countersign_gate;
GRANT DELETE ON accounts.freeze, transfers.hold, gate.outbox, gate.snapshot, gate.snapshot_part TO countersign_gate;
GRANT UPDATE ON transfers.hold, gate.outbox TO countersign_gate;

GRANT SELECT ON ALL TABLES IN SCHEMA gate, audit, accounts, ledger, rules, transfers TO countersign_app;
-- The commands that made them hold the same values; `audit verify` compares the two.
GRANT SELECT ON access.credential TO countersign_app;
GRANT DELETE ON gate.outbox TO countersign_app;
REVOKE ALL ON gate.snapshot, gate.snapshot_part FROM countersign_app;

-- The reader sees flows and proofs, no sealed value and no credential.
GRANT SELECT ON gate.batch, audit.tile, ledger.balance, ledger.posting TO countersign_reader;
