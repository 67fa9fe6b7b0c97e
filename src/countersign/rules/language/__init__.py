"""The language of rules: SQL expressions over a vocabulary, in int64, bool and null.

Words: a vocabulary says which names there are and of what type; a reading is an expression whose
names and types were checked. Entry points: `reading.read_condition`, `for_rows.compile_rows`,
`for_arrays.compile_arrays`. The two ways to run it agree (tests/properties/test_rule_language.py).

Arithmetic: whole numbers of 64 bits; what does not fit is null, and so is a division by zero. Null
spreads as in SQL, and a condition that comes to null does not hold.
"""
