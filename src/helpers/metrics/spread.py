"""Do branches, staff, channels or weeks really differ, or is it chance? A guard against reading noise as a ranking.

Shares of small groups scatter even when all groups are alike: of twenty equal branches one is always last. Three steps keep that
from being read as a ranking:

1. Is there any difference at all? Pearson's X² over the groups, against its distribution when the same events are dealt out at
   random (the exact conditional distribution, by simulation), so that small groups need no large-sample formula.
2. Which group differs? Its distance from the others, against the largest such distance of any group in the same random deals
   (the max-T adjustment of Westfall & Young 1993): the chance of naming anybody wrongly is 5 % for all groups together.
3. What is a group's share likely to be? Its own share drawn towards that of all, the more so the fewer observations it has
   (empirical Bayes, beta–binomial; prior by moments as in Kleinman 1973).

Staff of a branch with bad ovens are no bad staff: where a layer is given (the branch), events are dealt out within it, and a group is
compared with what its own branches would give anybody.

Events that come in clumps (a rainy day makes every delivery late) scatter more than independent ones. Where the weeks within a group
scatter more than chance allows, counts are divided by that factor first (Rao & Scott 1992), so a bad week is no bad branch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from helpers.metrics.uncertainty import FLOOR, NotEnough, Rate, rate, wilson

DEALS = 4_999
"""Random deals; the smallest p-value there can be is 1/(DEALS + 1)."""
LEVEL = 0.05
_SEED = 20_07

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Side = Literal["higher", "lower"]


@dataclass(frozen=True)
class Cell:
    """`k` of `n` in one group, one layer (a branch; empty for none) and one clump of time (a week); `n` above zero."""

    group: str
    clump: str
    k: int
    n: int
    layer: str = ""


@dataclass(frozen=True)
class GroupShare:
    """One group.

    Attributes:
        group: its name. rate: its own share with Wilson's interval, or :class:`~helpers.metrics.uncertainty.NotEnough`.
        pooled: its share drawn towards what is to be expected of it; the best guess at what it will be next time.
        side: on which side of what is to be expected it can be told apart; None where it cannot.
    """

    group: str
    rate: Rate | NotEnough
    pooled: float
    side: Side | None


@dataclass(frozen=True)
class Spread:
    """How groups differ, beside how much they would differ by chance.

    Attributes:
        by: what the groups are ("branch", "staff", "channel", "week"). overall: all groups together. groups: in order of time for
            weeks, else largest first – never by their share, which would be a ranking.
        scatter: standard deviation of the groups' shares around what is to be expected of them, groups weighted by n.
        by_chance: what it would be on average if all groups were alike. real: standard deviation of the shares behind the counts,
            chance taken out; zero when chance explains all.
        p_value: how often chance alone gives at least this scatter. adjusted: the same when several comparisons are read
            together (:func:`together`). clumping: variance within groups from week to week over what independent events would
            give (1 when no more).
    """

    by: str
    overall: Rate
    groups: tuple[GroupShare, ...]
    scatter: float
    by_chance: float
    real: float
    p_value: float
    adjusted: float
    clumping: float

    @property
    def differ(self) -> bool:
        """Whether the groups as a whole differ by more than chance."""
        return self.adjusted < LEVEL

    @property
    def apart(self) -> tuple[GroupShare, ...]:
        """Groups that can be told apart; none unless the groups differ at all."""
        return tuple(group for group in self.groups if group.side is not None)


def compare(cells: Sequence[Cell], by: str) -> Spread | NotEnough:
    """Compare the shares of groups.

    Args:
        cells: counts per group, layer and week; with one cell per group clumping is taken to be none.
        by: what the groups are.

    Returns:
        :class:`NotEnough` with fewer than two groups of at least :data:`~helpers.metrics.uncertainty.FLOOR` observations.
    """
    deck = _Deck.of(cells)
    large = int((deck.size >= FLOOR).sum())
    if large < 2:
        return NotEnough(large, 2, "groups")
    clumping = _clumping(cells)
    thinned = deck.thinned(clumping)
    p_value, sides = _test(thinned)
    weight, real = _weights(thinned) if p_value < LEVEL else (np.zeros(len(deck.names)), 0.0)
    expected = deck.expected / deck.size
    pooled = np.clip(expected + weight * (deck.hits / deck.size - expected), 0.0, 1.0)
    found = [
        GroupShare(name, rate(int(k), int(n)), float(share), side)
        for name, k, n, share, side in zip(deck.names, deck.hits, deck.size, pooled, sides, strict=True)
    ]
    if by != "week":
        size = dict(zip(deck.names, deck.size, strict=True))
        found.sort(key=lambda group: (-size[group.group], group.group))
    chance = math.sqrt(clumping * float((deck.variance / deck.size).sum()) / float(deck.size.sum()))
    return Spread(
        by, wilson(int(deck.hits.sum()), int(deck.size.sum())), tuple(found), _scatter(deck), chance, real, p_value, p_value, clumping
    )  # fmt: skip


def together(found: Sequence[Spread]) -> tuple[Spread, ...]:
    """The same comparisons with Holm's adjustment (1979): reading twenty of them, one would "differ" by chance alone.

    Where a comparison does not stand, its groups are no longer told apart and are pooled altogether.
    """
    order = sorted(range(len(found)), key=lambda i: found[i].p_value)
    adjusted, running = dict.fromkeys(order, 1.0), 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, (len(found) - rank) * found[i].p_value))
        adjusted[i] = running
    return tuple(_adjusted(spread, adjusted[i]) for i, spread in enumerate(found))


def _adjusted(spread: Spread, value: float) -> Spread:
    if value < LEVEL:
        return replace(spread, adjusted=value)
    alike = tuple(replace(group, pooled=spread.overall.value, side=None) for group in spread.groups)
    return replace(spread, adjusted=value, groups=alike, real=0.0)


@dataclass(frozen=True)
class _Deck:
    """Counts to be dealt: hits per layer, observations per layer and group, hits per group."""

    names: tuple[str, ...]
    per_layer: Counts
    dealt_out: Counts
    hits: Floats

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> _Deck:
        names, layers = (sorted({getattr(cell, part) for cell in cells}) for part in ("group", "layer"))
        row, column = {name: i for i, name in enumerate(layers)}, {name: i for i, name in enumerate(names)}
        observed, hits = np.zeros((len(layers), len(names)), np.int64), np.zeros((len(layers), len(names)), np.int64)
        at = ([row[cell.layer] for cell in cells], [column[cell.group] for cell in cells])
        np.add.at(observed, at, [cell.n for cell in cells])
        np.add.at(hits, at, [cell.k for cell in cells])
        return cls(tuple(names), observed, hits.sum(axis=1), hits.sum(axis=0).astype(np.float64))

    def thinned(self, factor: float) -> _Deck:
        """As many observations as independent ones would carry the same information: every count divided by `factor`."""
        if factor == 1:
            return self
        observed = np.rint(self.per_layer / factor).astype(np.int64)
        observed[:, observed.sum(axis=0) == 0] = np.minimum(self.per_layer, 1)[:, observed.sum(axis=0) == 0]
        hits = np.minimum(np.rint(self.dealt_out / factor).astype(np.int64), observed.sum(axis=1))
        size = observed.sum(axis=0)
        return replace(self, per_layer=observed, dealt_out=hits, hits=self.hits / self.size * size)

    @property
    def size(self) -> Floats:
        """Observations per group."""
        return np.asarray(self.per_layer.sum(axis=0), dtype=np.float64)

    @property
    def share(self) -> Floats:
        """Share of each layer."""
        total = self.per_layer.sum(axis=1)
        return np.asarray(np.divide(self.dealt_out, total, out=np.zeros(len(total)), where=total > 0))

    @property
    def expected(self) -> Floats:
        """Hits to be expected of each group, given the layers it is in."""
        return np.asarray(self.share @ self.per_layer)

    @property
    def variance(self) -> Floats:
        """Of the hits of each group when they are dealt out at random (hypergeometric)."""
        total = self.per_layer.sum(axis=1, keepdims=True)
        left = (total - self.per_layer) / np.maximum(total - 1, 1)
        return np.asarray((self.per_layer * left * (self.share * (1 - self.share))[:, None]).sum(axis=0))

    def deal(self, rng: np.random.Generator) -> Floats:
        """Hits per group in :data:`DEALS` random deals; shape (deals, groups)."""
        rounds = [
            rng.multivariate_hypergeometric(n, int(k), size=DEALS, method="marginals")
            for n, k in zip(self.per_layer, self.dealt_out, strict=True)
        ]
        return np.asarray(np.sum(rounds, axis=0), dtype=np.float64)


def _clumping(cells: Sequence[Cell]) -> float:
    """Pearson's X² of the weeks within groups (and layers) over its degrees of freedom; never below 1."""
    names = sorted({(cell.group, cell.layer) for cell in cells})
    place = {name: i for i, name in enumerate(names)}
    of = np.array([place[cell.group, cell.layer] for cell in cells])
    k, n = (np.array([getattr(cell, part) for cell in cells], dtype=np.float64) for part in ("k", "n"))
    p = (np.bincount(of, k) / np.bincount(of, n))[of]
    usable = (p > 0) & (p < 1)
    degrees = int(usable.sum()) - len(np.unique(of[usable]))
    if degrees < 1:
        return 1.0
    x2 = ((k - n * p)[usable] ** 2 / (n * p * (1 - p))[usable]).sum()
    return max(1.0, float(x2) / degrees)


