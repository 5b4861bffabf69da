"""What `1_diagnosis` says of the data themselves: whom they name, how far to trust them, what they cannot tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from helpers.intake import REASONS
from helpers.intake.quality import Identified
from helpers.metrics.quality import FROM_SILENCE, Possible
from helpers.playbook import load
from helpers.report import charts, data_words
from helpers.report.findings.common import capital, not_measured, not_yet, people
from helpers.report.pieces import ROWS_SHOWN, Column, Details, Figure, Finding, Missing, TableView
from helpers.run import Run


def recognised(run: Run) -> Finding:
    """S15: whom do we know at all?"""
    say, facts = run.say, run.facts["overview"]
    share = 1 - facts["anonymous_revenue_share"]
    if facts["customers"] == 0:
        headline = say.text("No customer can be recognised in this file, so nobody's return can be measured yet")
        way = load().rules.recording.way("people", run.business.sector)
        wait = say.text("After 90 days this report can answer.")
        return Finding(headline, f"{way[say.code]} {wait}" if way is not None else wait)
    headline = say.text("{percent} of the money comes from customers we can recognise", percent=say.percent(share))
    body = say.text(
        "{known} of {orders} orders name their customer. Everything said here about coming back is about them ({customers}); "
        "the rest counts in revenue only.",
        known=facts["identified_orders"], orders=facts["orders"], customers=people(facts["customers"], say),
    )  # fmt: skip
    return Finding(headline, body)


def recognised_chart(run: Run) -> Figure | Missing:
    """Identified share of the orders by channel and by branch."""
    say, quality = run.say, run.facts["data_quality"]
    whole = quality["identified"]["orders"]
    if not whole.get("k"):
        return not_yet(say.text("Known customers by channel and branch"), run)
    groups = [
        *(_group(one, say.text("no channel given")) for one in quality["by_channel"]),
        *(_group(one, say.text("no branch given")) for one in quality["by_branch"]),
    ]
    items = [item for item in groups if item is not None]
    if not items:
        how = say.text("exporting the orders with their channel and branch.")
        return not_measured(say.text("Known customers by channel and branch"), how, say)
    lowest = min(items, key=lambda item: item[1])
    title = (
        say.text("Every order at every channel and branch names its customer")
        if lowest[1] == 1
        else say.text(
            "Least is known at “{group}”: {percent} of the orders name their customer",
            group=lowest[0], percent=say.percent(lowest[1]),
        )
    )  # fmt: skip
    subtitle = say.text(
        "Share of orders with a known customer, by channel and by branch; {start} – {end}", **_span(run)
    )
    caption = (
        say.text("The dashed line is the whole business. Begin where the share is lowest and the orders are many.")
        if lowest[1] < 1
        else ""
    )
    return charts.rates(
        items[:ROWS_SHOWN], title=title, subtitle=subtitle, language=say, caption=caption,
        reference=(say.text("All"), whole["value"]),
    )  # fmt: skip


def _group(one: Mapping[str, Any], nameless: str) -> tuple[str, float, float, float, int] | None:
    rate = one["orders"]
    if "value" not in rate:
        return None
    return one["group"] or nameless, rate["value"], rate["low"], rate["high"], rate["n"]


def recognised_details(run: Run) -> Details:
    """Identified share of orders and of revenue by channel and by branch."""
    say, quality = run.say, run.facts["data_quality"]
    groups = [(say.text("no channel given"), one) for one in quality["by_channel"]]
    groups += [(say.text("no branch given"), one) for one in quality["by_branch"]]
    whole = ((say.text("All"), data_words.known(quality["identified"], say)),) if quality["identified"] else ()
    facts = (*((one["group"] or nameless, data_words.known(one, say)) for nameless, one in groups), *whole)
    return Details(say.text("Orders and revenue of known customers, by channel and branch"), facts)


def _span(run: Run) -> dict[str, date]:
    return {"start": date.fromisoformat(run.facts["overview"]["first_day"]), "end": run.as_of}


def graded(run: Run) -> Finding:
    """The grade of the data and everything that stands in the way of a better one."""
    say, quality = run.say, run.facts["data_quality"]
    said = data_words.reasons(quality, say)
    headline = say.text("The data earn grade {mark}: {reason}", mark=quality["grade"]["mark"], reason=_joined(said[0]))
    body = [" ".join(said[1:])]
    if any(one["of"] in ("known_share", "customers") for one in quality["grade"]["reasons"]):
        way = load().rules.recording.way("people", run.business.sector)
        body.append(say.text("To do better: {how}", how=_small(way[say.code])) if way is not None else "")
    return Finding(headline, "\n\n".join(part for part in body if part))


def _joined(sentence: str) -> str:
    """A sentence as the second half of another: without its full stop, beginning small unless with a figure."""
    return _small(sentence).removesuffix(".")


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def graded_details(run: Run) -> Details:
    """The rule behind the grade."""
    say = run.say
    facts = (
        ("D", say.text("fewer than 100 customers, or less than 20% of the revenue, can be followed")),
        ("C", say.text("less than half of the revenue can be followed, less than half a year of history, over 30% of the rows faulty, over 10% of the days missing, or over 30% of the revenue in extreme amounts")),
        ("B", say.text("less than 80% of the revenue, less than a year, over 10% faulty rows, over 2% missing days, or over 10% of the revenue in extreme amounts")),
        ("A", say.text("none of these")),
    )  # fmt: skip
    body = say.text("Every limit is judged alone and the worst one decides, so worse data never get a better grade.")
    return Details(say.text("How this is counted"), facts, body)


def checked(run: Run) -> TableView:
    """What was looked for in the data, and what was found."""
    say, quality = run.say, run.facts["data_quality"]
    calendar, amounts = quality["calendar"], quality["amounts"]
    extremes = amounts["extremes"]
    far = (
        say.text("too few orders to tell") if "need" in extremes
        else say.text(
            "{high} above {most}, {low} below {least}", high=extremes["too_high"], most=run.money(extremes["high"]),
            low=extremes["too_low"], least=run.money(extremes["low"]),
        )
    )  # fmt: skip
    off = data_words.days_off(calendar, say)
    silent = data_words.gaps(calendar, say) + (f" ({say.text('closed as usual: {days}', days=off)})" if off else "")
    rows = [
        (capital(say.text("days without any order")), silent),
        (capital(say.text("orders of extreme size")), far),
        (capital(say.text("orders worth nothing or less")), say.number(amounts["zero"] + amounts["negative"])),
        *_recognised(run),
        (capital(say.text("suspicious customer codes")), data_words.suspicions(quality["suspects"], say)),
        (
            capital(say.text("rows that stand twice")),
            say.text("{same} in one file, {again} exported again", same=quality["duplicates"], again=quality["exported_again"]),
        ),
        (say.text("Customers with a phone, with an e-mail"), _reached(quality["coverage"], run)),
    ]  # fmt: skip
    if quality["lines"] is not None and quality["lines"]["lines"]:
        odd = say.text(
            "{odd} of {lines} lines", odd=quality["lines"]["odd_price"], lines=quality["lines"]["lines"],
        )  # fmt: skip
        rows.append((say.text("Prices ten times off the usual"), odd))
    columns = (Column(say.text("What was looked for"), "left"), Column(say.text("Found"), "left"))
    return TableView(columns, tuple(rows), say.text("What was checked in the data"), language=say)


def _recognised(run: Run) -> list[tuple[str, str]]:
    """How people were recognised, where there was anything to recognise."""
    say, found = run.say, run.facts["quality"].get("identity")
    if found is None or not (found["people"] or found["shared"] or found["told_apart"]):
        return []
    return [(capital(term.strip()), text) for term, text in data_words.recognised(Identified(**found), say)]


def _reached(coverage: Mapping[str, Any], run: Run) -> str:
    say, phone, email = run.say, coverage["phone"], coverage["email"]
    if "value" not in phone:
        return say.text("too few customers to tell")
    return f"{say.percent(phone['value'])}, {say.percent(email['value'])} ({say.text('n = {n}', n=phone['n'])})"


def data_quality(run: Run) -> TableView:
    """Rows read, kept and set aside, per file."""
    say, quality = run.say, run.facts["quality"]
    columns = (
        Column(say.text("File"), "left"),
        Column(say.text("rows read")),
        Column(say.text("kept")),
        Column(say.text("set aside")),
    )
    rows = tuple(
        (s["file"], say.number(s["rows"]), say.number(s["rows_kept"]), say.number(s["rows_rejected"]))
        for s in quality["sources"]
    )
    more = (
        say.text("Every row set aside is in tables/rejects.parquet with its reason.")
        if quality["rows_rejected"]
        else ""
    )
    return TableView(columns, rows, say.text("What was read"), more, language=say)


def set_aside(run: Run) -> Details:
    """Why rows were set aside."""
    say, quality = run.say, run.facts["quality"]
    title = say.text("Why rows were set aside") if quality["rows_rejected"] else say.text("No row was set aside")
    facts = tuple((say.text(REASONS[code]), say.number(count)) for code, count in quality["rejected_by_reason"].items())
    body = say.text(
        "Rows read = rows kept + rows set aside, and the same for the amounts; this is checked on every run."
    )
    return Details(title, facts, body)


def told(run: Run) -> tuple[Possible, ...]:
    """What can be told from these data and what not; nothing read from silence where customers hold contracts."""
    found = data_words.told(run.facts["data_quality"], campaigns=len(run.business.campaigns))
    return tuple(one for one in found if run.silence_speaks or one.metric not in FROM_SILENCE)


def cannot_tell(found: Sequence[Possible], run: Run) -> TableView | Finding:
    """What these data cannot say, what it would be good for, and how to begin recording it."""
    say = run.say
    missing = data_words.unknowns(found, load(), run.business.sector, say)
    if not missing:
        return Finding(say.text("These data answer every question of this report"), level=3)
    columns = (Column(say.text("Not recorded yet, and what it would tell"), "left"), Column(say.text("How to begin"), "left"))  # fmt: skip
    rows = tuple((f"{capital(one.what)} – {one.tells}", one.how) for one in missing)
    can = len([one for one in found if not one.lacks])
    caption = say.text("What cannot be told yet ({count} of {all} questions can)", count=can, all=len(found))
    return TableView(columns, rows, caption, language=say)


def can_tell(found: Sequence[Possible], run: Run) -> Details:
    """What these data can answer."""
    say = run.say
    facts = tuple((say.number(place), text) for place, text in enumerate(data_words.answered(found, say), start=1))
    return Details(say.text("What these data can answer"), facts)
