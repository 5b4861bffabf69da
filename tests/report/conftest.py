"""One of every chart and piece, and the pages of a small report."""

from __future__ import annotations

import pytest

from helpers.language import Language
from helpers.report.document import Appendix, Claim, Cover, Grade, Summary
from helpers.report.pieces import (
    Action,
    Actions,
    Column,
    Compare,
    Details,
    Figure,
    Finding,
    Guess,
    KeyNumber,
    KeyNumbers,
    Missing,
    Note,
    Piece,
    TableView,
)

from .samples import one_of_each


@pytest.fixture(scope="session")
def drawn() -> dict[str, Figure]:
    """One of every chart in English."""
    return one_of_each(Language("en"))


@pytest.fixture
def every_piece(drawn: dict[str, Figure]) -> list[Piece]:
    """One of every piece, each with the same hostile name in it."""
    bad = "<script>alert('Mây')</script> & “Sons”"
    return [
        Finding(bad, f"{bad}\n\n{bad}"),
        Note(bad, bad),
        Figure(drawn["bars"].svg, bad, bad),
        TableView((Column(bad, "left"), Column("n")), ((bad, "1"),), bad, bad),
        Details(bad, ((bad, bad),), bad),
        Missing(bad, bad),
        KeyNumbers((KeyNumber(bad, bad, bad),)),
        Actions((Action(bad, bad, bad, bad),)),
        Compare((Guess(bad, bad, bad, bad),)),
    ]


@pytest.fixture
def cover() -> Cover:
    """A cover."""
    return Cover("Tiệm Cà Phê Mây", "Who comes back, who leaves", "July 2024 – June 2026", "Data until 30 Jun 2026")


@pytest.fixture
def summary(drawn: dict[str, Figure]) -> Summary:
    """A first page with everything on it."""
    return Summary(
        headline="7 of 10 first-time buyers never return",
        numbers=KeyNumbers((KeyNumber("3 of 10", "return", "n = 120"),)),
        leaving="186 regulars.",
        fix="Late deliveries.",
        policy="Every order has a promised time.",
        leaks=drawn["bars"],
        actions=Actions((Action("Call 38 regulars", "Lan", "6 Jul 2026", "Print the list."),)),
        guesses=Compare((Guess("How many of 10 return?", "6", "3"),)),
        grade=Grade("B", "31 of every 100 in revenue come from people without a name."),
    )


@pytest.fixture
def appendix() -> Appendix:
    """An appendix with one of each part."""
    return Appendix(
        quality=(TableView((Column("File", "left"), Column("Rows")), (("orders.xlsx", "120"),), "What was read"),),
        method=(Details("Repeat rate", (("n", "120"),)),),
        definitions=(("word-rhythm", "Rhythm", "How often they usually come."),),
        not_measured=(Missing("Complaints solved", "writing each down."),),
        claims=(Claim("A new customer costs 5–25 times more", "No data behind it found.", "₫210,000"),),
    )
