"""The only code that knows argv, processes and, later, HTTP and HTML; wiring happens here, once."""
