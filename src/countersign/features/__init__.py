"""What debtors and creditors usually do, in whole numbers that rules compare with.

Words: a window is a span that ends at the batch time; an observation is one decided order, whatever
was decided. A feature is `<entity>_<aggregate>_<window>`, such as `debtor_sum_24h`. Entry points:
`declared.FEATURES` (which there are) and `model.Features` (the state of all entities).
Definitions: docs/rules.md; they are the same for whoever computes them from the history.
"""
