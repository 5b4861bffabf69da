"""What is wrong with an experiment, found before its verdict is read."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
from scipy.stats import chi2_contingency, ttest_ind_from_stats

from helpers.errors import InputError
from helpers.proof.history import BEFORE

Kind = Literal["changed", "before", "lost", "contaminated", "not sent", "overlap", "one spender"]
UNLIKELY = 0.001
"""Chance below which groups drawn by lot are not believed to be: a thousand sound campaigns raise one false alarm."""
TOO_MANY = 0.05
"""Part of the holdout that was contacted all the same from which on a missing effect says nothing."""
FEW_REACHED = 0.8
ALL = frozenset({"worked", "not shown yet", "did harm"})


@dataclass(frozen=True)
class Doubt:
    """One thing that is wrong, or worth knowing.

    Attributes:
        kind: which check found it. said: the sentence, to be worded. forbids: verdicts that cannot stand beside it.
    """

    kind: Kind
    said: InputError
    forbids: frozenset[str] = frozenset()


def different_before(table: ir.Table, *, treated: str = "treated", holdout: str = "holdout") -> Doubt | None:
    """Groups that differed before anything was sent were not drawn by lot, or somebody changed them since.

    Orders, spending and days of silence before sending are compared by Welch's test, together at :data:`UNLIKELY` (Bonferroni).

    Args:
        table: of :func:`helpers.proof.history.with_history`, with `arm`.
    """
    measured: dict[str, Any] = {}
    for column in BEFORE:
        value = table[column]
        measured |= {f"{column}_n": value.count(), f"{column}_m": value.mean(), f"{column}_v": value.var()}
    arms = {row["arm"]: row for row in table.group_by("arm").agg(**measured).to_pyarrow().to_pylist()}
    if not {treated, holdout} <= set(arms):
        return None
    for column in BEFORE:
        one, two = ([arms[arm][f"{column}_{part}"] for part in "mvn"] for arm in (treated, holdout))
        if min(one[2], two[2]) < 2:
            continue
        if _chance(one, two) < UNLIKELY / len(BEFORE):
            said = InputError(
                "The two groups differed before anything was sent (contacted {orders} orders each, left out {orders_2}; silent for {quiet} "
                "and {quiet_2} days), so they were not drawn by lot and cannot be compared.",
                **{name + end: round(float(arms[arm][f"{which}_m"] or 0), 1) for name, which in (("orders", BEFORE[0]), ("quiet", BEFORE[2]))
                   for end, arm in (("", treated), ("_2", holdout))},
            )  # fmt: skip
            return Doubt("before", said, ALL)
    return None


def _chance(one: Sequence[float], two: Sequence[float]) -> float:
    """Chance of two means this far apart; each is mean, variance, n. Where nobody varies, any difference is one."""
    if not (one[1] or two[1]):
        return float(one[0] == two[0])
    (mean, variance, n), (mean_2, variance_2, n_2) = one, two
    found = ttest_ind_from_stats(mean, math.sqrt(variance), n, mean_2, math.sqrt(variance_2), n_2, equal_var=False)
    return float(found.pvalue)


def lost(treated: tuple[int, int], holdout: tuple[int, int]) -> Doubt | None:
    """Listed people nobody knows: harmless when both lists lose alike, fatal when one loses more than chance gives.

    Args:
        treated, holdout: rows of the list, and rows that name nobody we know.
    """
    unknown = treated[1] + holdout[1]
    if not unknown:
        return None
    known = [[rows - without, without] for rows, without in (treated, holdout)]
    uneven = sum(row[0] for row in known) > 0 and chi2_contingency(known).pvalue < UNLIKELY
    if uneven:
        said = InputError(
            "{missing} of {rows} people on the list of those contacted and {missing_2} of {rows_2} left out are not customers in the data; one "
            "list loses far more than the other, so the groups cannot be compared. Export both lists from the same system.",
            missing=treated[1], rows=treated[0], missing_2=holdout[1], rows_2=holdout[0],
        )  # fmt: skip
        return Doubt("lost", said, ALL)
    said = InputError(
        "{missing} people on the lists are not customers in the data and are not counted.", missing=unknown
    )
    return Doubt("lost", said)


def contact_log(
    people: ir.Table,
    contacts: ir.Table | None,
    names: Collection[str],
    *,
    treated: str = "treated",
    holdout: str = "holdout",
) -> tuple[Doubt, ...]:
    """Who was contacted in truth, where the contact log names the campaign: of those left out, and of those on the list.

    Args:
        people: customer_id × arm. names: what the log may call the campaign.
    """
    if contacts is None:
        return ()
    mine = contacts.filter(contacts.campaign.lower().strip().isin([n.strip().lower() for n in names if n.strip()]))
    counted = people.mutate(sent=people.customer_id.isin(mine.customer_id))
    rows = counted.group_by("arm").agg(n=counted.count(), sent=counted.sent.sum()).to_pyarrow().to_pylist()
    seen = {row["arm"]: (int(row["sent"]), int(row["n"])) for row in rows}
    (sent, n), (spoilt, m) = seen.get(treated, (0, 0)), seen.get(holdout, (0, 0))
    found = []
    if spoilt:
        said = InputError(
            "{count} of the {n} left out were contacted all the same, which makes the difference look smaller than it is.",
            count=spoilt, n=m,
        )  # fmt: skip
        forbids = {"not shown yet", "did harm"} if spoilt / m >= TOO_MANY else set()
        found.append(Doubt("contaminated", said, frozenset(forbids)))
    if sent and sent / n < FEW_REACHED:
        said = InputError(
            "The contact log shows only {count} of the {n} on the list as contacted; all of them are counted, so the effect on those reached "
            "is larger than shown.",
            count=sent, n=n,
        )  # fmt: skip
        found.append(Doubt("not sent", said))
    return tuple(found)


def overlap(
    people: ir.Table, other: ir.Table, name: str, *, treated: str = "treated", holdout: str = "holdout"
) -> Doubt | None:
    """People of this campaign who got another one at the same time.

    Both groups alike is noise; one group more than the other makes two campaigns one, and nobody can tell which did it.

    Args:
        people: customer_id × arm. other: customers the other campaign contacted. name: what it is called.
    """
    counted = people.mutate(also=people.customer_id.isin(other.customer_id))
    rows = counted.group_by("arm").agg(n=counted.count(), also=counted.also.sum()).to_pyarrow().to_pylist()
    seen = {row["arm"]: (int(row["also"]), int(row["n"])) for row in rows}
    if not {treated, holdout} <= set(seen) or not sum(also for also, _ in seen.values()):
        return None
    table = [[also, n - also] for also, n in (seen[treated], seen[holdout])]
    uneven = any(n - also for also, n in seen.values()) and chi2_contingency(table).pvalue < UNLIKELY
    values = {"campaign": name, "count": seen[treated][0], "count_2": seen[holdout][0]}
    if uneven:
        said = InputError(
            "“{campaign}” went to the same people at the same time ({count} of those contacted, {count_2} of those left out), so nobody can "
            "tell which of the two did it.",
            **values,
        )  # fmt: skip
        return Doubt("overlap", said, ALL)
    said = InputError(
        "“{campaign}” went to {count} of those contacted and {count_2} of those left out at the same time; both groups alike, so the "
        "comparison stands.",
        **values,
    )  # fmt: skip
    return Doubt("overlap", said)


def one_spender(times: float, *, decides: bool) -> Doubt:
    """One customer outspends all others so far that money says what they did, not what the campaign did.

    Args:
        times: their spending over the median of those who spent. decides: the verdict rests on money.
    """
    said = InputError(
        "One customer spent {times} times what a usual buyer did, so no figure in money is given: it would be about this one customer.",
        times=round(times),
    )  # fmt: skip
    return Doubt("one spender", said, ALL if decides else frozenset())


def digest(path: Path) -> str:
    """SHA-256 of a list as it lies there."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def changed(
    now: Mapping[str, str], *, fingerprint: str | None, before: Mapping[str, str], drawn: Sequence[str] = ()
) -> Doubt | None:
    """A list that is no longer what it was when it was drawn, or at the last report.

    Args:
        now: role (treated, holdout) → SHA-256. fingerprint: of the holdout as business.yml keeps it, the first 8 digits or more.
        before: the same as `now`, of the last report. drawn: SHA-256 of every list of that name a run has written.
    """
    held = now.get("holdout", "")
    if (fingerprint and not held.startswith(fingerprint.lower())) or (drawn and held not in drawn):
        said = InputError(
            "The list of those left out is not the one that was drawn: its fingerprint differs. Put the original back."
        )
        return Doubt("changed", said, ALL)
    altered = sorted(role for role, mark in before.items() if now.get(role, mark) != mark)
    if altered:
        said = InputError(
            "A list of this campaign was changed since the last report, after the outcome could be known; put the original back."
        )
        return Doubt("changed", said, ALL)
    return None


def members(table: ir.Table, arm: str) -> ir.Table:
    """Customers of one arm."""
    return table.filter(table.arm == ibis.literal(arm)).select("customer_id")
