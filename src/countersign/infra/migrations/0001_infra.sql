-- What the house itself needs: which migrations this database has.
CREATE SCHEMA infra;
GRANT USAGE ON SCHEMA infra TO countersign_gate, countersign_app, countersign_reader;

CREATE TABLE infra.migration (
    number integer PRIMARY KEY CHECK (number > 0),
    name text NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    applied_at timestamptz NOT NULL DEFAULT now()
);
-- Every process checks at its start that the database fits its code.
GRANT SELECT ON infra.migration TO countersign_gate, countersign_app, countersign_reader;
