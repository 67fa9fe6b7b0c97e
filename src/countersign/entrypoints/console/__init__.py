"""The console: pages for the people who watch, decide and prove. A process and a socket of its own.

Words: a link opens a session once; a page reads the database and shows masked parties; an act is a
command to the gate under a key that its form carries. Entry points: `main`, `app`, `links`.
"""
