"""What everything stands on: the clock, settings, logs, the database and its migrations.

Entry points: `settings.load_settings`, `logs.configure_logs`, `postgres.cluster.EmbeddedCluster`,
`database.prepare_database`, `migrations.runner.migrate`.
"""
