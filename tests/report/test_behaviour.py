"""What the report says of customers on the move, of the season, of the five lenses and of presence."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from businesses import Sale, table

from helpers.language import Language
from helpers.metrics import lenses
from helpers.metrics.cohorts import cohorts
from helpers.metrics.hazard import FirstHundredDays, LifeWeek
from helpers.metrics.holiday_dip import Around, HolidayDip, Verdict
from helpers.metrics.presence import FirstContacts, Presence
from helpers.metrics.quality import FROM_SILENCE
from helpers.metrics.states import STATES
from helpers.metrics.transitions import NEW, MonthRate, Transitions
from helpers.metrics.uncertainty import NotEnough, newcombe, rate, wilson
from helpers.report.findings import audit, care, churn, generations, moves, quality, season
from helpers.report.pieces import Details, Figure, Missing
from helpers.run import Run, festivals

NOBODY = NotEnough(0, 10)


def run(lang: str = "en", **facts: Any) -> Run:
    """A run of a Vietnamese business, as far as findings look at it."""
    business: Any = SimpleNamespace(country="VN", currency="VND", margin=0.5)
    params: Any = SimpleNamespace(cohort_months=13)
    tables: Any = None
    return Run(
        "", params, business, Path(), Path(), date(2026, 6, 30), Language(lang), None, tables,
        {"overview": {"customers": 100}, "gate": {"refused": ()}, **facts},
    )  # fmt: skip


def life(never: int, of: int = 100) -> FirstHundredDays:
    """Everybody waits; `never` of `of` who were silent for four weeks stay away."""
    weeks = tuple(LifeWeek(w, rate(20 if w == 1 else 2, 100), rate(never, of)) for w in range(1, 15))
    return FirstHundredDays(weeks, 180, 100)


@pytest.mark.parametrize(
    ("never", "en", "vi"),
    [
        (84, "only 2 of 10 still come", "chỉ còn 2 trong 10 người quay lại"),
        (90, "only 1 of 10 still comes", "chỉ còn 1 trong 10 người quay lại"),
        (40, "second order 6 of 10 still come", "vẫn còn 6 trong 10 người quay lại"),
        (100, "nobody came any more", "không còn ai quay lại"),
    ],
)
def test_silence_is_worded_by_how_few_still_come(never: int, en: str, vi: str) -> None:
    """“Only” is said of few, not of many, and nobody is nobody, in both languages."""
    assert en in moves.first_hundred(life(never), run()).headline
    assert vi in moves.first_hundred(life(never), run("vi")).headline


def test_the_first_week_is_set_against_the_fifth() -> None:
    """20 of 100 in the first week, 2 of 100 in the fifth: the reader is told to write early, with both figures."""
    assert (
        "In the first week 20% place their second order, in week 5 only 2%" in moves.first_hundred(life(84), run()).body
    )


def test_too_few_are_too_few() -> None:
    """Below ten customers there is no headline about them, and weeks nobody lived through have no row."""
    few = FirstHundredDays(tuple(LifeWeek(w, NOBODY, NOBODY) for w in range(1, 15)), 180, 0)
    assert moves.first_hundred(few, run()).headline.startswith("Too few to conclude")
    assert moves.first_hundred_details(few, run()).table is None


def moved(rates: list[tuple[int, int]], flows: list[tuple[str, str, int]] = []) -> Transitions:  # noqa: B006 – read only
    """Lapse by month from January 2025 on, and flows of one month."""
    months = [date(2025 + i // 12, i % 12 + 1, 1) for i in range(len(rates))]
    frame = pd.DataFrame(
        [(months[-1], b, a, n, 0) for b, a, n in flows], columns=["month", "before", "after", "customers", "ordered"]
    )
    lapse = tuple(MonthRate(m, rate(k, n)) for m, (k, n) in zip(months, rates, strict=True))
    return Transitions(frame, lapse, (), wilson(*rates[-1]), wilson(3, 1000), months[0])


@pytest.mark.parametrize(
    ("last", "title"),
    [
        ((40, 200), "More fall asleep lately: 20%"),
        ((8, 200), "Fewer fall asleep lately: 4%"),
        ((20, 200), "as in the months before"),
    ],
)
def test_a_change_in_lapsing_is_named_only_when_chance_does_not_explain_it(last: tuple[int, int], title: str) -> None:
    """Ten months of 10 %, then 20, 4 or 10: more, fewer, the same."""
    drawn = moves.lapse_chart(moved([(20, 200)] * 10 + [last]), run())
    assert isinstance(drawn, Figure)
    assert title in drawn.alt


def test_months_a_festival_touches_are_named() -> None:
    """Tết of 29 January 2025 reaches into February, so what seems to happen from January to March is read against last year's."""
    drawn = moves.lapse_chart(moved([(20, 200)] * 6), run())
    assert isinstance(drawn, Figure)
    assert drawn.caption.startswith("Jan 2025, Feb 2025, Mar 2025: touched by Lunar New Year")


