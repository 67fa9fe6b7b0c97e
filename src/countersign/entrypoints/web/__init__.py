"""What the API and the console both need of HTTP: a bounded server, and bounded reading."""
