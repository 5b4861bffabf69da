"""MBG/NBD: like BG/NBD, but a customer may leave after the very first order (Batislam, Denizel & Filiztekin 2007)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpers.metrics import beta_geometric_fit
from helpers.metrics.beta_geometric import BetaGeometric
from helpers.metrics.histories import Degenerate, Histories
from helpers.metrics.uncertainty import NotEnough


@dataclass(frozen=True)
class MbgNbd(BetaGeometric):
    """Modified beta-geometric / negative binomial: one-time buyers may be gone too, the older the likelier."""

    shift: ClassVar[int] = 1


def fit(h: Histories) -> MbgNbd | NotEnough | Degenerate:
    """Fit MBG/NBD by maximum likelihood.

    Args:
        h: from `histories.compress`.

    Returns:
        The model, or why there is none: too few customers, or a history that cannot pin it down.
    """
    return beta_geometric_fit.fit(MbgNbd, h)
