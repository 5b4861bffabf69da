"""What the fifth notebook says about campaigns, the effort and changes of service, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.business import Business, Campaign, ServiceChange
from helpers.errors import InputError
from helpers.language import Language
from helpers.metrics.uncertainty import Estimate, NotEnough, newcombe, wilson
from helpers.proof.before_after import BeforeAfter
from helpers.proof.campaigns import INTERIM
from helpers.proof.depth import Depth, GroupEffect, Look
from helpers.proof.interrupted import Interruption
from helpers.proof.matched import Matched
from helpers.proof.money import Adjusted, MoneyCheck
from helpers.proof.programme import Generations, Newcomers, Programme
from helpers.proof.readout import Arm, Comparison, Outcome, Readout, Refused
from helpers.proof.validity import ALL, Doubt, one_spender
from helpers.report.findings import behind, effort, proof
from helpers.report.pieces import Details, Finding, Missing, Note, TableView

CAMPAIGN = Campaign(id="x", name="Nhớ Mơ")
ONE, TWO = wilson(30, 100), wilson(10, 100)
GAP = newcombe(ONE, TWO)
SUM = Estimate(500.0, -20.0, 900.0, 200)


@pytest.fixture(params=["vi", "en"])
def run(request: pytest.FixtureRequest) -> Any:
    """As much of a run as words need."""
    say = Language(request.param)
    business = Business(name="x", sources={}, campaigns=[Campaign(id="x", name="Nhớ Mơ", sent_at=date(2026, 3, 16))])
    return SimpleNamespace(
        say=say, business=business, as_of=date(2026, 6, 30), money=lambda sum_: say.short_money(sum_, "VND")
    )


def text(pieces: Any) -> str:
    """All that is said."""
    return "\n".join(piece.plain() for piece in pieces)


def readout(**more: Any) -> Readout:
    """A campaign that worked, with everything behind it."""
    mean = Estimate(5.0, 4.0, 6.0, 100)
    arms = tuple(
        Arm(name, 100, (Outcome("returned", rate, mean), Outcome("revenue", None, mean)))
        for name, rate in (("treated", ONE), ("holdout", TWO))
    )
    gaps = (Comparison("treated", "returned", GAP), Comparison("treated", "revenue", SUM))
    look = Look(7, ONE, TWO, GAP, None)
    depth = Depth(
        (look, replace(look, days=14, always=GAP)),
        (GroupEffect("bought once", ONE, TWO, GAP, 0.01, True),),
        None,
        MoneyCheck(SUM, replace(SUM, low=100.0), False, 0.6, 80.0, 90),
        Adjusted(SUM, 0.2, 0.6),
    )
    return Readout("x", "Nhớ Mơ", arms, gaps, SUM, 100.0, SUM, "worked", depth=depth, **more)


def test_doubts_come_before_the_verdict(run: Any) -> None:
    """A reader meets what is wrong before the headline, and the details only after it."""
    doubt = Doubt("contaminated", InputError("{count} of the {n} left out were contacted all the same, which makes the difference look smaller than it is.", count=3, n=100))  # fmt: skip
    pieces = proof.verdicts([(CAMPAIGN, readout(doubts=(doubt,)))], run)
    assert isinstance(pieces[0], Note)
    assert "3" in pieces[0].text
    assert isinstance(pieces[1], Finding)
    assert [isinstance(piece, Details) for piece in pieces[-3:]] == [True] * 3
    assert not isinstance(proof.verdicts([(CAMPAIGN, readout())], run)[0], Note)


def test_no_sum_where_one_customer_made_it(run: Any) -> None:
    """The money is not given and the reason is, instead of a hint to record spending."""
    found = replace(readout(doubts=(one_spender(140.0, decides=False),)), incremental_margin=None, roi=None)
    piece = proof.money(found, run)
    assert isinstance(piece, Finding)
    assert not re.search(r"\d", piece.plain())


def test_what_stands_behind(run: Any) -> None:
    """Groups, weeks and money have a row or line each; the end of a long window is not cut off."""
    groups, weeks, money = behind.behind(readout(), run)
    assert isinstance(weeks, Details)
    assert weeks.table is not None
    assert len(groups.table.rows) == 1
    assert [row[0] for row in weeks.table.rows] == ["7", "14"]
    assert run.say.text("By that range the difference shows from day {days} on.", days=14) in weeks.body
    assert run.say.percent(0.2) in money.body
    many = replace(readout(), depth=Depth(tuple(Look(7 * i, ONE, TWO, GAP, None) for i in range(1, 14))))
    (weeks,) = behind.behind(many, run)
    assert [row[0] for row in weeks.table.rows] == ["7", "14", "21", "28", "35", "91"]
    assert behind.behind(replace(readout(), depth=None), run) == ()


def test_money_is_written_as_money(run: Any) -> None:
    """Beside shares to a hundredth stands what each group brought, with its currency."""
    table = proof.outcomes(readout(), run)
    assert isinstance(table, TableView)
    assert table.rows[1][1:] == (run.money(5.0), run.money(5.0), run.money(SUM.value))


def test_groups_that_cannot_be_compared_show_no_figures(run: Any) -> None:
    """No chart, no money, no difference: the doubt, and no verdict; an interim count keeps its figures."""
    doubt = Doubt("changed", InputError("A list of this campaign was changed since the last report, after the outcome could be known; put the original back."), ALL)  # fmt: skip
    pieces = proof.verdicts([(CAMPAIGN, readout(doubts=(doubt,)))], run)
    assert [type(piece) for piece in pieces] == [Note, Finding]
    assert not re.search(r"\d", text(pieces))
    sizes = "The groups do not have the sizes the draw should give, so something removed people from one of them."
    (piece,) = proof.verdicts([(CAMPAIGN, readout(warnings=(sizes,)))], run)
    assert run.say.text(sizes) in piece.plain()
    assert len(proof.verdicts([(CAMPAIGN, readout(warnings=(INTERIM,)))], run)) > 4


def test_a_campaign_that_cannot_be_read(run: Any) -> None:
    """Its name, no verdict, and why."""
    why = InputError(
        "Campaign “{campaign}” has both lists and a file of outcomes in business.yml; keep the one it is to be read from.",
        campaign="x",
    )
    (piece,) = proof.verdicts([(CAMPAIGN, Refused("x", "Nhớ Mơ", why))], run)
    assert piece.plain() == f"{run.say.text('{campaign}: no verdict', campaign='Nhớ Mơ')}\n\n{run.say.error(why)}"


@pytest.mark.parametrize("quiet", [(90.0, 20.0), (20.0, 90.0)])
def test_weak_evidence_is_never_called_proof(run: Any, quiet: tuple[float, float]) -> None:
    """Without a holdout both comparisons stand with the direction they err in, and the word proof is nowhere."""
    alike = Matched(100, 3, 400, ONE, 0.2, GAP, quiet)
    found = BeforeAfter("x", "Nhớ Mơ", 103, TWO, ONE, 30, 0, alike)
    said = text(proof.verdicts([(CAMPAIGN, found)], run))
    assert not re.search(r"\bproo?[fv]|chứng minh", said, re.IGNORECASE)
    assert ("weak evidence" if run.say.code == "en" else "bằng chứng yếu") in said
    worse = {"en": "look worse than it was", "vi": "trông kém hơn thật"}[run.say.code]
    assert (worse in said) == (quiet == (20.0, 90.0))
    short = text(proof.verdicts([(CAMPAIGN, replace(found, matched=NotEnough(3, 20)))], run))
    assert run.say.number(400) not in short


def test_the_whole_effort(run: Any) -> None:
    """One campaign is no programme; two are summed up with range, cost and what is left; what was set aside is said."""
    found = Programme(2, 1, 300, 100, GAP, Estimate(40.0, 5.0, 70.0, 400), True, SUM, 200.0, SUM, "worked")
    (piece,) = effort.programme(found, run)
    assert isinstance(piece, Finding)
    for figure in ("300", "40", "70"):
        assert figure in piece.body
    assert run.say.text("Not counted, because they have no verdict: {n}.", n=1) in piece.body
    assert isinstance(effort.programme(replace(found, campaigns=1), run)[0], Missing)
    assert isinstance(effort.programme(None, run)[0], Missing)
    heads = {
        effort.programme(replace(found, verdict=v), run)[0].plain().split("\n")[0]
        for v in ("worked", "did harm", "not shown yet")
    }  # type: ignore[arg-type]
    assert len(heads) == 3


def test_generations(run: Any) -> None:
    """Two rows and the difference, labelled weak; too few is said."""
    one = Newcomers(date(2025, 3, 1), date(2025, 4, 1), TWO, SUM)
    found = Generations(one, replace(one, back=ONE), GAP, SUM, 90)
    table = effort.generations(found, run)
    assert isinstance(table, TableView)
    assert [len(table.rows), table.rows[0][1]] == [3, "100"]
    assert {"en": "Weak evidence", "vi": "Bằng chứng yếu"}[run.say.code] in table.more
    assert isinstance(effort.generations(NotEnough(3, 10), run), Missing)
    assert isinstance(effort.generations(None, run), Missing)


def test_changes_of_service(run: Any) -> None:
    """Better, worse, not shown, too early, not recorded: each its own headline; rivals around the day are named; it stays weak."""
    change = ServiceChange(id="c", name="Đội giao mới", on=date(2026, 3, 2), measure="on_time")
    found = Interruption(0.6, 0.8, 0.62, Estimate(0.18, 0.05, 0.31, 40), (20, 20), 900, True, "better")
    heads = set()
    for reading in (
        found,
        replace(found, turn="worse"),
        replace(found, turn="not shown"),
        NotEnough(3, 8, "weeks"),
        None,
    ):
        pieces = effort.changes_of_service([(change, reading)], run)
        heads.add(pieces[0].plain().split("\n")[0])
        assert not re.search(r"\bproo?[fv]|chứng minh", text(pieces), re.IGNORECASE)
    assert len(heads) == 5
    bent = text(effort.changes_of_service([(change, replace(found, steady=False, turn="not shown"))], run))
    assert {"en": "did not follow a steady line", "vi": "không đi theo một đà đều"}[run.say.code] in bent
    finding, note = effort.changes_of_service([(change, found)], run)
    assert run.say.percent(0.62, 1) in finding.plain()
    assert "Nhớ Mơ" in note.plain()
    assert isinstance(effort.changes_of_service((), run)[0], Missing)
