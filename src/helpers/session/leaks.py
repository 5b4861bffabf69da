"""Leaks in money, as the last run sized them: names, what each rests on, and what is not recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from helpers.errors import key
from helpers.language import Language

LEAKS: Mapping[str, str] = {
    "ended_contracts": key("Memberships that end"),
    "silent_regulars": key("Regulars who have gone quiet"),
    "declining": key("Regulars who still come but spend less"),
    "first_timers": key("First-time buyers, against your own best quarter"),
    "late_deliveries": key("First deliveries that came late"),
}
"""Leak id → its everyday name (catalog keys)."""
ASSUMED: Mapping[str, str] = {
    "ended_contracts": key(
        "Fees of the memberships that ended, a month on average. Whether somebody would have stayed is not known."
    ),
    "silent_regulars": key(
        "What they really spent in the last year, by month, times the chance that each does not return within 90 days. It takes for "
        "granted that they would have gone on as before."
    ),
    "declining": key(
        "What is missing against the weeks before, beyond what the whole business moved. Some will come back to it by themselves."
    ),
    "first_timers": key(
        "How many fewer return than in your own best quarter, times what one who returns brings. The best quarter flatters: an upper mark, "
        "no forecast."
    ),
    "late_deliveries": key(
        "How many fewer return after a late first delivery than after one on time. Being late need not be the only difference between them."
    ),
}
"""Leak id → what its size takes for granted (catalog keys)."""
NEEDS: Mapping[str, str] = {"late_deliveries": "deliveries"}
"""Leak id → table without which it cannot be sized."""


@dataclass(frozen=True)
class Sized:
    """One leak in words.

    Attributes:
        leak: id. name, amount, size, assumed: what it is called, money a month, range and customers, what that takes for granted.
    """

    leak: str
    name: str
    amount: str
    size: str
    assumed: str


def sized(numbers: Mapping[str, Any] | None, say: Language, money: Callable[[float], str]) -> tuple[Sized, ...]:
    """The leaks of the last run, largest first; none before the first run.

    Args:
        money: words an amount.
    """
    return tuple(
        Sized(
            leak["leak"],
            say.text(LEAKS[leak["leak"]]),
            say.text("{money} a month", money=money(leak["monthly"])),
            say.plural(
                "Most likely between {low} and {high}; it concerns {n} customer.",
                "Most likely between {low} and {high}; it concerns {n} customers.",
                leak["customers"], low=money(leak["low"]), high=money(leak["high"]),
            ),
            say.text(ASSUMED[leak["leak"]]),
        )
        for leak in (numbers or {}).get("leaks") or ()
    )  # fmt: skip


def unsized(numbers: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Leaks that cannot be sized because the table they need is not recorded."""
    recorded = set((numbers or {}).get("optional_tables") or ())
    return tuple(leak for leak, table in NEEDS.items() if numbers and table not in recorded)
