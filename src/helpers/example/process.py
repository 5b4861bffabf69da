"""What is true of the invented café: every number the simulation obeys, with its unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BUSINESS = "Tiệm Cà Phê Mây"
BRANCHES = ("Chi nhánh Bến Sông", "Chi nhánh Hồ Sen")
CHANNELS = ("Tại quán", "Mang đi", "Giao hàng")
DELIVERY = 2
"""Position of the delivery channel in `CHANNELS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """The process behind the example business.

    Days are counted from `first_day` (0.0 is its midnight); rates are per day; money is in đồng; probabilities
    are between 0 and 1. A "chance to return" is the chance that the customer is still alive after a visit.
    """

    first_day: date = date(2024, 7, 1)
    last_day: date = date(2026, 6, 30)

    # Arrivals: people who give a name at the till for the first time, per calendar month.
    new_customers: tuple[int, ...] = (
        *(70, 60, 60, 64, 60, 58, 40, 58, 58),  # 2024-07 … 2025-03, one branch
        *(82, 82, 84, 88, 94),  # 2025-04 … 2025-08, second branch settles in
        *(266, 286, 298, 286, 250),  # 2025-09 … 2026-01, a season of paid advertising
        *(62, 98, 98, 96, 92),  # 2026-02 … 2026-06
    )  # fmt: skip
    walk_ins: tuple[int, ...] = (*(315,) * 8, *(440,) * 16)
    """Anonymous receipts per calendar month."""
    second_branch_opens: date = date(2025, 3, 8)
    second_branch_share: float = 0.56
    """Share of new customers whose home is the second branch once it is open."""
    home_share: float = 0.95
    """Share of a customer's visits made at the home branch."""

    # Rhythm: visits per day while alive, gamma across customers, times the season (see `helpers.example.season`).
    rate_shape: float = 3.0
    mean_gap_days: float = 11.3
    """Inverse of the mean rate, days; waiting starts on the morning after a visit."""

    # Dropout: after every visit, with a chance that differs between customers (beta).
    dropout_a: float = 0.56
    dropout_b: float = 0.68

    # An opening event with half price brings people who came for the price.
    event_customers: int = 200
    event_first_day: date = date(2025, 3, 8)
    event_last_day: date = date(2025, 3, 16)
    event_return_factor: float = 0.21
    """Multiplies the chance to return after the first visit."""

    # Deliveries that miss their promise.
    late_share: float = 0.12
    bad_late_share: float = 0.45
    bad_branch: int = 1
    bad_from: date = date(2025, 9, 1)
    bad_until: date = date(2026, 1, 31)
    late_first_return_factor: float = 0.40
    """Multiplies the chance to return when the very first order was a late delivery."""

    # Complaints; the answer decides.
    complaint_share: float = 0.012
    complaint_share_late: float = 0.09
    response_median_hours: float = 5.0
    response_sigma: float = 2.0
    never_answered_share: float = 0.06
    fast_hours: float = 1.0
    slow_hours: float = 24.0
    return_factor_fast: float = 0.95
    return_factor_middle: float = 0.70
    return_factor_slow: float = 0.35
    """Answered later than `slow_hours`, or never."""

    # The past campaign with its holdout.
    campaign_day: date = date(2026, 3, 16)
    campaign_hour: int = 9
    campaign_window_days: int = 30
    silent_from_days: int = 45
    silent_to_days: int = 200
    treated_share: float = 0.75
    uplift: float = 0.12
    """Added probability of at least one order within the window, and added orders per treated person."""
    voucher: int = 15_000
    message_cost: int = 350
    campaign_setup_cost: int = 300_000

    # Papers of the till.
    cancelled_share: float = 0.015
    edited_invoices: int = 25
    """Of the cancelled invoices, how many were replaced by one whose number ends in ".01"."""
    processing_invoices: int = 6
    """Open on the last two days, besides what is still on the road at `export_minute`."""
    export_minute: int = 22 * 60 + 5
    """Minute of the last day at which the export was taken."""
    feedback_rows: int = 1_500

    @property
    def days(self) -> int:
        """Days observed, both ends included."""
        return (self.last_day - self.first_day).days + 1

    def day(self, when: date) -> int:
        """Days from `first_day` to the midnight that begins `when`."""
        return (when - self.first_day).days

    @property
    def month_starts(self) -> tuple[int, ...]:
        """Day number of the first day of every month observed, closed by the day after the last."""
        months = np.arange(
            np.datetime64(self.first_day, "M"), np.datetime64(self.last_day, "M") + np.timedelta64(2, "M")
        )
        return tuple(int(n) for n in (months.astype("M8[D]") - np.datetime64(self.first_day, "D")).astype(np.int64))
