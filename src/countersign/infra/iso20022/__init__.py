"""ISO 20022 messages as files: the official schemas, and a reader for files that may be hostile.

Entry points: `parser.MessageReader` (a file as validated pieces, in bounded memory),
`own_thread.in_own_thread` to read it in, and `schemas.load_schema`. What the pieces mean is not
known here; that is a domain's.
"""
