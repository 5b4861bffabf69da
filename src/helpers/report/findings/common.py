"""Wording that several chapters share: "x of 10", ranges, and what is said when there is too little to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from helpers.errors import key
from helpers.language import Language
from helpers.metrics.comparisons import Comparison
from helpers.metrics.spread import Spread
from helpers.metrics.uncertainty import Estimate, NotEnough, Rate
from helpers.playbook import load
from helpers.report.charts.amounts import signed
from helpers.report.pieces import Details, Finding, Missing, TableView
from helpers.run import Run

WAIT = key("waiting a few more months: so far too few customers have come often enough to tell.")
"""What to do about a number that customers are still missing for (catalog key)."""

Item = tuple[str, float, float, float, int]
P = ParamSpec("P")
T = TypeVar("T")


def of_ten(value: float, say: Language) -> str:
    """A share as people say it: "3 of 10"; never a bare 0 or 10 unless the share is exactly that."""
    count = tenths(value)
    if value > 0 and count == 0:
        return say.text("fewer than 1 in 10")
    if value < 1 and count == 10:
        return say.text("more than 9 of 10")
    return say.text("{count} of 10", count=count)


def tenths(value: float) -> int:
    """What the verb after :func:`of_ten` agrees with: 1 only for "1 of 10"."""
    return round(10 * value)


def capital(text: str) -> str:
    """The text beginning with a capital letter, the rest as it is (a currency stays in capitals)."""
    return text[:1].upper() + text[1:]


def people(count: int, say: Language) -> str:
    """A head-count in words: "1 customer", "12 customers"."""
    return say.plural("{n} customer", "{n} customers", count)


def between(low: float, high: float, say: Language, digits: int = 0) -> str:
    """An interval of shares in everyday words."""
    return say.text(
        "most likely between {low} and {high}", low=say.percent(low, digits), high=say.percent(high, digits)
    )


def between_money(low: float, high: float, run: Run) -> str:
    """An interval of money in everyday words."""
    return run.say.text("most likely between {low} and {high}", low=run.money(low), high=run.money(high))


def too_few(found: NotEnough, what: str, say: Language) -> Finding:
    """The finding when there is too little to conclude."""
    headline = say.text("Too few to conclude: {what}", what=what)
    body = say.text(
        "This number is shown from {need} {unit} on; so far: {have}.",
        need=found.need,
        unit=say.text(found.what),
        have=found.have,
    )
    return Finding(headline, body)


def rate_items(found: Iterable[tuple[str, Rate | NotEnough]]) -> list[Item]:
    """Rates as the charts take them; those with too few observations are left out."""
    return [(label, r.value, r.low, r.high, r.n) for label, r in found if isinstance(r, Rate)]


def spread_of(found: Iterable[Comparison], outcome: str, by: str) -> Spread | None:
    """One comparison of many, if it could be made."""
    spreads = (each.spread for each in found if (each.outcome, each.by) == (outcome, by))
    return next((spread for spread in spreads if isinstance(spread, Spread)), None)


def holidays(run: Run, start: date) -> list[tuple[date, str]]:
    """First days of the country's holidays between `start` and the end of the data, with their names."""
    country = load().rules.countries.get(run.business.country)
    if country is None:
        return []
    years = range(start.year, run.as_of.year + 1)
    days = [
        (day, holiday.title[run.say.code])
        for holiday in country.holidays
        if holiday.compare_relative
        for year in years
        for day in holiday.in_year(year)
    ]
    return sorted((day, name) for day, name in days if start <= day <= run.as_of)


def festival_names(run: Run) -> dict[str, str]:
    """Festival id → its everyday name, without what stands in brackets."""
    country = load().rules.countries.get(run.business.country)
    holidays = country.holidays if country else ()
    return {h.id: h.title[run.say.code].split(" (")[0] for h in holidays}


def points(value: float, run: Run) -> str:
    """A difference of shares in percentage points, with its sign."""
    return signed(round(100 * value) + 0.0, lambda size: run.say.number(size))


def estimate_text(found: Estimate, run: Run) -> str:
    """An amount with its range."""
    return f"{run.money(found.value)} ({between_money(found.low, found.high, run)})"


def assumed_margin(run: Run) -> str:
    """Said beside gross profit where the business has not told its margin."""
    share = run.say.percent(run.business.margin)
    return run.say.text(
        "Counted with an assumed gross margin of {share}: tell us yours and the figures become yours.", share=share
    )


def not_measured(what: str, how: str, say: Language) -> Missing:
    """Said instead of an empty chart."""
    return Missing(what, how, language=say)


def not_yet(what: str, run: Run) -> Missing:
    """Said instead of a chart about customers: nobody is known, or those who are have not come often enough."""
    say = run.say
    known = run.facts["overview"]["customers"]
    return not_measured(what, say.text(WAIT) if known else say.text("recording a customer on every order."), say)


def definition(
    facts: Mapping[str, Any],
    say: Language,
    body: str = "",
    *,
    pages: Iterable[str] = (),
    table: TableView | None = None,
) -> Details:
    """Definition, n, interval and method, opened on demand.

    `pages`: ids of the playbook's definition pages, which the appendix holds. `table`: second-rank figures.
    """
    title = say.text("How this is counted") if table is None else table.caption
    if table is not None and not table.rows:
        table = None
    return Details(title, tuple((term, str(text)) for term, text in facts.items()), body, table, explained(pages, say))


def word_anchor(page: str) -> str:
    """Where the appendix holds a definition page."""
    return f"word-{page}"


def explained(pages: Iterable[str], say: Language) -> tuple[tuple[str, str], ...]:
    """Links to definition pages in the appendix, by their titles."""
    titles = {page: load().metrics[page].title[say.code] for page in pages}
    return tuple(
        (say.text("In plain words: {title}", title=title), f"#{word_anchor(page)}") for page, title in titles.items()
    )


def under_contract(run: Run) -> bool:
    """Whether nothing may be inferred from silence here, because customers hold contracts."""
    return not run.silence_speaks


def from_silence(write: Callable[P, T]) -> Callable[P, T | None]:
    """Marks what is read from the time between two purchases: nothing where customers hold contracts, whose next payment
    falls due anyway. A section left without anything is not shown, and one sentence says so (:func:`contracts.gate`).

    Args:
        write: its last argument is the run.
    """

    @wraps(write)
    def unless_contracts(*args: P.args, **kwargs: P.kwargs) -> T | None:
        return None if under_contract(cast(Run, args[-1])) else write(*args, **kwargs)

    return unless_contracts


def lacking(found: Mapping[str, Any] | None, run: Run) -> str:
    """What a number still needs, in the words of its own refusal."""
    say = run.say
    if found and "need" in found:
        return say.text(
            "This number is shown from {need} {unit} on; so far: {have}.",
            need=found["need"],
            unit=say.text(found["what"]),
            have=found["have"],
        )
    return say.text(found["reason"]) if found and "reason" in found else ""
