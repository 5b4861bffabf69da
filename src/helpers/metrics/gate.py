"""Does this business see its customers leave (contractual), or must it infer it from silence (non-contractual), or both?

The two need different models, and the wrong one is wrong in a known direction. This module decides from the data given, says
why, and says no to the wrong model with the direction of its bias (Fader & Hardie, "Probability Models for Customer-Base Analysis",
*Journal of Interactive Marketing* 23, 2009: the classification of contractual and non-contractual settings).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from helpers.errors import key
from helpers.metrics.contracts import PAUSE_DAYS, paid_contracts
from helpers.metrics.histories import Degenerate
from helpers.metrics.orders import identified
from helpers.metrics.uncertainty import FLOOR, NotEnough, Rate, rate

Kind = Literal["contractual", "non-contractual", "both"]

CONTRACTUAL_FROM = 0.8
"""From this share of buyers under contract on, the rest is too small to be a business of its own."""
YEAR_DAYS = 365
OLD_DAYS, OLD_ENOUGH = 90, 30
"""This many contracts older than that without a single end: ends are not being recorded."""

NO_CONTRACTS = key(
    "There is no list of contracts: customers come as they like, and who has left can only be told from silence."
)
FEW_CONTRACTS = key(
    "So few customers hold a paid contract that they say nothing about the rest, who come as they like."
)
COVERED = key("Nearly everybody who buys holds or held a contract, so it is seen when somebody leaves.")
NO_BUYERS = key("There are contracts, and no purchases of known customers beside them.")
MIXED = key("Some customers hold contracts and the others come as they like: each group is measured in its own way.")
ASKED = key("Your settings say so.")

PAYMENTS_ARE_NOT_LOYALTY = key(
    "Nothing is inferred from silence for customers under contract: payments that fall due anyway look like loyal repeat buying, so people would seem to stay long after they left, and the forecast would be too high."
)
SILENCE_IS_NOT_MEMBERSHIP = key(
    "Losses and fees kept are not counted without contracts: whoever just stays away would still count as a member, so losses would look too small."
)
ENDS_MISSING = key(
    "Losses are not counted because no contract has an end recorded: whoever left still counts as a member, so losses would look too small and memberships too long. Note the day each contract ends."
)
PRESSED = key(
    "Most buyers are under contract, yet your settings treat them as free to come and go: their regular payments look like loyalty, so expect these forecasts to be too high."
)


@dataclass(frozen=True)
class Gate:
    """Which way this business is measured.

    Attributes:
        kind: contractual, non-contractual or both. reason: why, a sentence (catalog key). overridden: `model:` of business.yml
            decided. found: what the data alone would have said. contracts, ended: paid contracts and how many have an end.
        covered: of the known buyers of the last year, the share who hold or held a paid contract; None when there is no table.
        refused: "silence" (BG/NBD and everything built on it) or "contracts" (churn, GRR, tenure, sBG) → why not.
        warning: said beside the numbers when the owner's setting goes against the data; else empty.
    """

    kind: Kind
    reason: str
    overridden: bool
    found: Kind
    contracts: int
    ended: int
    covered: Rate | NotEnough | None
    refused: Mapping[str, str]
    warning: str = ""

    def refusal(self, model: Literal["silence", "contracts"]) -> Degenerate | None:
        """Why a model of this family is not to be fitted; None when it may be."""
        return Degenerate(self.refused[model]) if model in self.refused else None


def decide(
    subscriptions: ir.Table | None,
    orders: ir.Table,
    *,
    as_of: date,
    override: Kind | None = None,
    pause_days: int = PAUSE_DAYS,
) -> Gate:
    """Decide from the tables, or obey `override`.

    Contractual: at least :data:`CONTRACTUAL_FROM` of the last year's known buyers hold or held a paid contract (or there are only
    contracts). Both: fewer do. Non-contractual: no table, or fewer than :data:`~helpers.metrics.uncertainty.FLOOR` members.
    """
    if subscriptions is None:
        return _gate("non-contractual", NO_CONTRACTS, override, 0, 0, None, recorded=False)
    paid = paid_contracts(subscriptions, as_of=as_of, pause_days=pause_days)
    old = paid.start <= ibis.literal(as_of - timedelta(days=OLD_DAYS))
    counts = paid.agg(
        n=paid.count(), members=paid.customer_id.nunique(), ended=paid.until.notnull().sum(), old=old.sum()
    )
    row = {name: int(value or 0) for name, value in counts.to_pyarrow().to_pylist()[0].items()}
    covered, buyers = _covered(paid, orders, as_of)
    recorded = row["ended"] > 0 or row["old"] < OLD_ENOUGH
    kind, reason = _found(row["members"], covered, buyers)
    return _gate(kind, reason, override, row["n"], row["ended"], covered, recorded=recorded and row["n"] > 0)


def _covered(paid: ir.Table, orders: ir.Table, as_of: date) -> tuple[Rate | NotEnough, int]:
    """Share of the last year's buyers with a paid contract, and how many buyers there are."""
    known = identified(orders, as_of)
    buyers = known.filter(known.day > ibis.literal(as_of - timedelta(days=YEAR_DAYS))).select("customer_id").distinct()
    members = paid.select("customer_id").distinct()
    n = int(buyers.count().to_pyarrow().as_py())
    k = int(buyers.semi_join(members, "customer_id").count().to_pyarrow().as_py())
    return rate(k, n), n


def _found(members: int, covered: Rate | NotEnough, buyers: int) -> tuple[Kind, str]:
    if members < FLOOR:
        return "non-contractual", FEW_CONTRACTS
    if not buyers:
        return "contractual", NO_BUYERS
    if isinstance(covered, NotEnough) or covered.value >= CONTRACTUAL_FROM:
        return "contractual", COVERED
    return "both", MIXED


def _gate(
    found: Kind, reason: str, override: Kind | None, n: int, ended: int, covered: Rate | NotEnough | None, *, recorded: bool
) -> Gate:  # fmt: skip
    kind = override or found
    refused: dict[str, str] = {}
    if kind == "contractual":
        refused["silence"] = PAYMENTS_ARE_NOT_LOYALTY
    if kind == "non-contractual" or not n:
        refused["contracts"] = SILENCE_IS_NOT_MEMBERSHIP
    elif not recorded:
        refused["contracts"] = ENDS_MISSING
    warning = PRESSED if kind == "non-contractual" and found != "non-contractual" else ""
    return Gate(kind, ASKED if override else reason, override is not None, found, n, ended, covered, refused, warning)


def free_orders(orders: ir.Table, subscriptions: ir.Table | None, kind: str, *, as_of: date) -> ir.Table:
    """Orders of customers who come as they like, the only ones a model of silence may learn from.

    Where both kinds are measured, whoever ever held a paid contract is left out; anonymous orders stay.
    """
    if kind != "both" or subscriptions is None:
        return orders
    return orders.anti_join(paid_contracts(subscriptions, as_of=as_of).select("customer_id").distinct(), "customer_id")


def contracts_of(subscriptions: ir.Table | None, recorded: Mapping[str, Any]) -> ir.Table | None:
    """The subscriptions table if the gate, as recorded in a run's facts, lets contracts be measured; else None."""
    return None if "contracts" in recorded["refused"] else subscriptions
