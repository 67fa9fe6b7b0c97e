"""What attackers read in a published policy. Amounts are parts of `large`."""

from collections.abc import Mapping
from typing import NamedTuple


class Limits(NamedTuple):
    """What the policy's public text says, as attackers use it."""

    large: Mapping[str, int]  # Minor units by currency: from here on a person looks.
    # A first payment to somebody from 1/so many on is looked at; and so is
    new_payee_parts: int
    first_order_parts: int  # the first order of an account.
    # With so many orders in a month a debtor has a habit, and what is
    habit_count: int
    usual_times: int  # so many times of it is unusual,
    floor_parts: int  # from 1/so many on.
    # With fewer, what is
    quiet_times: int  # so many times the greatest of the month stands out,
    quiet_parts: int  # from 1/so many on.
    seldom: int  # Up to so many payments of a month make no creditor known,
    growth_times: int  # and so many times the greatest of them is a leap.
    pair_times: int  # With a known creditor, so many times of what is usual is unusual.
    # To a creditor of this week, with so many payments before,
    young_count: int
    young_parts: int  # 1/so many together is looked at, if it is
    young_times: int  # so many times of what is usual;
    young_sum_parts: int  # 1/so many together whatever is usual,
    young_piece_parts: int  # if 1/so many of it comes at once.
    just_below_percent: int  # Two a day from so much of `large` on are looked at.
    drained_percent: int  # Taking so much of what is there is looked at,
    drained_parts: int  # from 1/so many on.
    # 1/so many of the account in a day, to somebody hardly known, is looked at,
    day_parts: int
    day_piece_parts: int  # from 1/so many of `large` on.
    # A day's payments to creditors of this month are looked at from 1/so many of `large` on,
    fresh_parts: int
    fresh_times: int  # if they are so many times of what is usual,
    fresh_floor_parts: int  # and the last of them is 1/so many or more.
    fresh_days: int  # After so many days a creditor is fresh no more.
    # With so many creditors of this month in a day, what they get is looked at
    scattered_count: int
    scattered_parts: int  # from 1/so many together on,
    scattered_times: int  # if it is so many times of what is usual,
    scattered_floor_parts: int  # and the last of it is 1/so many or more.
    # What creditors of this month get in it is looked at from 1/so many together on,
    only_new_parts: int
    only_new_percent: int  # if it is so much of all that the account pays
    only_new_floor_parts: int  # and the last of it is 1/so many or more.
    frequency_count: int  # So many orders within an hour are looked at.
    creditors_count: int  # So many creditors within an hour and one more, never paid before, are,
    creditors_parts: int  # if it is 1/so many of `large` together.
    repeated_count: int  # So often the same amount within an hour, and once more, is looked at.
    dormant_days: int  # After so many days of silence an order is looked at,
    dormant_parts: int  # from 1/so many on.
    # What leaves within a day is looked at from so much of what came in on,
    passing_from_percent: int
    passing_to_percent: int  # up to so much of it,
    passing_parts: int  # from 1/so many on.
    # The same within so many days,
    inflow_days: int
    passed_from_percent: int
    passed_to_percent: int
    passed_parts: int
