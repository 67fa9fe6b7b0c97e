"""What the simulated attackers read in a published policy."""

from countersign.rules.model import Policy
from countersign.simulator.attacks.scene import Limits


def limits_of(policy: Policy) -> Limits:
    """What attackers know of the rules; a test holds it against them."""
    return Limits(
        large=policy.amounts["large"],
        new_payee_parts=6,
        floor_parts=40,
        usual_times=10,
        seldom=3,
        growth_times=3,
        pair_times=5,
        young_parts=20,
        young_sum_parts=2,
        just_below_percent=90,
        drained_percent=90,
        day_parts=3,
        inflow_days=7,
        fresh_floor_parts=20,
        fresh_parts=5,
        fresh_times=8,
    )
