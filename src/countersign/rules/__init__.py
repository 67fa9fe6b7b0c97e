"""Rules over what is known of an order, and the policy that holds them.

Words: a rule is one condition with its sentence and weight; a typology weighs rules that fired and
has the thresholds at which it alerts and at which it stops; a policy is all of it, and its version
is the hash of its content. Entry points: `model.Policy`, `default.DEFAULT_POLICY`, `judge.Judge`.
"""
