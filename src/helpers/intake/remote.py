"""Orders that stay in a warehouse: staged there by the expressions files are staged by, counted there, and only the
canonical columns of the rows that are kept come to the machine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from helpers.business import Source
from helpers.errors import InputError
from helpers.intake import arrival, orders, portable
from helpers.intake.formats import DATES, FIGURES, Format, formats, is_private
from helpers.intake.meanings import Settings
from helpers.intake.orders import STAGE, Staged
from helpers.intake.reading import Head, Raw
from helpers.intake.recognition import Recognition, among, require, spares
from helpers.intake.text import nfc
from helpers.intake.warehouse import FROM_A_FILE_ONLY, Warehouse, opened

_KEPT_ONLY = (
    "customer_id", "name", "phone", "email", "birthday", "address", "amount", "quantity", "unit_price", "product_id", "product",
    "category", "channel", "branch", "staff",
)  # fmt: skip
"""Columns that come to the machine for rows that are kept; of the others only what tells orders apart."""
_CLOCK = "ordered_time"


class Engine:
    """A warehouse as intake sees an engine: it answers, and keeps what is to be used again."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse, self.name = warehouse, warehouse.con.name

    def create_table(self, _: str, obj: ir.Table, *, temp: bool) -> ir.Table:
        """The result of an expression, put into words the warehouse knows."""
        return self.warehouse.hold(portable.translated(obj, self.name))

    @property
    def once(self) -> bool:
        """Whether parsing each different cell once is the faster way: where joins on missing cells are hashed."""
        return bool(self.name == "duckdb")

    def raw_sql(self, statement: str) -> None:
        """Forget a table that was held."""
        self.warehouse.con.raw_sql(statement)

    def execute(self, asked: Any) -> Any:
        """One figure."""
        (row,) = self.warehouse.rows(portable.translated(asked.as_table(), self.name))
        return next(iter(row.values()))

    def to_pyarrow(self, asked: Any) -> Any:
        """A small result, or one figure."""
        if not isinstance(asked, ir.Table):
            return pa.scalar(self.execute(asked))
        found = self.warehouse.rows(portable.translated(asked, self.name))
        return pa.table({name: [row[name] for row in found] for name in asked.columns})


def recognised(warehouse: Warehouse, source: Source, kind: str) -> Recognition:
    """What the table is, by the names of its columns alone; no row is looked at.

    Raises:
        InputError: a column nothing can be done without is missing, or named in `columns:` and not there.
    """
    head = Head(None, [list(warehouse.table.columns)], typed=True)
    found = among([head], warehouse.label, source.columns, source.format, kind=kind)
    require(found, warehouse.label)
    return found


@dataclass(frozen=True)
class Remote:
    """A table of orders, staged where it is: its rows as an expression of the warehouse, and what was found out."""

    warehouse: Warehouse
    staged: Staged
    columns: dict[str, str]

    def counts(self) -> dict[str, int]:
        """Rows, and how many of them equal another in every column that is read."""
        table = self.warehouse.table.select(*self.columns.values())
        (found,) = self.warehouse.rows(self.staged.table.aggregate(rows=lambda t: t.count()))
        (different,) = self.warehouse.rows(table.distinct().aggregate(n=lambda t: t.count()))
        return {"rows": found["rows"], "exact_duplicates": found["rows"] - different["n"]}

    def people(self) -> dict[str, int]:
        """Customers, and rows without one, over kept and refused rows: who is named on a refused row stays there."""
        stage = self.staged.table
        asked = {"customers": stage.customer_id.nunique(), "rows_without_customer": stage.customer_id.isnull().sum()}
        (found,) = self.warehouse.rows(stage.aggregate(**asked))
        return {name: n or 0 for name, n in found.items()}

    def there(self) -> Raw:
        """What is known of the rows while they stay where they are."""
        return Raw(self.staged.table, {}, counts=self.counts())

    def arrived(self, con: Any) -> tuple[Raw, Staged]:
        """The staged rows in our own engine; of a row left out, only its number, order, time, value and reason."""
        rows = self.staged.table
        kept = rows.reason.isnull()
        columns = {
            name: kept.ifelse(rows[name], ibis.null(kind)) if name in _KEPT_ONLY else rows[name]
            for name, kind in STAGE.items()
        }
        table = arrival.table(con, self.warehouse, rows.select(**columns), STAGE)
        counts = self.counts() | self.people()
        return Raw(table, {}, counts=counts), replace(self.staged, table=table)


