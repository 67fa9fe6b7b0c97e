"""The rail: the messages that carry a transfer out, and what came back."""
