"""The city's life sent to a running instance through its public API, its days passing quickly."""