def fingerprint(source: Source, kind: str, zone: str, folder: Path) -> str:
    """Whether a table still is what it was: its number of rows and a checksum of what is read of it.

    Both are worked out where the table is, in one pass over it; the order of the rows does not matter.

    Args:
        source: with `table` and `url`. kind: what the table holds. zone: the business's time zone. folder: against which
            the name of a DuckDB file resolves.

    Raises:
        InputError: as :func:`helpers.intake.warehouse.opened` and :func:`recognised`.
    """
    with opened(source, zone, folder) as warehouse:
        found = recognised(warehouse, source, kind)
        columns = _roles(warehouse, found, formats()[found.format])[1]
        names = [*columns.values(), *([source.row] if source.row in warehouse.table.columns else [])]
        cells = [warehouse.table[name].cast("string").fill_null("\x1e") for name in dict.fromkeys(names)]
        line = warehouse.table.select(line=ibis.literal("\x1f").join(cells))
        one = portable.checksum(line.line, warehouse.con.name).cast("decimal(38, 0)")
        (row,) = warehouse.rows(line.aggregate(n=line.count(), sum=one.sum()))
    return f"{row['n']}:{row['sum']}"


def small(con: Any, warehouse: Warehouse, source: Source, recognition: Recognition) -> Raw:
    """A small table beside the sales: its columns that play a role come over as they are, to be read like a file."""
    table = warehouse.table
    names = {nfc(name): name for name in table.columns}
    cells = {header: _plain(warehouse, table[names[header]]) for header in recognition.mapping.values()}
    places = {header: f"c{i}" for i, header in enumerate(cells)}
    number = _row_number(warehouse, source, [names[header] for header in cells])
    rows = table.select(source_row=number, **{places[header]: cell for header, cell in cells.items()})
    arrived = arrival.table(con, warehouse, rows, rows.schema())
    return Raw(arrived, places, temporary=(arrived.get_name(),))


def _plain(warehouse: Warehouse, column: Any) -> Any:
    kind = column.type()
    if kind.is_timestamp():
        return warehouse.localised(column)
    if kind.is_decimal():
        return column.cast("float64")
    return (
        column
        if kind.is_string() or kind.is_numeric() or kind.is_date() or kind.is_boolean()
        else column.cast("string")
    )


def stage(warehouse: Warehouse, source: Source, recognition: Recognition, settings: Settings, file_no: int) -> Remote:
    """Stage a table of orders where it is.

    Raises:
        InputError: a column is written in a way that has to be cast in a view first.
    """
    layout = formats()[recognition.format]
    raw, mapping, used = _typed(warehouse, source, recognition, layout)
    engine = Engine(warehouse)
    try:
        staged = orders.stage(
            engine,
            raw,
            layout,
            mapping,
            settings,
            file=warehouse.label,
            file_no=file_no,
            day_first=None,
            once=engine.once,
        )
    except portable.Untranslatable as fault:
        raise InputError(FROM_A_FILE_ONLY, table=warehouse.label) from fault
    return Remote(warehouse, staged, used)


