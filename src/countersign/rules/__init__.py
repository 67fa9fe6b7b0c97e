"""Plain rules over what is known of an order, and the policy that gives their thresholds.

Words: a rule answers yes or no to `model.Facts`-like values; a policy version is its content hash.
Entry points: `model.Policy`, `policy.findings`.
"""
