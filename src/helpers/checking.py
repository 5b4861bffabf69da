"""`retention check`: intake alone, and what it says about the files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from helpers import business as business_file
from helpers import engine, files, intake, playbook
from helpers.business import Business
from helpers.intake.overlap import AGAIN
from helpers.language import Language
from helpers.metrics.quality import DataQuality, suspects
from helpers.metrics.uncertainty import NotEnough
from helpers.pipeline.assessment import assess_load
from helpers.records import plain
from helpers.report import data_words

Line = tuple[str, str]
CODES_SHOWN = 20
_NAMED_GROUPS = 7
_MANY, _MOSTLY = 20, 0.5
"""Customers of whom one would be in both files by now, and the share of orders on common days, of a file that is compared."""


@dataclass(frozen=True)
class Suspect:
    """A suspicious customer code, its reason (a key of ``data_words.SUSPICIONS``) and its orders; personal data."""

    customer_id: str
    reason: str
    orders: int


@dataclass(frozen=True)
class Check:
    """The result of reading a client's files.

    Attributes:
        quality: the intake's account. data: how far it can be trusted; missing while the rows stay in a warehouse, which
            is asked for the intake's account only. optional: tables beside the orders. codes: the
            suspicious customers, only when they were asked for. strangers: files of orders that share days and system with
            the others, but not one customer (:func:`strangers`).
    """

    business: Business
    quality: intake.Quality
    data: DataQuality | None
    optional: tuple[str, ...]
    codes: tuple[Suspect, ...] = ()
    strangers: tuple[str, ...] = ()

    def lines(self, say: Language) -> list[Line]:
        """The quality report as (term, text) lines."""
        if self.data is None:
            return [(say.text("What was read").upper(), ""), *self._read(say), *self._counted(say), _stayed(say)]
        data = plain(self.data)
        parts = (
            (say.text("What was read"), self._read(say)),
            (say.text("Whom the orders name"), self._known(say, data)),
            (say.text("How far to trust these data"), self._checked(say, data)),
            (say.text("What they can tell and what not"), self._unknown(say, data)),
        )
        return [line for title, lines in parts for line in (("", ""), (title.upper(), ""), *lines)][1:]

    def record(self) -> dict[str, Any]:
        """The same as plain JSON, without personal data."""
        told = data_words.told(plain(self.data), campaigns=len(self.business.campaigns)) if self.data else None
        found: dict[str, Any] = plain(
            {
                "client": self.business.name, "optional_tables": self.optional, "quality": self.quality,
                "data_quality": self.data, "possible": told,
            }
        )  # fmt: skip
        return found

    def _read(self, say: Language) -> Iterator[Line]:
        q = self.quality
        yield say.text("rows read"), say.number(q.rows_read)
        yield say.text("rows kept"), say.number(q.rows_kept)
        yield say.text("rows set aside"), say.number(q.rows_rejected)
        for code, n in q.rejected_by_reason.items():
            yield f"  {say.text(intake.REASONS[code])}", say.number(n)
        for source in q.sources:
            rows = say.plural("{n} row", "{n} rows", source.rows)
            span = f"; {source.first_date} … {source.last_date}" if source.first_date else ""
            yield source.file, f"{source.title}; {rows}{span}"
        for note in q.notes:
            yield say.text("note"), say.text(note.message, **note.values)

    def _counted(self, say: Language) -> Iterator[Line]:
        q = self.quality
        yield say.text("orders"), say.number(q.orders)
        yield say.text("known customers"), say.number(q.customers)
        if q.anonymous_revenue_share is not None:
            yield say.text("revenue without a known customer"), say.percent(q.anonymous_revenue_share, 1)

    def _known(self, say: Language, data: Mapping[str, Any]) -> Iterator[Line]:
        yield from self._counted(say)
        yield say.text("orders that name their customer"), _rate(data["identified"]["orders"], say)
        for one in [*data["by_channel"], *data["by_branch"]][:_NAMED_GROUPS]:
            if one["group"] is not None:
                yield f"  {one['group']}", data_words.known(one, say)
        if self.quality.identity is not None:
            yield from data_words.recognised(self.quality.identity, say)
        yield say.text("customers with a phone number"), _rate(data["coverage"]["phone"], say)
        yield say.text("customers with an e-mail"), _rate(data["coverage"]["email"], say)

    def _checked(self, say: Language, data: Mapping[str, Any]) -> Iterator[Line]:
        first, *more = data_words.reasons(data, say)
        yield say.text("grade of the data"), f"{data['grade']['mark']} – {first}"
        yield from (("", one) for one in more)
        yield say.text("days without any order"), data_words.gaps(data["calendar"], say)
        extremes = data["amounts"]["extremes"]
        if "need" not in extremes:
            yield say.text("orders of extreme size"), say.number(extremes["too_high"] + extremes["too_low"])
        worthless = data["amounts"]["zero"] + data["amounts"]["negative"]
        yield say.text("orders worth nothing or less"), say.number(worthless)
        yield say.text("rows that stand twice"), say.number(data["duplicates"] + data["exported_again"])
        yield say.text("suspicious customer codes"), data_words.suspicions(data["suspects"], say)
        for code in self.codes:
            orders = say.plural("{n} order", "{n} orders", code.orders)
            yield f"  {code.customer_id}", f"{orders}; {say.text(data_words.SUSPICIONS[code.reason])}"

    def _unknown(self, say: Language, data: Mapping[str, Any]) -> Iterator[Line]:
        told = data_words.told(data, campaigns=len(self.business.campaigns))
        yield say.text("these data can tell"), "; ".join(data_words.answered(told, say)) or "–"
        missing = data_words.unknowns(told, playbook.load(), self.business.sector, say)
        if missing:
            yield say.text("not measured yet"), say.text("and how to begin:")
        for one in missing:
            yield f"  {one.what}", one.how


def _stayed(say: Language) -> Line:
    return say.text("note"), say.text(
        "The rows stayed in the warehouse; how far to trust them and what they can tell is worked out by “retention run”."
    )


def _rate(found: Mapping[str, Any], say: Language) -> str:
    if "value" not in found:
        return say.text("too few to conclude")
    low, high = say.percent(found["low"]), say.percent(found["high"])
    return f"{say.percent(found['value'], 1)} ({low} – {high}; {say.text('n = {n}', n=found['n'])})"


def check_client(client: Path, *, today: date, show_personal_data: bool = False) -> Check:
    """Read every source of a client, write nothing. Of orders that all lie in one warehouse only counts are brought here.

    Args:
        show_personal_data: bring the codes of suspicious customers as well.

    Raises:
        InputError: nothing can be used.
    """
    return check_business(business_file.load(client), client, today=today, show_personal_data=show_personal_data)


def check_business(business: Business, client: Path, *, today: date, show_personal_data: bool = False) -> Check:
    """The same for what business.yml would say: `client` is the folder its file names resolve against.

    Raises:
        InputError: nothing can be used.
    """
    con = engine.connect()
    try:
        with engine.within(con, intake.memory(business, client)), ExitStack() as stay:
            taken = intake.load(business, client, con, today=today, stay=stay)
            if taken.stayed:
                return Check(business, taken.quality, None, ())
            end = taken.orders.ordered_at.max().to_pyarrow().as_py().date()
            codes = _codes(taken, end) if show_personal_data else ()
            trust = assess_load(business, taken, as_of=end)
            return Check(business, taken.quality, trust, tuple(taken.optional), codes, strangers(taken))
    finally:
        con.disconnect()


def strangers(taken: intake.Intake) -> tuple[str, ...]:
    """Files of orders that look like another business's.

    Most of a file's named orders lie in the days of the other files of its layout, it has many customers and so have they,
    and not one of its customers or rows stands in them. Files of other layouts have other customer codes and tell nothing.
    """
    sold = [one for one in taken.quality.sources if one.kind == "orders" and one.rows_kept]
    if len(sold) < 2:
        return ()
    layout = {one.file: one.format for one in sold}
    named = taken.orders.filter(taken.orders.customer_id.notnull())
    found = []
    for one in sold:
        kin = [other for other in layout if other != one.file and layout[other] == one.format]
        own, theirs = named.filter(named.source_file == one.file), named.filter(named.source_file.isin(kin))
        again = taken.rejects.filter(taken.rejects.source_file.isin([one.file, *kin]) & (taken.rejects.reason == AGAIN))
        if kin and not again.count().to_pyarrow().as_py() and _apart(own, theirs):
            found.append(one.file)
    return tuple(found)


def _apart(own: Any, theirs: Any) -> bool:
    days = theirs.agg(first=theirs.ordered_at.min(), last=theirs.ordered_at.max(), n=theirs.customer_id.nunique())
    first, last, n = (column[0].as_py() for column in days.to_pyarrow().columns)
    if n < _MANY:
        return False
    common = own.ordered_at.between(first, last).mean()
    both = own.customer_id.isin(theirs.customer_id).sum()
    asked = own.agg(common=common, both=both, n=own.customer_id.nunique()).to_pyarrow().to_pylist()[0]
    return asked["n"] >= _MANY and asked["common"] >= _MOSTLY and not asked["both"]


def _codes(taken: intake.Intake, as_of: date) -> tuple[Suspect, ...]:
    found = suspects(taken.orders, as_of=as_of, aliases=taken.aliases)
    if isinstance(found, NotEnough):
        return ()
    rows = found.limit(CODES_SHOWN).to_pyarrow().to_pylist()
    return tuple(Suspect(row["customer_id"], row["reason"], int(row["orders"])) for row in rows)


def write_record(check: Check, path: Path) -> Path:
    """Write :meth:`Check.record` as JSON."""
    return files.write_text(path, json.dumps(check.record(), ensure_ascii=False, indent=1))
