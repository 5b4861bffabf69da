"""What the fifth notebook says beside the last report, in both languages."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from helpers.language import Language
from helpers.metrics.uncertainty import Estimate, NotEnough, newcombe, wilson
from helpers.proof.comparable import Kind, Limit
from helpers.proof.followed import GROUPS, Migration, Returned
from helpers.proof.pace import Pace
from helpers.proof.revisions import KINDS, Revised, Revisions
from helpers.proof.since import Change, Comparison
from helpers.report.findings import compared
from helpers.segments import load_rules

THEN, NOW = date(2026, 4, 30), date(2026, 6, 30)
VALUES = {
    "day": NOW, "ended": THEN, "begins": NOW, "start": THEN, "first": THEN, "last": NOW, "orders": 40, "gone": 30, "days": 61, "name": "quiet_days",
    "then": 90, "now": 60,
}  # fmt: skip
"""Everything a limit may be worded with."""


@pytest.fixture(params=["vi", "en"])
def run(request: pytest.FixtureRequest) -> Any:
    """As much of a run as words need."""
    say = Language(request.param)
    return SimpleNamespace(say=say, as_of=NOW, facts={}, money=lambda sum_: say.short_money(sum_, "VND"))


def text(pieces: Any) -> str:
    """All that is said."""
    return "\n".join(piece.plain() for piece in pieces)


def whole(**more: Any) -> Comparison:
    """A comparison with every part."""
    states = Migration("state", ("active", "late", "lost"), ((5, 2, 1), (1, 3, 2), (0, 0, 9)), 23, 4, 1, 2)
    segments = Migration("segment", ("champion", "lost", "of-old"), ((5, 2, 0), (0, 9, 0), (1, 0, 6)), 23, 4, 1, 2)
    parts: dict[str, Any] = {
        "changes": (
            Change("orders", 100.0, 150.0, 53.0, None, 97.0),
            Change("repeat_rate.90", 0.3, 0.4, newcombe(wilson(80, 200), wilson(30, 100)), True, 0.3),
        ),
        "pace": (Pace("orders", 7.0, 14.0, Estimate(7.0, 6.0, 8.0, 16), True),),
        "revisions": Revisions(date(2026, 1, 1), THEN, 100, (Revised("gone", 3, -60_000.0),), 0, 0),
        "segments": segments,
        "states": states,
        "returned": (Returned("risk", wilson(5, 50), 0), Returned("calls", NotEnough(4, 10), 1)),
        **more,
    }
    return Comparison(THEN, NOW, **{"limits": (), **parts})


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_limit_has_a_sentence(kind: Any, run: Any) -> None:
    """Whatever cannot be compared is said in words of the reader's language, with nothing left to fill in."""
    said = compared.limit(Limit(kind, VALUES), run).plain()
    assert len(said) > 60
    assert "{" not in said


def test_a_first_report_promises_the_next(run: Any) -> None:
    """Without a report before, the chapter says what to do; with one of a later day it says that as well."""
    assert len(compared.compared(None, load_rules(), run)) == 1
    run.facts["settings"] = {"later": "2026-08-31"}
    pieces = compared.compared(None, load_rules(), run)
    assert len(pieces) == 2
    assert run.say.date(date(2026, 8, 31)) in pieces[0].plain()


def test_then_is_told_twice_where_old_data_were_revised(run: Any) -> None:
    """As reported and as today's data tell it; without revisions one column is enough."""
    (table,) = compared.headlines(whole(), run)
    assert [len(table.columns), table.rows[1][1:4]] == [5, ("100", "97", "150")]
    assert table.rows[0][0].endswith(run.say.text("Back within {days} days", days="90"))
    (table,) = compared.headlines(whole(changes=(Change("orders", 100.0, 150.0, 50.0, None, 100.0),)), run)
    assert len(table.columns) == 4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orders", [1, 3])
def test_revisions_are_no_change(kind: Any, orders: int, run: Any) -> None:
    """How many old orders were revised, in which way and by how much money, and that the numbers above leave it out."""
    found = Revisions(date(2026, 1, 1), THEN, 100, (Revised(kind, orders, -60_000.0),), 0, 0)
    said = text(compared.revised(found, run))
    assert said.startswith(f"{orders} ")
    assert (run.money(60_000) in said) == (kind != "moved")
    assert "{" not in said
    nothing = text(compared.revised(Revisions(date(2026, 1, 1), THEN, 100, (), 5, 0), run))
    assert run.say.text("No old order has changed") in nothing


def test_where_customers_went_adds_up(run: Any) -> None:
    """Three by three states hold all common customers; groups that are no more keep their id; the phone has at most five columns."""
    table, details = compared.moved(whole(), load_rules(), run)
    cells = [int(cell) for row in table.rows for cell in row[1:]]
    assert (len(cells), sum(cells)) == (9, 23)
    assert details.table.rows[0][2] == "2"
    assert "of-old" in details.plain()


def test_who_came_back_has_n_and_an_interval(run: Any) -> None:
    """Five of fifty, with the range; four called customers are too few for a share."""
    (table,) = compared.back(whole().returned, whole(), run)
    assert table.rows[0][1:3] == ("50", f"5 ({run.say.percent(0.1, 1)})")
    assert table.rows[1][2] == "–"
    assert "61" in table.more
    assert all(group in compared.NAMED for group in GROUPS)


def test_everything_is_said(run: Any) -> None:
    """The whole chapter in one go, limits first; parts that cannot be compared are not there."""
    limits = (Limit("gap", VALUES),)
    pieces = compared.compared(whole(limits=limits), load_rules(), run)
    assert pieces[0].plain() == compared.limit(limits[0], run).plain()
    assert len(pieces) == 7
    assert "{" not in text(pieces)
    bare = Comparison(THEN, NOW, limits)
    assert len(compared.compared(bare, load_rules(), run)) == 1
