"""How likely is it that a customer comes back within the next days, and who is at risk of not doing so?

The score is P(at least one order within H days), never 1 − P(alive): BG/NBD says every one-time buyer is alive, so
ranking by that measure is worse than chance. How the score is made stands in `return_score`; here it is put on every
customer, in the engine, and some are flagged — if the business's own past says that anybody can be singled out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from helpers.errors import key
from helpers.metrics import windows
from helpers.metrics.return_score import Scorer, learn
from helpers.metrics.uncertainty import Estimate, NotEnough
from helpers.metrics.windows import Past

AT_RISK = 0.5
"""Flagged: a chance of returning below this share of the average customer's."""

FLAGS = key("Flagged: customers whose chance of returning is less than half of the average customer's.")
NO_SIGNAL = key(
    "On this business's own past nobody could be singled out: who came when says too little about who returns. "
    "Treat everyone alike."
)
UNTESTED = key("There is too little history to test these chances on the past, so nobody is flagged.")


@dataclass(frozen=True)
class RiskSummary:
    """What the score rests on.

    Attributes:
        as_of: ISO date. horizon_days: days in which a return counts.
        customers: scored. average: mean chance of returning.
        method: "blend", "logistic" or "bg_nbd". weight_bg_nbd: its share of the log-odds.
        windows: past windows learned from. learned_from: customers in them.
        auc: on the latest past window, customers not shown to the regression; None when it could not be tested.
        signal: whether anybody can be singled out; None when it could not be tested.
        threshold: flagged below this chance; None when nobody is. flagged: how many are.
        verdict: English sentence for the reader.
    """

    as_of: str
    horizon_days: int
    customers: int
    average: float
    method: str
    weight_bg_nbd: float
    windows: int
    learned_from: int
    auc: Estimate | None
    signal: bool | None
    threshold: float | None
    flagged: int
    verdict: str


@dataclass(frozen=True)
class Risk:
    """The scores and what they rest on.

    Attributes:
        scores: customer_id and p_return_90d (or whatever the horizon is), missing when nothing can be said.
        summary: how they came about, or what is lacking.
    """

    scores: ir.Table
    summary: RiskSummary | NotEnough


def score(
    orders: ir.Table, customers: ir.Table, as_of: date, horizon_days: int = 90, past: Past | NotEnough | None = None
) -> Risk:
    """Chance of at least one order within the horizon, for every customer.

    Args:
        orders: canonical orders.
        customers: the customer summary at `as_of`.
        as_of: observation end.
        horizon_days: days in which a return counts.
        past: from `windows.look_back` with the same arguments, if at hand.

    Returns:
        The scores as an expression. Where the past offers no signal everybody gets the average chance and nobody is
        flagged; where nothing can be learned at all the column is missing and the summary says what is lacking.
    """
    column = f"p_return_{horizon_days}d"
    nothing = customers.select("customer_id", **{column: ibis.null("float64")})
    found = past if past is not None else windows.look_back(orders, as_of, horizon_days)
    scorer = found if isinstance(found, NotEnough) else learn(found)
    if isinstance(scorer, NotEnough):
        return Risk(nothing, scorer)
    known = windows.with_recent(customers, orders, as_of)
    scores = known.select("customer_id", **{column: scorer.expression(known)})
    average, n = _mean(scores, column)
    threshold, flagged = None, 0
    if scorer.signal:
        threshold = AT_RISK * average
        flagged = int(scores.filter(scores[column] < threshold).count().to_pyarrow().as_py())
    elif scorer.signal is False:
        scores = known.select("customer_id", **{column: ibis.literal(average)})
    return Risk(scores, _summary(scorer, as_of, n, average, threshold, flagged))


def _mean(scores: ir.Table, column: str) -> tuple[float, int]:
    row = scores.agg(mean=scores[column].mean(), n=scores.count()).to_pyarrow().to_pylist()[0]
    return float(row["mean"]), int(row["n"])


def _summary(scorer: Scorer, as_of: date, n: int, average: float, threshold: float | None, flagged: int) -> RiskSummary:
    verdict = {True: FLAGS, False: NO_SIGNAL, None: UNTESTED}[scorer.signal]
    return RiskSummary(
        as_of=as_of.isoformat(),
        horizon_days=scorer.horizon_days,
        customers=n,
        average=average,
        method=scorer.method,
        weight_bg_nbd=scorer.weight,
        windows=scorer.learned,
        learned_from=scorer.rows,
        auc=scorer.auc,
        signal=scorer.signal,
        threshold=threshold,
        flagged=flagged,
        verdict=verdict,
    )
