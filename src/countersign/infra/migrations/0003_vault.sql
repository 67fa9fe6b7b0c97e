-- The vault: wrapped data keys, tokens and received files. Nothing here is readable without the
-- keyset, which is never in the database. The reader role gets nothing at all.

CREATE SCHEMA vault;

-- One data key for each person or firm, wrapped by the key-encryption key of its epoch. Erasing a
-- subject empties `wrapped` and keeps the row, so that no second key is ever made for the same id.
CREATE TABLE vault.subject_key (
  subject bytea PRIMARY KEY CHECK (octet_length(subject) = 16),
  epoch integer NOT NULL CHECK (epoch > 0),
  wrapped bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  destroyed_at timestamptz,
  CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
-- For the processes that ask each second what was erased, and for re-wrapping an old epoch.
CREATE INDEX subject_key_destroyed ON vault.subject_key (destroyed_at)
  WHERE destroyed_at IS NOT NULL;
CREATE INDEX subject_key_epoch ON vault.subject_key (epoch) WHERE wrapped IS NOT NULL;

CREATE FUNCTION vault.refuse_revival() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION 'a destroyed subject key stays destroyed'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
REVOKE ALL ON FUNCTION vault.refuse_revival() FROM PUBLIC;
CREATE TRIGGER subject_key_stays_destroyed BEFORE UPDATE ON vault.subject_key
  FOR EACH ROW WHEN (OLD.destroyed_at IS NOT NULL)
  EXECUTE FUNCTION vault.refuse_revival();

-- A random token that stands for one value of a subject.
CREATE TABLE vault.token (
  token bytea PRIMARY KEY CHECK (octet_length(token) = 20),
  subject bytea NOT NULL REFERENCES vault.subject_key,
  field text NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Files as they were received, each sealed under a data key of its own (its subject is its id).
CREATE TABLE vault.sealed_file (
  id bytea PRIMARY KEY REFERENCES vault.subject_key,
  name_hash bytea NOT NULL CHECK (octet_length(name_hash) = 16),
  name_hash_version integer NOT NULL,
  content bytea NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sealed_file_name_hash ON vault.sealed_file (name_hash);
-- Sealed bytes do not compress; trying costs time on every write.
ALTER TABLE vault.sealed_file ALTER COLUMN content SET STORAGE EXTERNAL;

GRANT USAGE ON SCHEMA vault TO countersign_gate, countersign_app;
GRANT SELECT, INSERT ON vault.subject_key TO countersign_gate, countersign_app;
GRANT UPDATE (epoch, wrapped, destroyed_at) ON vault.subject_key TO countersign_app;
GRANT SELECT, INSERT ON vault.token, vault.sealed_file TO countersign_app;
