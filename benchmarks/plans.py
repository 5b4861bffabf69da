"""Plans against simpler habits, in worlds whose responses are known: `python -m benchmarks.plans --write`.

Each world is a small business with its own response of every play in every group of customers, which nobody who plans can see. Under
the same money and the same hours three plans are made: ours; the customers most at risk first, each with the play least in effort
for their group; and customers at random with a play at random. What each brings is the sum of the true responses of those it reaches.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from benchmarks import rounds
from helpers import engine, playbook
from helpers.business import Business
from helpers.campaigns.audience import ANSWERS
from helpers.campaigns.limits import Limits
from helpers.campaigns.plan import Assumed, OwnResult, contact_cash, contact_cost, plan
from helpers.metrics.uncertainty import Estimate
from helpers.playbook import Play, Playbook

SHARES = {
    "new": 0.05, "one_time_not_due": 0.05, "one_time_overdue": 0.22, "promising": 0.06, "regular": 0.10, "champion": 0.05,
    "declining_watch": 0.03, "declining_call": 0.03, "overdue_regular": 0.06, "lapsed": 0.12, "lost": 0.23,
}  # fmt: skip
RETURNING = {
    "new": 0.35, "one_time_not_due": 0.3, "one_time_overdue": 0.06, "promising": 0.5, "regular": 0.8, "champion": 0.92,
    "declining_watch": 0.75, "declining_call": 0.6, "overdue_regular": 0.4, "lapsed": 0.15, "lost": 0.03,
}  # fmt: skip
SHOP = Business(name="Shop", sources={}, margin=0.6, message_cost=350.0, minute_cost=700.0)
ORDER = 300_000.0
"""A typical order, đồng: a spa or a fashion shop. In a café (60,000) hardly any play pays for the staff's time, and ours then plans nothing."""
LIMITS = Limits(weeks=4, budget=3_000_000.0, minutes={"marketing": 600.0, "sales": 1_200.0, "care": 1_200.0})
CUSTOMERS = 3_000
Effects = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class World:
    """A business: segment, chance to return, mean order and reach of each customer, and what nobody sees: the true effects."""

    segment: np.ndarray
    p_return: np.ndarray
    order: np.ndarray
    reachable: np.ndarray
    effects: Effects


@dataclass(frozen=True)
class Outcome:
    """What a plan brings and costs, expected over the true responses."""

    margin: float
    cost: float
    cash: float
    customers: int


def pairs(book: Playbook) -> list[tuple[Play, str]]:
    """Every play with an assumed effect, for each of its groups."""
    return [(play, s) for play in book.plays.values() if play.prior for s in play.segments if s in SHARES]


def world(seed: int, book: Playbook, *, related: bool) -> World:
    """Draw a business.

    Args:
        seed: of the draw. related: the true effects scatter around the playbook's (a quarter have none at all); else they are
            drawn without regard to it, from the same values shuffled.
    """
    draw = np.random.default_rng(seed)
    names = np.array(list(SHARES))
    segment = draw.choice(names, CUSTOMERS, p=np.array(list(SHARES.values())) / sum(SHARES.values()))
    mean = np.array([RETURNING[s] for s in segment])
    p_return = draw.beta(8 * mean, 8 * (1 - mean))
    level = dict(zip(names, draw.lognormal(0.0, 0.4, len(names)), strict=True))
    order = ORDER * np.array([level[s] for s in segment]) * draw.lognormal(0.0, 0.4, CUSTOMERS)
    known = pairs(book)
    factor = np.where(draw.random(len(known)) < 0.25, 0.0, draw.lognormal(-0.32 + np.log(4 / 3), 0.8, len(known)))
    size = np.array([play.prior.value for play, _ in known if play.prior]) * factor
    if not related:
        size = draw.permutation(size)
    effects = {(play.id, s): float(e) for (play, s), e in zip(known, size, strict=True)}
    return World(segment, p_return, order, draw.random(CUSTOMERS) < 0.75, effects)


def table(con: Any, found: World) -> ibis.Table:
    """What the planner sees of a world."""
    n = len(found.segment)
    columns: dict[str, Any] = {
        "customer_id": [f"K{i:05d}" for i in range(n)], "segment": found.segment.tolist(), "net_revenue": found.order, "orders": np.ones(n, int),
        "p_return_90d": found.p_return, "worth": found.order, "phone": np.where(found.reachable, "0900000000", None).tolist(),
        "email": [None] * n, "recorded": np.ones(n, bool), "contacted_lately": np.zeros(n, bool), "complaint_open": np.zeros(n, bool),
    }  # fmt: skip
    for answer in ANSWERS:
        columns[answer] = np.full(n, answer.startswith("yes_"))
    kinds = {"email": "string", "phone": "string"}
    arrays = {name: pa.array(values, pa.string() if name in kinds else None) for name, values in columns.items()}
    return con.create_table(ibis.util.gen_name("world"), pa.table(arrays), temp=True)


def of(found: World, chosen: list[tuple[int, Play]]) -> Outcome:
    """What contacting these customers with these plays brings and costs in truth."""
    margin = cost = cash = 0.0
    for i, play in chosen:
        effect = found.effects[play.id, str(found.segment[i])]
        order, returning = float(found.order[i]), float(found.p_return[i]) + effect
        margin += min(effect, 1 - float(found.p_return[i])) * order * SHOP.margin
        cost += contact_cost(play, SHOP, order, returning) or 0.0
        cash += contact_cash(play, SHOP, order, returning) or 0.0
    return Outcome(margin, cost, cash, len(chosen))


