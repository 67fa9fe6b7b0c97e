"""A watched folder: files that senders put there are taken in and answered."""
