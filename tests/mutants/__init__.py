"""Each defence, how it is switched off, and the test that must then fail: see mutants.toml."""