def ours(con: Any, found: World, book: Playbook, proven: Mapping[tuple[str, str], OwnResult]) -> list[tuple[int, Play]]:
    """Our plan: for each proposal the customers worth most."""
    proposals = plan(table(con, found), book, SHOP, LIMITS, Assumed(holdout_share=0.0, proven=proven))
    chosen = []
    for p in proposals:
        if p.status == "chosen":
            members = np.flatnonzero((found.segment == p.segment) & found.reachable)
            best = members[np.argsort(-found.order[members], kind="stable")][: p.treated]
            chosen += [(int(i), book.plays[p.play]) for i in best]
    return chosen


def in_turn(found: World, order: np.ndarray, play_of: Callable[[int], Play | None]) -> list[tuple[int, Play]]:
    """Customers one after the other, as long as money and the owner's minutes last."""
    minutes, cash = dict(LIMITS.minutes), float(LIMITS.budget or 0.0)
    chosen = []
    for i in order:
        play = play_of(int(i)) if found.reachable[i] else None
        if play is None:
            continue
        money = contact_cash(play, SHOP, float(found.order[i]), float(found.p_return[i])) or 0.0
        if money <= cash and play.minutes_per_customer <= minutes[play.owner]:
            cash, minutes[play.owner] = cash - money, minutes[play.owner] - play.minutes_per_customer
            chosen.append((int(i), play))
    return chosen


def at_risk(found: World, book: Playbook) -> list[tuple[int, Play]]:
    """The least likely to return first, with the play of least effort for their group."""
    first = {s: next((p for p in book.plays_for(s) if p.prior), None) for s in SHARES}
    return in_turn(found, np.argsort(found.p_return, kind="stable"), lambda i: first[str(found.segment[i])])


def at_random(found: World, book: Playbook, seed: int) -> list[tuple[int, Play]]:
    """Customers and plays by lot."""
    draw = np.random.default_rng(seed + 10_000)
    options = {s: [p for p in book.plays_for(s) if p.prior] for s in SHARES}
    return in_turn(
        found,
        draw.permutation(CUSTOMERS),
        lambda i: options[str(found.segment[i])][int(draw.integers(len(options[str(found.segment[i])])))],
    )


def measured(found: World, book: Playbook, seed: int) -> dict[tuple[str, str], OwnResult]:
    """What the business would know after one campaign per play and group with 150 people in each arm."""
    draw = np.random.default_rng(seed + 20_000)
    known = {}
    for play, segment in pairs(book):
        assert play.prior is not None
        base = RETURNING[segment]
        error = np.sqrt(2 * base * (1 - base) / 150)
        seen = float(draw.normal(found.effects[play.id, segment], error))
        # shrunk towards the prior by how sure either is, so that luck is not taken for knowledge
        spread = max(play.prior.value, 0.005)
        weight = spread**2 / (spread**2 + error**2)
        value = weight * seen + (1 - weight) * play.prior.value
        mean_order = float(found.order[found.segment == segment].mean())
        known[play.id, segment] = OwnResult(
            Estimate(value, value - error, value + error, 300), contact_cost(play, SHOP, mean_order, base) or 0.0
        )
    return known


def interval(values: np.ndarray) -> str:
    """Mean over worlds with its 95 % interval (bootstrap by world)."""
    draw = np.random.default_rng(1)
    means = [values[draw.integers(len(values), size=len(values))].mean() for _ in range(2000)]
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{values.mean():.2f} ({low:.2f} to {high:.2f})"


def main() -> None:
    """Print one table of both kinds of world."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--worlds", type=int, default=60)
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    asked = parser.parse_args()
    con, book = engine.connect(threads=2), playbook.load()
    lines = []
    for related, title in (
        (True, "effects scatter around the playbook's"),
        (False, "effects unrelated to the playbook"),
    ):
        results: dict[str, list[Outcome]] = {}
        for seed in range(asked.worlds):
            found = world(seed, book, related=related)
            made = {
                "ours, from the playbook alone": ours(con, found, book, {}),
                "ours, after one campaign of each kind": ours(con, found, book, measured(found, book, seed)),
                "most at risk first": at_risk(found, book),
                "at random": at_random(found, book, seed),
            }
            for name, chosen in made.items():
                results.setdefault(name, []).append(of(found, chosen))
        for name, outcomes in results.items():
            per = np.array([o.margin / o.cost if o.cost else 0.0 for o in outcomes])
            net = np.array([(o.margin - o.cost) / 1e6 for o in outcomes])
            reached = f"{np.mean([o.customers for o in outcomes]):.0f}"
            lines.append([f"{title}: {name}", interval(per), interval(net), reached])
    head = ["world and plan", "margin per đồng spent", "margin less cost, million đ", "customers"]
    text = f"### (i) What plans bring, {asked.worlds} worlds of each kind\n\n" + rounds.table(head, lines)
    print(text)
    if asked.write:
        rounds.record("i", text, f"python -m benchmarks.plans --worlds {asked.worlds} --write")


if __name__ == "__main__":
    main()
