"""The chance of returning, learned: two views of a customer, how much each counts, and where their average stands.

BG/NBD (or MBG/NBD, whichever explains the history better) knows how customers age; a ridge logistic regression has
learned from what happened after earlier days of this very business. How much each counts is found on the latest past
window, on customers the regression was not shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy.special import expit, logit

from helpers.errors import key
from helpers.metrics import bg_nbd, logistic, mbg_nbd, windows
from helpers.metrics.beta_geometric import BetaGeometric
from helpers.metrics.histories import Floats, Histories
from helpers.metrics.scores import auc, point_log_loss
from helpers.metrics.uncertainty import Estimate, NotEnough
from helpers.metrics.windows import Past, Window

OUTCOMES_FLOOR = 30
"""Customers of each outcome (came back, stayed away) a past window needs before anything is learned from it."""

BOTH_OUTCOMES = key("customers who came back and customers who stayed away")

SIGNAL_FLOOR = 0.55
"""The lower bound of the AUC must exceed this before anybody is flagged: at 0.5 the list might be drawn by lot."""

_LEARN_FULLY = 1_000  # outcomes of the rarer kind from which on the latest window needs little help from older ones
_OLDER = 0.6
_NEGLIGIBLE = 0.1
_DRIFT = 0.25  # how far the level of log-odds typically moves from one window to the next
_EDGE = 1e-5


@dataclass(frozen=True)
class Scorer:
    """A fitted score; made by :func:`learn`.

    Attributes:
        regression, structure: the two views, at least one present. weight: share of `structure` in the log-odds.
        shift: added to the log-odds. auc, signal: as in :class:`RiskSummary`. learned: windows used. rows: customers
        in them.
    """

    regression: logistic.Logistic | None
    structure: BetaGeometric | None
    weight: float
    shift: float
    auc: Estimate | None
    signal: bool | None
    learned: int
    rows: int
    typical_gap: float
    horizon_days: int

    @property
    def method(self) -> str:
        """Which views the score rests on."""
        if self.regression is None:
            return "bg_nbd"
        return "blend" if self.structure is not None and self.weight > 0 else "logistic"

    def probability(self, window: Window) -> Floats:
        """Chance of returning of every customer in a window."""
        parts = []
        if self.regression is not None and self.weight < 1:
            parts.append((1 - self.weight, self.regression.log_odds(window.features)))
        if self.structure is not None and self.weight > 0:
            parts.append((self.weight, structural_log_odds(self.structure, window.each(), self.horizon_days)))
        return np.asarray(expit(sum(w * z for w, z in parts) + self.shift))

    def expression(self, known: ir.Table) -> ir.FloatingValue:
        """The same as an expression on `windows.with_recent`."""
        total: ir.FloatingValue = known.frequency.cast("float64") * 0 + self.shift
        if self.regression is not None and self.weight < 1:
            columns = windows.features(known, self.typical_gap)
            total = total + self.regression.expression(list(columns.values())) * (1 - self.weight)
        if self.structure is not None and self.weight > 0:
            p = ibis.greatest(
                ibis.least(self.structure.p_return_expression(known, self.horizon_days), 1 - _EDGE), _EDGE
            )
            total = total + (p / (1 - p)).ln() * self.weight
        return 1 / (1 + (-total).exp())


def structural_log_odds(model: BetaGeometric, h: Histories, horizon_days: int) -> Floats:
    """Log-odds of returning by the structural model, kept off the ends."""
    return np.asarray(logit(np.clip(model.p_return(h, horizon_days / model.unit_days), _EDGE, 1 - _EDGE)))


def better_structure(h: Histories) -> BetaGeometric | None:
    """BG/NBD or MBG/NBD, whichever explains the history better; None when neither fits."""
    fits = [model.fit(h) for model in (bg_nbd, mbg_nbd)]
    fitted = [model for model in fits if isinstance(model, BetaGeometric)]
    return max(fitted, key=lambda model: model.log_likelihood, default=None)


def usable(past: Past) -> tuple[Window, ...]:
    """Windows with enough customers of both outcomes, latest first."""
    return tuple(window for window in past.windows if window.rarer >= OUTCOMES_FLOOR)


def learn(past: Past) -> Scorer | NotEnough:
    """Fit the score for the customers of `past.now` on the windows before it, whose outcomes were known by then."""
    structure = better_structure(past.now.histories())
    learned = usable(past)
    if not learned:
        if structure is None:
            have = past.windows[0].rarer if past.windows else 0
            return NotEnough(have, OUTCOMES_FLOOR, BOTH_OUTCOMES)
        return Scorer(None, structure, 1.0, 0.0, None, None, 0, 0, past.typical_gap, past.horizon_days)
    older = _weights(learned)
    learned = learned[: len(older)]
    regression = _regress(learned, older)
    tested = _unseen(learned, older)
    weight, shift, latest = 0.0, 0.0, learned[0]
    then = _refit(structure, latest)
    if structure is not None and then is not None:
        theirs = structural_log_odds(then, latest.each(), past.horizon_days)
        weight = _weight(tested, theirs, latest.returned)
        tested = (1 - weight) * tested + weight * theirs
        shift = _level(regression, structure, weight, past, theirs, latest.returned)
    score = auc(latest.returned, tested)
    return Scorer(
        regression=regression,
        structure=structure if then is not None else None,
        weight=weight,
        shift=shift,
        auc=score,
        signal=score.low > SIGNAL_FLOOR,
        learned=len(learned),
        rows=sum(window.n for window in learned),
        typical_gap=past.typical_gap,
        horizon_days=past.horizon_days,
    )


def _weights(learned: tuple[Window, ...]) -> list[float]:
    """How much a customer counts by window: the more the latest has to say, the less the older; negligible ones go."""
    decay = min(_OLDER, _LEARN_FULLY / learned[0].rarer)
    return [decay**i for i in range(len(learned)) if decay**i >= _NEGLIGIBLE]


def _regress(learned: tuple[Window, ...], older: list[float], without: int | None = None) -> logistic.Logistic:
    """The regression on all windows, leaving out one fold of customers if asked to."""
    keep = [np.ones(w.n, dtype=bool) if without is None else w.fold != without for w in learned]
    return logistic.fit(
        np.vstack([w.features[k] for w, k in zip(learned, keep, strict=True)]),
        np.concatenate([w.returned[k] for w, k in zip(learned, keep, strict=True)]),
        np.concatenate([np.full(int(k.sum()), weight) for k, weight in zip(keep, older, strict=True)]),
        np.array([windows.bounded(name) for name in windows.names()]),
    )


def _unseen(learned: tuple[Window, ...], older: list[float]) -> Floats:
    """Log-odds on the latest window, each customer scored by a regression fitted without them."""
    latest = learned[0]
    out = np.zeros(latest.n)
    for fold in range(windows.FOLDS):
        part = latest.fold == fold
        out[part] = _regress(learned, older, without=fold).log_odds(latest.features[part])
    return out


def _refit(structure: BetaGeometric | None, window: Window) -> BetaGeometric | None:
    """The same kind of structural model on what was known at a window."""
    if structure is None:
        return None
    module = bg_nbd if isinstance(structure, bg_nbd.BgNbd) else mbg_nbd
    found = module.fit(window.histories())
    return found if isinstance(found, BetaGeometric) else None


def _weight(learned: Floats, structural: Floats, returned: Floats) -> float:
    """Share of the structural view on the latest window.

    The smallest whose log loss cannot be told from the best one's (within one standard error of their difference): where both
    views predict alike, the one that has seen what this business's customers really did is to be preferred.
    """
    grid = np.linspace(0, 1, 21)
    losses = np.array([point_log_loss(returned, (1 - w) * learned + w * structural) for w in grid])
    excess = losses - losses[losses.mean(axis=1).argmin()]
    error = excess.std(axis=1) / np.sqrt(len(returned))
    return float(grid[np.argmax(excess.mean(axis=1) <= error)])


def _level(
    regression: logistic.Logistic, structure: BetaGeometric, weight: float, past: Past, theirs: Floats, returned: Floats
) -> float:
    """Where the average should stand between the two views, weighted by how precise each is about it.

    The regression repeats the level of the last window, which typically drifts by :data:`_DRIFT`; the structural
    model lets the customers age, and its error is what it missed on the latest window.
    """
    h = past.now.each()
    mine = (1 - weight) * regression.log_odds(past.now.features) + weight * structural_log_odds(
        structure, h, past.horizon_days
    )
    missed = logistic.shift_to_mean(theirs, float(returned.mean()))
    expected = float(structure.p_return(h, past.horizon_days / structure.unit_days).mean())
    toward = logistic.shift_to_mean(mine, expected)
    return toward * _DRIFT**2 / (_DRIFT**2 + missed**2)