def test_every_row_of_the_matrix_is_a_whole() -> None:
    """Whoever is back after a pause counts as on time in the columns: 5 + 1 of 10, and the shares of a row make 100 %."""
    flows = [("active", "active", 5), ("active", "reactivated", 1), ("active", "lapsed", 4), (NEW, "active", 3)]
    shown = moves.moving_details(moved([(1, 10)], flows), run()).table
    assert shown is not None
    assert [column.label for column in shown.columns[1:5]] == ["on time", "later than usual", "asleep", "lost"]
    assert shown.rows == (
        ("on time", "60%", "0%", "40%", "0%", "10"),
        ("first order in the month", "100%", "0%", "0%", "0%", "3"),
    )


def dip(verdict: Verdict, now: tuple[int, int], before: tuple[int, int]) -> HolidayDip:
    """Regulars back after Tết 2026 and 2025."""
    this, last = wilson(*now), wilson(*before)
    sides = (Around(date(2026, 2, 17), this, -0.4), Around(date(2025, 1, 29), last, -0.35))
    return HolidayDip("tet", *sides, 56, newcombe(this, last), verdict)


@pytest.mark.parametrize(
    ("verdict", "en", "vi"),
    [
        ("holiday", "was the holiday, not customers leaving", "là do nghỉ lễ, không phải khách bỏ đi"),
        ("loss", "more than the holiday", "không chỉ vì nghỉ lễ"),
        ("unclear", "cannot be told yet", "Chưa đủ số liệu"),
    ],
)
def test_a_dip_is_the_holiday_a_loss_or_open(verdict: Verdict, en: str, vi: str) -> None:
    """Each verdict has its own headline, and the numbers of both years stand under it."""
    found = dip(verdict, (540, 1000), (50, 100))
    said = season.dip(found, pd.DataFrame(), run())
    assert en in said.headline
    assert "Of 1,000 regulars 54% were back" in said.body
    assert "the year before 50% of 100" in said.body
    assert vi in season.dip(found, pd.DataFrame(), run("vi")).headline


def test_without_a_dip_no_dip_is_explained() -> None:
    """Where more was ordered in the holiday's weeks than before them the headline says that nobody was lost, and how much more it was."""
    fallen = dip("holiday", (540, 1000), (50, 100))
    risen = replace(fallen, now=replace(fallen.now, dip=0.1))
    said, spoken = season.dip(risen, pd.DataFrame(), run()), season.dip(risen, pd.DataFrame(), run("vi"))
    assert (
        said.headline == "Lunar New Year cost you no customers: as many regulars as the year before were back after it"
    )
    assert said.body.startswith(
        "In its weeks known customers placed 10% more orders a day than in the 56 days before. Of"
    )
    assert "40% fewer orders a day" in season.dip(fallen, pd.DataFrame(), run()).body
    assert "không làm mất khách" in spoken.headline
    assert "cao hơn 10% so với 56 ngày trước đó" in spoken.body


