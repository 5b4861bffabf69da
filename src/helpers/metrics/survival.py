"""Kaplan–Meier: how long something lasts when part of it is still going on; used for second orders, contracts and answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from helpers.metrics.uncertainty import FLOOR, NotEnough, wilson, z

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Survival:
    """A Kaplan–Meier curve, one entry per distinct duration.

    Attributes:
        times: durations, increasing. share: Ŝ, the share still going on after that time. low, high: 95 % interval (see
            :func:`kaplan_meier`). at_risk: those still followed just before it. n: followed from the start. events: ends seen.
    """

    times: tuple[int, ...]
    share: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[int, ...]
    n: int
    events: int

    def at(self, time: int) -> tuple[float, float, float] | None:
        """(share, low, high) still going on after `time`; None when nobody has been followed that long."""
        if not self.times or time > self.times[-1]:
            return None
        i = int(np.searchsorted(self.times, time, side="right")) - 1
        return (self.share[i], self.low[i], self.high[i]) if i >= 0 else (1.0, wilson(self.n, self.n).low, 1.0)

    def quantile(self, share: float) -> tuple[int | None, int | None, int | None]:
        """Time by which `share` of all have ended, with its 95 % interval (Brookmeyer & Crowley 1982).

        Returns:
            value, low, high; None for what lies beyond the time anybody was followed.
        """

        def first(curve: tuple[float, ...]) -> int | None:
            return next((t for t, s in zip(self.times, curve, strict=True) if s <= 1 - share + 1e-12), None)

        return first(self.share), first(self.low), first(self.high)


def kaplan_meier(
    times: npt.ArrayLike, events: npt.ArrayLike, censored: npt.ArrayLike, *, floor: int = FLOOR, tail: int | None = None
) -> Survival | NotEnough:
    """The curve from counts per duration (Kaplan & Meier 1958).

    Args:
        times: distinct durations, increasing. events: how many ended after that time. censored: how many were still going on
            when last seen after that time.
        floor: fewer than that give no curve. tail: it stops where fewer are still followed, `floor` unless told otherwise:
            beyond that it is one or two people.

    Returns:
        The curve with the log–log Greenwood interval (Kalbfleisch & Prentice); Wilson's for those still followed where nobody
        or everybody has ended, for which Greenwood's variance is zero.
    """
    t, ended, left = (np.asarray(column, dtype=np.int64) for column in (times, events, censored))
    n = int(ended.sum() + left.sum())
    if n < floor:
        return NotEnough(n, floor)
    at_risk = n - np.concatenate([[0], np.cumsum(ended + left)[:-1]])
    keep = at_risk >= (floor if tail is None else tail)
    d, risk = ended[keep], at_risk[keep]
    share = np.cumprod(1 - d / risk)
    low, high = _bounds(share, d, risk)
    return Survival(
        times=tuple(int(x) for x in t[keep]),
        share=tuple(float(x) for x in share),
        low=tuple(float(x) for x in low),
        high=tuple(float(x) for x in high),
        at_risk=tuple(int(x) for x in risk),
        n=n,
        events=int(ended.sum()),
    )


def _bounds(share: Array, d: npt.NDArray[np.int64], risk: npt.NDArray[np.int64]) -> tuple[Array, Array]:
    """Lower and upper bound of the share still going on."""
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(np.where(risk > d, d / (risk * (risk - d)), 0.0))
        width = z() * np.sqrt(greenwood) / np.abs(np.log(share))
        upper, lower = share ** np.exp(-width), share ** np.exp(width)
    # Wilson's bound for nought of m is q²/(m + q²)
    nought = z() ** 2 / (risk + z() ** 2)
    edges = [share == 1, share == 0]
    return np.select(edges, [1 - nought, 0.0], lower), np.select(edges, [1.0, nought], upper)
