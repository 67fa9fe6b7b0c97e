"""The worker: takes what the gate released to the rail, and what the rail says back to the gate."""