def test_contracts_answer_nothing_that_silence_would() -> None:
    """Where customers hold contracts, what is read from the time between payments is on neither list of what can be told."""
    fields = ["subscriptions.started_on", "contacts.purpose"]
    held = {"data_quality": {"held": {"fields": fields, "customers": 500, "repeaters": 400, "days": 720}}}
    free, bound = run(**held), run(**held, gate={"refused": {"silence": "…"}})
    for one in (free, bound):
        vars(one.business)["campaigns"] = ()
    assert {one.metric for one in quality.told(free)} - {one.metric for one in quality.told(bound)} == FROM_SILENCE
    told = [text for _, text in quality.can_tell(quality.told(bound), bound).facts]
    assert "how many members stay from month to month" in told
    assert "who is late against their own rhythm" not in told


def weekly(actual: float) -> pd.DataFrame:
    """Eight weeks that should have brought 100 orders each, between 80 and 125."""
    rows = [(date(2026, 5, 4) + timedelta(weeks=i), actual, 100.0, 100.0, 80.0, 125.0, None) for i in range(8)]
    return pd.DataFrame(rows, columns=["week", "actual", "year_before", "expected", "low", "high", "festival"])


def test_without_a_festival_the_latest_weeks_are_judged_by_their_season() -> None:
    """98 orders where 100 were to be expected are the season; 60 are not; without a year before nothing is said."""
    nothing = NotEnough(0, 2, "years")
    assert season.dip(nothing, weekly(98), run()).headline == "The last 8 weeks are as their season lets expect"
    assert "8 of them lie below" in season.dip(nothing, weekly(60), run()).headline
    assert season.dip(nothing, weekly(98).assign(low=float("nan")), run()).headline.startswith("Too few to conclude")


def test_the_calendar_of_the_country_is_used() -> None:
    """Vietnam's rules hold a festival by the id the findings name."""
    assert "tet" in {festival.id for festival in festivals("VN")}


@pytest.fixture(scope="module")
def shop(con: Any) -> Any:
    """Two years: forty customers of the first year stay, forty leave, sixty are new in the second; one order a month each."""

    def monthly(name: str, count: int, first: int, last: int, money: float) -> list[Sale]:
        start = datetime(2024, 7, 1, 9)
        return [
            Sale(f"{name}{i:02d}", start + timedelta(days=30 * m + i % 28), money)
            for i in range(count)
            for m in range(first, last)
        ]

    return table(
        con, monthly("stay", 40, 0, 24, 100.0) + monthly("left", 40, 0, 11, 50.0) + monthly("new", 60, 13, 24, 20.0)
    )


AS_OF = date(2026, 6, 30)


def test_the_bridge_adds_up_in_the_chart_and_in_words(shop: Any) -> None:
    """The bars of the bridge are the change of the title: lost and new customers with their signs."""
    found = lenses.two_periods(shop, as_of=AS_OF)
    drawn = audit.two_periods_chart(found, run())
    assert isinstance(drawn, Figure)
    assert not isinstance(found, NotEnough)
    change = found.factors_after.revenue - found.factors_before.revenue
    assert sum(part.change for part in found.bridge) == pytest.approx(change)
    assert re.search(r"came before, not any more: −", drawn.alt)
    assert re.search(r"came for the first time: \+", drawn.alt)
    assert audit.two_periods(found, run()).headline.startswith("5 of 10 customers of the year before bought again")


def test_one_customer_in_ten_is_read_off_the_tenths(shop: Any) -> None:
    """The headline's share is that of the first row of the table behind it, whose counts are all customers of the period."""
    found = lenses.one_period(shop, as_of=AS_OF, margin=0.5)
    shown = audit.one_period_details(found, run())
    assert isinstance(shown, Details)
    assert shown.table is not None
    assert shown.table.rows[0][-1] in audit.one_period(found, run()).headline
    assert not isinstance(found, NotEnough)
    assert sum(int(row[1]) for row in shown.table.rows) == found.factors.active == 100


