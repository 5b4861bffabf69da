"""Were the flags right? Score and flags made one horizon ago on what was known then, against what happened since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir
import numpy as np
from scipy.special import expit

from helpers.errors import key
from helpers.metrics import return_score, windows
from helpers.metrics.histories import Floats
from helpers.metrics.risk import AT_RISK
from helpers.metrics.scores import auc, brier
from helpers.metrics.uncertainty import Estimate, NotEnough, Rate, rate
from helpers.metrics.windows import Past, Window

BINS = 10

HELPED = key("The flags of that day were right more often than simply listing those who had been away the longest.")
SAME = key("The flags of that day were about as right as simply listing those who had been away the longest.")
NOBODY = key("On that day nobody could have been singled out, so nobody was flagged.")


@dataclass(frozen=True)
class Bin:
    """A tenth of the customers by predicted chance: mean prediction, share who returned, how many customers."""

    predicted: float
    actual: float
    n: int


@dataclass(frozen=True)
class Method:
    """How one method did on the same customers.

    Attributes:
        name: "score", "days_since_last_order", "bg_nbd" or "logistic".
        auc: ranking. brier: closeness; None for a rule that gives no probability.
        precision: of as many customers as the score flagged, taken from this method's bottom, the share who stayed
        away.
    """

    name: str
    auc: Estimate
    brier: float | None
    precision: Rate | NotEnough


@dataclass(frozen=True)
class BackTest:
    """The score and its flags, one horizon ago.

    Attributes:
        made_on: ISO date the flags would have been made. horizon_days: days in which a return counts.
        n: customers judged. returned: how many of them came back.
        auc, brier: of the predicted chances.
        flagged: customers flagged on that day.
        precision: share of the flagged who stayed away. recall: share of those who stayed away who had been flagged.
        lift: precision over that of the plain rule "longest since the last order" with as many customers; None
        without flags.
        calibration: predicted against actual by tenths of customers, lowest chance first.
        methods: the score and its peers, side by side.
        verdict: English sentence for the reader.
    """

    made_on: str
    horizon_days: int
    n: int
    returned: int
    auc: Estimate
    brier: float
    flagged: int
    precision: Rate | NotEnough
    recall: Rate | NotEnough
    lift: float | None
    calibration: tuple[Bin, ...]
    methods: tuple[Method, ...]
    verdict: str


def backtest(
    orders: ir.Table, as_of: date, horizon_days: int = 90, past: Past | NotEnough | None = None
) -> BackTest | NotEnough:
    """Score the customers of `as_of − horizon_days` with nothing later than that day, and compare with what they did.

    Args:
        orders: canonical orders.
        as_of: observation end: the last day of which outcomes are known.
        horizon_days: days in which a return counts.
        past: from `windows.look_back` with the same arguments, if at hand.

    Returns:
        :class:`NotEnough` when that day lies too early, or too few customers came back or stayed away since.
    """
    found = past if past is not None else windows.look_back(orders, as_of, horizon_days)
    if isinstance(found, NotEnough):
        return found
    judged = found.windows[0] if found.windows else None
    if judged is None or judged.rarer < return_score.OUTCOMES_FLOOR:
        have = judged.rarer if judged is not None else 0
        return NotEnough(have, return_score.OUTCOMES_FLOOR, return_score.BOTH_OUTCOMES)
    scorer = return_score.learn(found.earlier())
    return scorer if isinstance(scorer, NotEnough) else _judge(scorer, judged)


def _judge(scorer: return_score.Scorer, judged: Window) -> BackTest:
    """Everything that is read off one scored window."""
    p = scorer.probability(judged)
    stayed = 1 - judged.returned
    flags = p < AT_RISK * p.mean() if scorer.signal else np.zeros(judged.n, dtype=bool)
    flagged = int(flags.sum())
    hits = int(stayed[flags].sum())
    methods = tuple(_methods(scorer, judged, p, flagged))
    rule = next(method for method in methods if method.name == "days_since_last_order").precision
    precision = rate(hits, flagged)
    lift = (
        precision.value / rule.value if isinstance(precision, Rate) and isinstance(rule, Rate) and rule.value else None
    )
    return BackTest(
        made_on=judged.origin.isoformat(),
        horizon_days=scorer.horizon_days,
        n=judged.n,
        returned=int(judged.returned.sum()),
        auc=auc(judged.returned, p),
        brier=brier(judged.returned, p),
        flagged=flagged,
        precision=precision,
        recall=rate(hits, int(stayed.sum())),
        lift=lift,
        calibration=calibrate(p, judged.returned),
        methods=methods,
        verdict=_verdict(precision, rule, flagged),
    )


def _verdict(precision: Rate | NotEnough, rule: Rate | NotEnough, flagged: int) -> str:
    if not flagged:
        return NOBODY
    if isinstance(precision, Rate) and isinstance(rule, Rate) and precision.value > rule.high:
        return HELPED
    return SAME


def _methods(scorer: return_score.Scorer, judged: Window, p: Floats, flagged: int) -> list[Method]:
    """The score and its peers on the same customers."""
    found = [
        _method("score", judged, p, p, flagged),
        _method("days_since_last_order", judged, -judged.since, None, flagged),
    ]
    if scorer.structure is not None:
        theirs = expit(return_score.structural_log_odds(scorer.structure, judged.each(), scorer.horizon_days))
        found.append(_method("bg_nbd", judged, theirs, theirs, flagged))
    if scorer.regression is not None:
        own = expit(scorer.regression.log_odds(judged.features))
        found.append(_method("logistic", judged, own, own, flagged))
    return found


def _method(name: str, judged: Window, ranking: Floats, probability: Floats | None, flagged: int) -> Method:
    # a stable sort, so that ties are cut the same way on every run
    bottom = np.argsort(ranking, kind="stable")[:flagged]
    return Method(
        name=name,
        auc=auc(judged.returned, ranking),
        brier=None if probability is None else brier(judged.returned, probability),
        precision=rate(int((1 - judged.returned[bottom]).sum()), flagged),
    )


def calibrate(probability: Floats, returned: Floats, bins: int = BINS) -> tuple[Bin, ...]:
    """Predicted against actual by equally large groups of customers, lowest chance first."""
    order = np.argsort(probability, kind="stable")
    return tuple(
        Bin(float(probability[part].mean()), float(returned[part].mean()), len(part))
        for part in np.array_split(order, min(bins, len(order)))
        if len(part)
    )