def _test(deck: _Deck) -> tuple[float, list[Side | None]]:
    """p-value of the whole, and the side of each group that differs, from deals of the same events at random."""
    variance, expected, size = deck.variance, deck.expected, deck.size
    if not (variance > 0).any():
        return 1.0, [None] * len(size)
    dealt = deck.deal(np.random.default_rng(_SEED))
    unit = np.sqrt(variance)

    def distances(hits: Floats) -> Floats:
        return np.asarray(np.divide(hits - expected, unit, out=np.zeros(np.shape(hits)), where=unit > 0))

    # each group's square, weighted by the room it leaves the others, adds up to Pearson's X² where there is one layer
    room = 1 - size / size.sum()
    z, z_dealt = distances(deck.hits), distances(dealt)
    x2, x2_dealt = (z**2 * room).sum(), (z_dealt**2 * room).sum(axis=1)
    p_value = (1 + int((x2_dealt >= x2 * (1 - 1e-9)).sum())) / (DEALS + 1)
    limit = np.quantile(np.abs(z_dealt).max(axis=1), 1 - LEVEL)
    named = p_value < LEVEL
    return p_value, [
        ("higher" if value > 0 else "lower") if named and abs(value) > limit and n >= FLOOR else None
        for value, n in zip(z, size, strict=True)
    ]


def _weights(deck: _Deck) -> tuple[Floats, float]:
    """How much of each group's own share to believe, and the standard deviation of the true shares (by moments)."""
    n, total = deck.size, float(deck.size.sum())
    p = float(deck.hits.sum()) / total
    between = float(((deck.hits - deck.expected) ** 2 / n).sum() - (deck.variance / n).sum())
    room = total - float((n**2).sum()) / total - (len(n) - 1)
    variance = between / room if room > 0 else 0.0
    if variance <= 0:
        return np.zeros(len(n)), 0.0
    strength = max(p * (1 - p) / variance - 1, 0.0)
    return n / (n + strength), math.sqrt(variance)


def _scatter(deck: _Deck) -> float:
    return math.sqrt(float(((deck.hits - deck.expected) ** 2 / deck.size).sum() / deck.size.sum()))
