"""The engine: a deterministic state machine that decides whatever moves or stops money.

Commands in, decisions out, one Postgres transaction a batch, one leaf of the audit log a command.
Read in this order: `commands`, `state`, `checks`, `decide`, `batch` (pure); `journal` (durable);
`engine` (the loop), `recovery`, `snapshot`, `head`; `intake`, `front`, `client` (the way in).
"""
