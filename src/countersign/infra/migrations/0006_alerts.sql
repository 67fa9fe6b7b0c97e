-- Alerts: a projection of gate state, written in the commit of the decision that raised them.

CREATE SCHEMA alerts;

CREATE TABLE alerts.alert (
  number bigint PRIMARY KEY,
  transfer bigint NOT NULL,
  typologies text NOT NULL,
  rules text NOT NULL,
  raised_ms bigint NOT NULL,
  status smallint NOT NULL CHECK (status BETWEEN 1 AND 3),
  disposition text NOT NULL,
  changed_by bigint NOT NULL,
  CHECK ((status = 3) = (disposition <> ''))
);
CREATE INDEX alert_open ON alerts.alert (number) WHERE status <> 3;
CREATE INDEX alert_transfer ON alerts.alert (transfer);

GRANT USAGE ON SCHEMA alerts TO countersign_gate, countersign_app;
GRANT SELECT, INSERT, UPDATE ON alerts.alert TO countersign_gate;
GRANT SELECT ON alerts.alert TO countersign_app;
