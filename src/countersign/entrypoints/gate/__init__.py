"""The gate's process: front and batcher, the intake beside it, snapshots, the head file's sync."""
