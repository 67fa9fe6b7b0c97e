"""The embedded Postgres server: where its programs are, whom it runs as, its start and its stop.

Entry points: `binaries.find_binaries`, `cluster.EmbeddedCluster`, `server.external_server`.
"""
