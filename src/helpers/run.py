"""What one notebook sees of its run: tables, checked parameters, language, and a place to leave its numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from helpers import files, tables
from helpers.business import Business
from helpers.language import Language
from helpers.metrics import gate
from helpers.metrics.season import Festival
from helpers.playbook import load
from helpers.records import plain

ENVIRONMENT = "RETENTION_RUN"
"""Names the run folder for notebooks opened by hand (`retention lab` sets it)."""


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
        files.write_text(path, json.dumps({**self._kept(), **plain(results)}, ensure_ascii=False, indent=1))

    def _kept(self) -> dict[str, Any]:
        path = self.folder / "records" / f"{self.book}.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return found

    def write_list(self, name: str, table: ir.Table) -> Path:
        """Write a list of people for staff as ``lists/<name>.csv`` (personal data: readable by its owner alone)."""
        path = files.write_csv(self.con, table, self.folder / "lists" / f"{name}.csv")
        kept = self._kept().get("lists", [])
        self.record(lists=sorted({*kept, f"lists/{path.name}"}))
        return path


def festivals(country: str) -> tuple[Festival, ...]:
    """The moving holidays of a country's rules, as the metrics take them."""
    found = load().rules.moving_holidays(country)
    return tuple(Festival(h.id, h.days, h.days_before, h.days_after) for h in found)