def _typed(
    warehouse: Warehouse, source: Source, recognition: Recognition, layout: Format
) -> tuple[Raw, dict[str, str], dict[str, str]]:
    """The table as raw rows whose dates and figures have their type, the roles that are left, and the columns read."""
    roles, used = _roles(warehouse, recognition, layout)
    mapping = dict(recognition.mapping)
    _check_written(warehouse, {role: warehouse.table[used[header]] for header, role in roles.items()}, layout)
    table = warehouse.table.mutate(source_row=_row_number(warehouse, source, list(used.values())))
    cells = {}
    for header, role in roles.items():
        cells[header] = _cell(warehouse, table[used[header]], role, layout)
    if _CLOCK in mapping:
        clock = mapping.pop(_CLOCK)
        on = mapping["ordered_at"]
        cells[on] = portable.with_clock(cells[on].cast("timestamp"), table[used[clock]])
        del cells[clock]
    places = {header: f"c{i}" for i, header in enumerate(cells)}
    rows = table.select("source_row", **{places[header]: cell for header, cell in cells.items()})
    return Raw(rows, places), mapping, used


def _roles(warehouse: Warehouse, recognition: Recognition, layout: Format) -> tuple[dict[str, str], dict[str, str]]:
    """Header → its role, and header → the column's name, for all columns that are read."""
    names = {nfc(name): name for name in warehouse.table.columns if not is_private(name)}
    further = spares(layout, tuple(names), dict(recognition.mapping))
    roles = {header: role for role, header in recognition.mapping.items()}
    roles |= {header: role for role, headers in further.items() for header in headers}
    return roles, {header: names[header] for header in roles}


def _cell(warehouse: Warehouse, column: Any, role: str, layout: Format) -> Any:
    kind = column.type()
    if kind.is_timestamp():
        return warehouse.localised(column)
    if kind.is_string() and role in DATES:
        return portable.moment(column)
    if kind.is_string() and role in FIGURES:
        return portable.figure(column, dot=layout.decimal == ".")
    if kind.is_string():
        return portable.trimmed(column)
    return column if kind.is_numeric() or kind.is_temporal() or kind.is_boolean() else column.cast("string")


def _row_number(warehouse: Warehouse, source: Source, names: list[str]) -> Any:
    """The rows' own numbers where the table has them, else their place when sorted by all columns that are read."""
    table = warehouse.table
    if source.row is None:
        return ibis.row_number().over(ibis.window(order_by=[table[name] for name in names])) + 1
    if source.row not in table.columns or not table[source.row].type().is_integer():
        raise InputError(
            "The table {table} has no column “{row}” of whole numbers; name its primary key as `row:` in business.yml, or leave `row:` out.",
            table=warehouse.label, row=source.row,
        )  # fmt: skip
    return table[source.row].cast("int64")


def _check_written(warehouse: Warehouse, columns: dict[str, Any], layout: Format) -> None:
    """Refuse text that files may hold but a warehouse cannot be asked to read, and numbers that stand for dates.

    Raises:
        InputError: which column, how many rows, and that it is to be cast in a view.
    """
    dot = layout.decimal == "."
    asked, kinds = {}, {}
    for role, column in columns.items():
        kind = column.type()
        dated = role in DATES
        if dated and not (kind.is_string() or kind.is_timestamp() or kind.is_date()):
            asked[role] = column.count()
        elif dated and kind.is_string():
            asked[role] = portable.unread_moment(column).sum()
        elif kind.is_string() and role in FIGURES:
            asked[role] = portable.unread_figure(column, dot=dot).sum()
        kinds[role] = dated
    if not asked:
        return
    (found,) = warehouse.rows(warehouse.table.aggregate(**asked))
    for role, n in found.items():
        if n:
            message = _NO_DATES if kinds[role] else _NO_FIGURES
            raise InputError(message, table=warehouse.label, column=columns[role].get_name(), n=int(n))


_NO_DATES = (
    "The column “{column}” of {table} holds dates in {n} rows that are not written like 2026-03-31 18:30; "
    "cast it to a timestamp in a view and name the view."
)
_NO_FIGURES = (
    "The column “{column}” of {table} holds amounts in {n} rows that are not written like 1234.5; "
    "cast it to a number in a view and name the view."
)