def test_what_was_not_observed_is_a_dash_and_what_did_not_happen_a_nought(shop: Any) -> None:
    """The newest cohort has a dash for the months to come; by calendar, a month before the cohort is a dash too."""
    groups = cohorts(shop, as_of=AS_OF)
    by_age, by_month = (churn.cohorts_details(groups, measure, run()).table for measure in ("orders", "customers"))
    assert by_age is not None
    assert by_month is not None
    assert by_age.rows[-1][0] == "Aug 2025"
    assert [column.label for column in by_age.columns[1:]] == [
        "the same month",
        "1 month later",
        "3 months later",
        "6 months later",
    ]
    early = cohorts(shop, as_of=date(2025, 8, 31))
    young = churn.cohorts_details(early, "orders", run()).table
    assert young is not None
    assert young.rows[-1][-1] == "–"


def test_layers_of_the_base_bear_names_a_reader_knows(shop: Any, con: Any) -> None:
    """Quarters are called quarters while there are few; two years of months become half-years, in the reader's language."""
    quarters = generations.whole_base_chart(lenses.whole_base(lenses.grid(shop, as_of=AS_OF)), run("vi"))
    assert isinstance(quarters, Figure)
    assert "quý 3/2024: " in quarters.alt
    start = datetime(2024, 7, 1, 9)
    always_new = [Sale(f"c{m:02d}{i}", start + timedelta(days=30 * m), 10.0) for m in range(24) for i in range(3)]
    months = lenses.whole_base(lenses.grid(table(con, always_new), as_of=AS_OF, step=1))
    halves = generations.whole_base_chart(months, run("vi"))
    assert isinstance(halves, Figure)
    assert "nửa cuối năm 2025: " in halves.alt
    assert "half" not in halves.alt


def test_a_shop_without_customers_is_told_where_to_begin(con: Any) -> None:
    """Nobody known: every lens says what is missing, none fails, and no empty table is drawn."""
    nobody = table(con, [Sale(None, datetime(2026, 5, 1) + timedelta(days=d), 5.0) for d in range(60)])
    here, grid = run(overview={"customers": 0}), lenses.grid(nobody, as_of=AS_OF)
    period, change = lenses.one_period(nobody, as_of=AS_OF), lenses.two_periods(nobody, as_of=AS_OF)
    assert isinstance(audit.one_period_chart(period, here), Missing)
    assert isinstance(audit.two_periods_chart(change, here), Missing)
    assert isinstance(generations.whole_base_chart(lenses.whole_base(grid), here), Missing)
    assert generations.newer_against_older(lenses.second_purchase(nobody, grid), here).headline.startswith("Too few")
    assert churn.cohorts_details(cohorts(nobody, as_of=AS_OF), "orders", here).table is None


def test_presence_says_how_long_ago_and_never() -> None:
    """The median silence and those never written to stand beside each other, for any word and for one that did not sell."""
    share = wilson(50, 100)
    found = Presence(share, share, 2.0, 20, 10, 90, 106.0, None, wilson(47, 100), wilson(100, 100))
    shown = care.in_touch_details(found, run())
    assert isinstance(shown, Details)
    facts = dict(shown.facts)
    assert facts["Last message of any kind"] == "half of those who had one: 106 days ago or longer; never: 47% of 100"
    assert facts["Last message that was not selling"] == "nobody has had one; never: 100% of 100"
    welcome = care.welcomed(FirstContacts(wilson(4, 10), wilson(1, 10), 0.5, 100), run())
    assert not isinstance(welcome, Missing)
    assert welcome.headline == "4 of 10 new customers hear from you in their first 100 days"
    assert isinstance(care.welcomed(None, run()), Missing)


def test_every_state_has_a_name() -> None:
    """A state without a name would reach the reader as code."""
    assert set(moves.BEFORE_NAMES) == {*STATES, NEW}


def test_definitions_are_where_the_links_lead(example_metrics: Path) -> None:
    """In a real report every link inside the page leads somewhere, and the measures of this chapter have their definition."""
    page = (example_metrics.parent / "report.html").read_text(encoding="utf-8")
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links <= ids
    assert {
        f"word-{name}"
        for name in (
            "first-hundred-days", "lapse-rate", "reactivation-rate", "one-period", "two-periods", "one-cohort", "second-purchase",
            "whole-base", "six-months-ago", "contact-gap", "same-season",
        )
    } <= links  # fmt: skip
