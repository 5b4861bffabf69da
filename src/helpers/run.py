"""What one notebook sees of its run: tables, checked parameters, language, and a place to leave its numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
from ibis.util import gen_name

from helpers import engine, files, tables
from helpers.business import Business
from helpers.language import Language
from helpers.metrics import gate
from helpers.metrics.season import Festival
from helpers.playbook import load
from helpers.records import plain

BEFORE = "segments_before"
"""In a run's tables: who was in which segment in the run before."""
LONGEST_WORKBOOK = 20_000
"""Rows of a list from which on only the CSV is written: nobody works through more by hand, and workbooks take long to write."""

ENVIRONMENT = "RETENTION_RUN"
"""Names the run folder for notebooks opened by hand (`retention lab` sets it)."""
EARLIER = "earlier_"
"""Stands before the name of a table that an earlier run kept for this one."""
KEPT = ("arms",)
"""Tables a run keeps for the next."""
COMPARED = ("orders", "customers")
"""Tables of the run before that a run is compared with."""
READS = ".reads.json"
"""Ends the name of a notebook's record of what each of its cells read."""
ASKED = ".asked.json"
"""Ends the name of a notebook's record of how many queries were remembered and what the others read."""
SETTINGS = "settings.json"
"""In a run's records: what it and the run before were told besides their files, and the day of a report of later data."""


@dataclass(frozen=True)
class Run:
    """One run as a notebook sees it. Made by :func:`helpers.notebook.open_run`.

    Attributes:
        params: the notebook's checked parameters. business: the client. folder: the run folder. as_of: end of the data used.
        say: the language of findings. con: the engine. tables: the canonical tables. facts: numbers earlier stages recorded.
    """

    book: str
    params: Any
    business: Business
    client: Path
    folder: Path
    as_of: date
    say: Language
    con: Any
    tables: tables.Tables
    facts: dict[str, Any]

    @property
    def orders(self) -> ir.Table:
        """Canonical orders, anonymous ones included, with their place in their customer's sequence."""
        return self.tables.orders if self.tables.placed is None else self.tables.placed

    @property
    def free_orders(self) -> ir.Table:
        """Orders of customers who come as they like: whoever holds contracts pays when it falls due, which is no return."""
        return gate.free_orders(
            self.orders, self.tables.get("subscriptions"), self.facts["gate"]["kind"], as_of=self.as_of
        )

    @property
    def subscriptions(self) -> ir.Table | None:
        """Contracts, if there are any and losses may be counted from them."""
        return gate.contracts_of(self.tables.get("subscriptions"), self.facts["gate"])

    @property
    def silence_speaks(self) -> bool:
        """Whether leaving may be inferred from silence; not where customers hold contracts."""
        return "silence" not in self.facts["gate"]["refused"]

    @property
    def customers(self) -> ir.Table:
        """One row per identified customer with rhythm, state, segment and scores."""
        if self.tables.customers is None:
            raise RuntimeError("this run has no customers table; the pipeline writes it before any notebook runs")
        return self.tables.customers

    @property
    def festivals(self) -> tuple[Festival, ...]:
        """Holidays of the business's country that move through the calendar; none when the rules do not know the country."""
        return festivals(self.business.country)

    def money(self, amount: float) -> str:
        """An amount in the business's currency, as said aloud."""
        return self.say.short_money(amount, self.business.currency)

    def record(self, **results: Any) -> None:
        """Leave results for `metrics.json` and the report; the same notebook overwrites only its own."""
        path = self.folder / "records" / f"{self.book}.json"
        files.write_text(path, json.dumps({**self.recorded, **plain(results)}, ensure_ascii=False, indent=1))

    @property
    def recorded(self) -> dict[str, Any]:
        """What this notebook has left so far."""
        path = self.folder / "records" / f"{self.book}.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return found

    @property
    def segments_before(self) -> ir.Table | None:
        """customer_id and segment of the last earlier run; None where there was none."""
        found = tables.read(self.con, self.folder / "tables", BEFORE)
        return None if found is None else found.select("customer_id", "segment")

    def write_list(self, name: str, table: ir.Table, *, workbook: bool = False) -> Path:
        """Write a list of people for staff as ``lists/<name>.csv`` (personal data: readable by its owner alone).

        Args:
            workbook: write ``<name>.xlsx`` beside it as well, unless the list is too long for a person to work through.
        """
        path = files.write_csv(self.con, table, self.folder / "lists" / f"{name}.csv")
        made = {f"lists/{path.name}"}
        if workbook and 0 < int(table.count().to_pyarrow().as_py()) <= LONGEST_WORKBOOK:
            made.add(f"lists/{files.write_xlsx(self.con, table, path.with_suffix('.xlsx')).name}")
        self._note(*made)
        return path

    def write_file(self, name: str, text: str) -> Path:
        """Write text for staff as ``lists/<name>``, readable by its owner alone."""
        path = files.write_text(self.folder / "lists" / name, text, private=True)
        self._note(f"lists/{path.name}")
        return path

    def keep_table(self, name: str, table: ir.Table) -> Path:
        """Keep a table for later runs as ``tables/<name>.parquet``, readable by its owner alone."""
        path = tables.write(self.con, table, self.folder / "tables", name)
        self._note(f"tables/{path.name}")
        return path

    def kept_table(self, name: str) -> ir.Table | None:
        """What the last earlier run kept under this name."""
        return tables.read(self.con, self.folder / "tables", f"{EARLIER}{name}")

    def _note(self, *made: str) -> None:
        self.record(lists=sorted({*self.recorded.get("lists", []), *made}))

    def write_workbook(self, name: str, table: ir.Table) -> Path:
        """:meth:`write_list` with a workbook beside it; a list of nobody has headings in its CSV and no workbook."""
        # read thrice: count, CSV, workbook; and brought over first, because a step on Spark does not keep its rows' order
        con, here = engine.at_hand(self.con, table)
        kept = con.create_table(gen_name("list"), here, temp=True)
        return self.write_list(name, kept, workbook=True)


def festivals(country: str) -> tuple[Festival, ...]:
    """The moving holidays of a country's rules, as the metrics take them."""
    found = load().rules.moving_holidays(country)
    return tuple(Festival(h.id, h.days, h.days_before, h.days_after) for h in found)
