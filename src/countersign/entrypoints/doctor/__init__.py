"""The checks of `countersign doctor`: one small function each, listed in `examination`.

Rules: 1. A check changes nothing and waits a few seconds at most. 2. It says in English and Chinese
what it found and what to do next, and never a secret or a driver's own words. 3. One that has
nothing to look at says nothing. 4. Codes are stable: monitoring may rely on them.
"""
