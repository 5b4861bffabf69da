"""How well people are recognised on simulated businesses whose people are known, and what must not change the answer."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from helpers import engine
from helpers.business import Business
from helpers.intake import load

from . import identity_world
from .identity_world import World, build, score

PERSON = {
    "order_id": "T999999", "ordered_at": "01/03/2024 10:00", "customer_id": "KH99999", "name": "Quách Tường Vi",
    "phone": "0399 876 543", "email": "vi@example.org", "net_revenue": "100000", "birthday": "",
}  # fmt: skip


def _found(
    world: World, folder: Path, identity: Mapping[str, Any] | None = None, *, turned: bool = False
) -> dict[str, str | None]:
    """Order number → customer_id, as the files of a world are read."""
    folder.mkdir()
    sources = world.write(folder)
    if turned:
        sources["orders"].reverse()
    business = Business.model_validate({"name": "Shop", "sources": sources, "identity": dict(identity or {})})
    con = engine.connect()
    rows = load(business, folder, con, today=date(2026, 6, 1)).orders.select("order_id", "customer_id")
    found = {row["order_id"]: row["customer_id"] for row in rows.to_pyarrow().to_pylist()}
    con.disconnect()
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_precision_and_recall(seed: int, tmp_path: Path) -> None:
    """Of pairs put together 99.5 % are one person's; of pairs joined by keys of one person alone 97 % are found."""
    world = build(seed)
    found = score(world, _found(world, tmp_path / "world"))
    assert found.pairs > 15_000
    assert found.precision >= 0.995
    assert found.recall >= 0.97


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, dict[str, str | None]]:
    """A world of 250 people and who they were found to be."""
    world = build(11, people=250)
    return world, _found(world, tmp_path_factory.mktemp("small") / "world")


def test_order_of_files_and_rows_does_not_matter(small: tuple[World, dict[str, str | None]], tmp_path: Path) -> None:
    """Rows in another order, files the other way round: the same customers by the same names."""
    world, before = small
    mixed = World(rows={system: rows.copy() for system, rows in world.rows.items()})
    for rows in mixed.rows.values():
        random.Random(5).shuffle(rows)
    assert _found(mixed, tmp_path / "mixed", turned=True) == before


def test_a_stranger_changes_nobody(small: tuple[World, dict[str, str | None]], tmp_path: Path) -> None:
    """Somebody new with keys of their own leaves everybody else's customer_id as it was."""
    world, before = small
    more = World(rows={**world.rows, "till": [*world.rows["till"], PERSON]})
    assert _found(more, tmp_path / "more") == {**before, "T999999": "KH99999"}


def test_new_orders_rename_nobody(tmp_path: Path) -> None:
    """A till with one system keeps its ids when the last months' rows arrive, but for keys that turn out to be shared."""
    world = build(12, people=250)
    rows = world.rows["till"]
    day = {row["order_id"]: row["ordered_at"][6:10] + row["ordered_at"][3:5] for row in rows}
    until = World(rows={"till": [row for row in rows if day[row["order_id"]] < "202509"], "web": [], "market": []})
    every = World(rows={"till": rows, "web": [], "market": []})
    before, after = _found(until, tmp_path / "until"), _found(every, tmp_path / "every")
    known = [order for order, customer in before.items() if customer is not None]
    kept = sum(before[order] == after[order] for order in known)
    assert kept / len(known) > 0.98


def test_what_is_undone_is_as_it_was(small: tuple[World, dict[str, str | None]], tmp_path: Path) -> None:
    """Two strangers joined by hand and parted again by taking the line away; the others never notice."""
    world, before = small
    one, other = sorted(
        {row["customer_id"] for row in world.rows["till"] if before[row["order_id"]] == row["customer_id"] != ""}
    )[:2]
    joined = _found(world, tmp_path / "joined", {"merge": [[f"till:{one}", f"till:{other}"]]})
    assert {joined[order] for order, customer in before.items() if customer in (one, other)} in ({one}, {other})
    assert all(joined[order] == customer for order, customer in before.items() if customer not in (one, other))
    assert _found(world, tmp_path / "again") == before


def test_the_world_is_hard_enough() -> None:
    """The simulation has what makes resolving hard: shared numbers, codes handed on, codes that two systems use."""
    world = build(1, people=1500)
    kinds = {key[0] for key, users in world.users.items() if len(users) > 1}  # type: ignore[index]
    assert kinds == {"code", "phone"}
    codes: dict[str, set[str]] = {}
    for system, rows in world.rows.items():
        for row in rows:
            codes.setdefault(row["customer_id"], set()).add(system)
    assert sum({"till", "web"} <= systems for code, systems in codes.items() if code) > 10
    assert len(identity_world.SYSTEMS) == 3
