"""Every file of a business into the canonical tables, with a proof that nothing was lost on the way."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
from babel.numbers import get_currency_precision

from helpers import engine
from helpers.business import Business, Source
from helpers.errors import InputError
from helpers.intake import (
    assembly,
    checking,
    counting,
    customers,
    extras,
    faults,
    forgotten,
    orders,
    overlap,
    portable,
    remote,
    resolution,
    warehouse,
)
from helpers.intake.assembly import Loaded
from helpers.intake.forgotten import Forgotten, Gone
from helpers.intake.formats import ROLES, formats
from helpers.intake.meanings import Settings
from helpers.intake.opening import files, opened
from helpers.intake.orders import Staged
from helpers.intake.quality import Note, Quality
from helpers.intake.reading import Raw, drop
from helpers.intake.recognition import Recognition
from helpers.intake.resolution import Resolved
from helpers.tables import OPTIONAL

_OF_ORDERS = ("orders", "order_lines", "people", "rejects", "aliases")
"""Tables of a load that are expressions on a warehouse when its rows stay there."""
_KINDS = tuple(kind for kind in ROLES if kind != "people_list")


@dataclass(frozen=True)
class Intake:
    """The canonical tables of one business and what was found on the way.

    Attributes:
        orders, order_lines, people, rejects, identities: columns as in :mod:`helpers.tables`.
        optional: the tables of ``tables.OPTIONAL`` this business has. quality: counts, sums and shares.
        aliases: customer_id, names, phones: how many different ones stand under a code, where it is more than one.
        stayed: whether the tables are expressions on a warehouse; `identities` is missing then.
    """

    orders: ir.Table
    order_lines: ir.Table
    people: ir.Table
    rejects: ir.Table
    optional: dict[str, ir.Table]
    quality: Quality
    aliases: ir.Table
    identities: ir.Table | None
    stayed: bool = False


def memory(business: Business, folder: Path) -> int:
    """Bytes the engine should hold while :func:`load` works: a gigabyte, more for large files and tables, as far as a run may go."""
    sources = [source for group in business.sources.values() for source in group]
    most = engine.alone() or checking.ENGINE_MEMORY
    if any(source.table for source in sources):  # nobody knows how large
        return max(checking.ENGINE_MEMORY, most)
    found = [folder / source.file for source in sources if source.file]
    files_ = [one for path in found for one in ([path] if path.is_file() else path.glob("**/*")) if one.is_file()]
    wanted = checking.TIMES_THE_FILES * sum(path.stat().st_size for path in files_)
    return max(checking.ENGINE_MEMORY, min(wanted, most))


def load(
    business: Business, folder: Path, con: Any, *, today: date, as_of: date | None = None, stay: ExitStack | None = None,
    there: Any = None,
) -> Intake:  # fmt: skip
    """Read every source of a business.

    Args:
        business: its `business.yml`.
        folder: against which relative file names resolve.
        con: an Ibis DuckDB backend.
        today: rows dated later are left out as faults.
        as_of: rows dated later are left out as not yet known.
        stay: leave the rows of a warehouse where they are, if all sources are orders in one; the tables are then
            expressions on it that can be asked until this is closed, and only what is asked comes to the machine.
        there: a connection to that warehouse to work with; default one of its own, which writes nothing that lasts.

    Returns:
        Tables in `con` (temporary: they live as long as the connection) and the quality of the data.

    Raises:
        InputError: a source cannot be used, or nothing that can be measured is left.
        AssertionError: rows or money were lost on the way; a fault of this package.
    """
    _check_kinds(business)
    digits = get_currency_precision(business.currency)
    settings = Settings(business.currency, digits, business.timezone, business.country, today, as_of)
    gone = forgotten.load(folder)
    if stay is not None and gone is None and in_one_warehouse(business):
        away = _There(business, folder, con, settings, stay, there)
        sold = list(away.of_kind("orders"))
        found = _assembled(away.con, business, today, sold, away)
        name = away.con.name
        translated = {part: portable.translated(getattr(found, part), name) for part in _OF_ORDERS}
        return replace(found, stayed=True, **translated)
    with ExitStack() as stack:
        loader = _Loader(business, folder, con, settings, stack)
        sold = list(loader.of_kind("orders"))
        return _assembled(con, business, today, sold, loader, gone)


def _assembled(
    con: Any, business: Business, today: date, sold: list[Loaded], loader: _Loader, record: Forgotten | None = None
) -> Intake:
    """The canonical tables from the staged orders and what stands beside them."""
    together = assembly.joined(con, sold)
    faults.check_dates(con, together, sold, today)
    lists = list(loader.of_kind("customers"))
    who = loader.resolved(together, sold, lists)
    known_as, gone = who.identities, None
    stage = assembly.with_refunds(con, together, sold)
    if record is not None:
        who, gone = loader.without(record, forgotten.of_table(stage, together), sold, lists, who)
    faults.check_usable(con, stage)
    faults.check_currency(con, stage, business.currency)
    exact = assembly.orders(con, stage, sold)
    faults.check_customers(con, exact)
    lines = assembly.order_lines(stage, sold)
    people = assembly.people(con, stage, [one.staged.table for one in lists], who.identities)
    others = _beside(con, business, loader, resolution.Known(people, known_as), exact, gone)
    optional = {
        kind: assembly.optional(con, kind, [one.staged.table for one in others if one.kind == kind])
        for kind in OPTIONAL
        if any(one.kind == kind for one in others)
    }
    everything = [*sold, *lists, *others]
    rejects = assembly.rejects(con, everything, stage)
    if gone is not None:
        rejects = gone.without_text(con, rejects, business.country)
    named = [one.staged.table for one in lists]
    kept = [lines, *optional.values(), *(table.filter(table.reason.isnull()) for table in named)]
    quality = counting.quality(con, everything, stage, exact, people, rejects, kept)
    account = resolution.identified(con, who.identities) if who.known else None
    quality = replace(quality, notes=(*quality.notes, *_not_found(who)), identity=account)
    several = counting.aliases(con, stage)
    loader.tidy(everything, together)
    # a book in which nothing stands says as little as no book: it must not be read as "it never happened"
    optional = {
        kind: table for kind, table in optional.items() if any(s.kind == kind and s.rows_kept for s in quality.sources)
    }
    identities = resolution.every_key(exact, who)
    return Intake(exact.drop("exact_revenue"), lines, people, rejects, optional, quality, several, identities)


def _beside(
    con: Any, business: Business, loader: _Loader, known: resolution.Known, exact: ir.Table, gone: Gone | None
) -> list[Loaded]:
    """The files of optional tables, staged: whom they speak of is looked up by any key of theirs."""
    kinds = [kind for kind in OPTIONAL if business.sources.get(kind)]
    if not kinds:
        return []
    book = resolution.directory(con, known)
    found = [one for kind in kinds for one in loader.of_kind(kind, book, exact, gone)]
    drop(con, book.get_name())
    return overlap.optional(con, found)


class _Loader:
    """Opens and stages files one after the other; the raw rows stay until the load is done, for the rejects."""

    def __init__(self, business: Business, folder: Path, con: Any, settings: Settings, stack: ExitStack) -> None:
        self.business, self.folder, self.con, self.settings, self.stack = business, folder, con, settings, stack
        self.number = 0
        self.scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="intake-")))

    def of_kind(self, kind: str, *known: Any) -> Iterator[Loaded]:
        """All files of a kind, staged; `known` are the people and orders that optional tables refer to, and who is forgotten."""
        for source in self.business.sources.get(kind, []):
            if source.table:
                yield self._table(kind, source, known)
                continue
            for path in files(self.folder, str(source.file), self.scratch):
                yield self._file(kind, source, path, known)

    def resolved(self, together: ir.Table, sold: list[Loaded], lists: list[Loaded]) -> Resolved:
        """Give the staged rows of orders and of lists the customers they are about."""
        of_orders = resolution.Rows(together, {one.number: one.system for one in sold}, dated=True)
        said = [source.system for source in self.business.sources.get("customers", []) if source.system]
        listed = [(one.number, one.system, one.system in said, one.staged.table) for one in lists]
        systems = resolution.of_lists(self.con, of_orders, listed)
        parts = [of_orders]
        parts += [resolution.Rows(one.staged.table, {one.number: systems[one.number]}, dated=False) for one in lists]
        everything = [*sold, *lists]
        roles = {role for one in everything for role in one.recognition.mapping}
        names = {one.number: one.file for one in everything}
        return resolution.resolved(self.con, parts, self.business.identity, self.business.country, names, roles)

    def without(
        self, record: Forgotten, together: ir.Table, sold: list[Loaded], lists: list[Loaded], who: Resolved
    ) -> tuple[Resolved, Gone]:
        """Take those who are forgotten out of the staged rows."""
        of_orders = resolution.Rows(together, {one.number: one.system for one in sold}, dated=True)
        listed = [resolution.Rows(one.staged.table, {one.number: one.system}, dated=False) for one in lists]
        return forgotten.taken_out(self.con, record, [of_orders], listed, who)

    def tidy(self, everything: list[Loaded], together: ir.Table) -> None:
        """Forget the staged rows of each file; the lines are read from those of all orders, which therefore stay."""
        drop(self.con, *{one.staged.table.get_name() for one in everything} - {together.get_name()})

    def _file(self, kind: str, source: Source, path: Path, known: tuple[Any, ...]) -> Loaded:
        self.number += 1
        raw, found = self.stack.enter_context(
            opened(self.con, path, kind=kind, columns=source.columns, format=source.format, sheet=source.sheet)
        )
        return self._staged(kind, path.name, found, raw, source, known)

    def _table(self, kind: str, source: Source, known: tuple[Any, ...]) -> Loaded:
        """A table of a warehouse: orders are staged where they are, small tables come over and are read like a file."""
        self.number += 1
        with warehouse.opened(source, self.settings.zone, self.folder) as table:
            found = remote.recognised(table, source, kind)
            if kind == "orders":
                there = remote.stage(table, source, found, self.settings, self.number)
                return self._loaded(kind, table.label, found, *there.arrived(self.con), source)
            raw = remote.small(self.con, table, source, found)
        self.stack.callback(drop, self.con, *raw.temporary)
        one = self._staged(kind, table.label, found, raw, source, known)
        return replace(one, raw=replace(raw, columns={}))

    def _staged(
        self, kind: str, file: str, found: Recognition, raw: Raw, source: Source, known: tuple[Any, ...]
    ) -> Loaded:
        layout = formats()[found.format]
        given = (self.con, raw, layout, found.mapping, self.settings)
        named: dict[str, Any] = {"file": file, "file_no": self.number, "day_first": source.day_first}
        if kind == "orders":
            staged = orders.stage(*given, **named)
        elif kind == "customers":
            staged = customers.stage(*given, **named)
        else:
            staged = extras.stage(*given, *known, scale=source.scale, **named)
        return self._loaded(kind, file, found, raw, staged, source)

    def _loaded(self, kind: str, file: str, found: Recognition, raw: Raw, staged: Staged, source: Source) -> Loaded:
        layout = formats()[found.format]
        return Loaded(self.number, kind, file, source.system or layout.system or layout.id, found, raw, staged)


class _There(_Loader):
    """Stages tables of orders of one warehouse and leaves them there."""

    def __init__(
        self, business: Business, folder: Path, con: Any, settings: Settings, stack: ExitStack, there: Any
    ) -> None:
        super().__init__(business, folder, con, settings, stack)
        first = business.sources["orders"][0]
        self.warehouse = stack.enter_context(warehouse.opened(first, settings.zone, folder, there))
        self.con = remote.Engine(self.warehouse)

    def _table(self, kind: str, source: Source, known: tuple[Any, ...]) -> Loaded:
        self.number += 1
        table = self.warehouse.beside(str(source.table))
        found = remote.recognised(table, source, kind)
        there = remote.stage(table, source, found, self.settings, self.number)
        return self._loaded(kind, table.label, found, there.there(), there.staged, source)

    def resolved(self, together: ir.Table, sold: list[Loaded], lists: list[Loaded]) -> Resolved:
        """Rows that stay where they are keep the customer each of them names."""
        return Resolved(None)

    def tidy(self, everything: list[Loaded], together: ir.Table) -> None:
        """What is held there goes with the connection."""


def _not_found(who: Resolved) -> list[Note]:
    sentence = "business.yml, identity: line {number} of “{line}” names a key that is not in the data."
    return [Note(sentence, {"line": line, "number": number}) for line, number in who.unknown]


def in_one_warehouse(business: Business) -> bool:
    """Whether all there is are orders in tables at one address."""
    sources = [(kind, source) for kind, group in business.sources.items() for source in group]
    return (
        {kind for kind, _ in sources} == {"orders"}
        and len({source.url for _, source in sources} - {None}) == 1
        and all(source.table for _, source in sources)
    )


def _check_kinds(business: Business) -> None:
    unknown = [kind for kind in business.sources if kind not in _KINDS]
    if unknown:
        raise InputError(
            "business.yml, sources: “{kind}” is not known; choose from: {known}.", kind=unknown[0], known=list(_KINDS)
        )
    if not business.sources.get("orders"):
        raise InputError(
            "business.yml names no file of orders; add one under sources, orders, or drop it on the page of “retention session”."
        )
