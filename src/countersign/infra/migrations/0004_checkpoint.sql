-- Signed tree heads of the audit log, as others fetch and witness them. Made by the gate alone.

CREATE TABLE audit.checkpoint (
  size bigint PRIMARY KEY CHECK (size >= 0),
  note text NOT NULL,
  made_ms bigint NOT NULL
);
CREATE INDEX checkpoint_made ON audit.checkpoint (made_ms);

-- Keeps every checkpoint of the last day and the newest of each hour before it. A function, so that
-- nobody needs the right to delete a checkpoint of his choice.
CREATE FUNCTION audit.thin_checkpoints(now_ms bigint) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH placed AS (
    SELECT size, row_number() OVER (PARTITION BY made_ms / 3600000 ORDER BY size DESC) AS place
    FROM audit.checkpoint WHERE made_ms < now_ms - 86400000
  ), gone AS (
    DELETE FROM audit.checkpoint AS c USING placed AS p WHERE c.size = p.size AND p.place > 1
    RETURNING c.size
  )
  SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION audit.thin_checkpoints(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.thin_checkpoints(bigint) TO countersign_gate;

GRANT SELECT, INSERT ON audit.checkpoint TO countersign_gate;
GRANT SELECT ON audit.checkpoint TO countersign_app, countersign_reader;
