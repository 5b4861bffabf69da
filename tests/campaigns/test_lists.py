"""Lists for staff: who, why, and what was said before."""

from __future__ import annotations

import csv
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from businesses import made, rows

from helpers import files
from helpers.campaigns import lists
from helpers.language import Language
from helpers.playbook import load
from helpers.segments import load_rules
from helpers.tables import Tables

BOOK, RULES = load(), load_rules()
VI, EN = Language("vi"), Language("en")

CUSTOMERS = {
    "customer_id": pa.string(), "segment": pa.string(), "frequency": pa.int64(), "rhythm_days": pa.float64(),
    "days_since_last_order": pa.int64(), "decline": pa.float64(), "last_order": pa.date32(), "revenue_year": pa.float64(),
    "net_revenue": pa.float64(), "orders": pa.int64(), "p_return_90d": pa.float64(),
}  # fmt: skip
USUAL = {
    "segment": "overdue_regular", "frequency": 6, "rhythm_days": 7.4, "days_since_last_order": 30, "last_order": date(2026, 5, 31),
    "revenue_year": 100.0, "net_revenue": 100.0, "orders": 7, "p_return_90d": 0.3,
}  # fmt: skip


def shop(
    con: Any,
    *customers: dict[str, Any],
    names: dict[str, str] | None = None,
    lines: tuple[tuple[str, str, date], ...] = (),
) -> Tables:
    """The tables of a run with these customers, each with a phone number; `lines` are customer, product, day."""
    found = [{"customer_id": f"KH{i}", **USUAL, **row} for i, row in enumerate(customers)]
    table = made(con, {name: pa.array([row.get(name) for row in found], kind) for name, kind in CUSTOMERS.items()})
    ids = [row["customer_id"] for row in found]
    people = made(con, {
        "customer_id": pa.array(ids, pa.string()), "name": pa.array([(names or {}).get(who, "An") for who in ids], pa.string()),
        "phone": pa.array([f"09{i:08d}" for i in range(len(ids))], pa.string()), "email": pa.array([None] * len(ids), pa.string()),
    })  # fmt: skip
    sold = made(con, {
        "customer_id": pa.array([who for who, _, _ in lines], pa.string()), "product": pa.array([what for _, what, _ in lines], pa.string()),
        "ordered_at": pa.array([datetime.combine(day, time(9)) for _, _, day in lines], pa.timestamp("us")),
    })  # fmt: skip
    return Tables(orders=sold, order_lines=sold, people=people, rejects=sold, optional={}, customers=table)


class TestSentence:
    """One sentence per row, filled by the engine."""

    def test_placeholders_are_filled(self, con: Any) -> None:
        """Names in braces become the row's values; what is missing becomes a dash; the rest stands as written."""
        table = made(con, {"n": pa.array([3, None], pa.int64()), "what": pa.array(["cà phê", "trà"])})
        text = lists.sentence("{what}: cách đây {n} ngày (100 %)", n=table.n, what=table.what)
        assert rows(table.select(text=text)) == [
            ("cà phê: cách đây 3 ngày (100 %)",),
            ("trà: cách đây – ngày (100 %)",),
        ]

    def test_only_a_placeholder(self, con: Any) -> None:
        """A sentence may be nothing but a value."""
        table = made(con, {"what": ["trà"]})
        assert rows(table.select(text=lists.sentence("{what}", what=table.what))) == [("trà",)]

    def test_unknown_names_are_faults_of_ours(self, con: Any) -> None:
        """A name without a column does not pass silently."""
        with pytest.raises(KeyError):
            lists.sentence("{oops}")


class TestReasons:
    """Why somebody is on the list."""

    def reasons(self, con: Any, *customers: dict[str, Any]) -> list[str]:
        """The reason of each customer, in English."""
        run = shop(con, *customers, lines=(("KH0", "Latte", date(2026, 5, 31)),))
        reached = lists.with_last_product(
            run.customers.left_join(run.people, "customer_id").drop("customer_id_right"), run.order_lines
        )
        return [why for _, why in sorted(rows(lists.staff_columns(reached, RULES, EN), "customer code", "why"))]

    def test_each_kind(self, con: Any) -> None:
        """A late regular, a halved spender, someone who came once, and a regular of a shop whose rhythm is unknown."""
        found = self.reasons(
            con, {}, {"segment": "declining_call", "decline": -0.557}, {"segment": "new", "frequency": 0, "rhythm_days": None},
            {"rhythm_days": None},
        )  # fmt: skip
        assert found == [
            "usually every 7 days, now 30; last order: Latte",
            "spends 56 % less than before",
            "bought once, 30 days ago",
            "last came 30 days ago",
        ]

    def test_the_last_product_is_from_the_last_order(self, con: Any) -> None:
        """Of several things bought last the first by name is shown, so that a re-run writes the same list."""
        lines = (
            ("KH0", "Zét", date(2026, 5, 1)),
            ("KH0", "Trà", date(2026, 5, 9)),
            ("KH0", "Bánh", date(2026, 5, 9)),
            ("KH0", "Á", date(2026, 1, 1)),
        )
        run = shop(con, {}, {}, lines=lines)
        found = lists.with_last_product(run.customers, run.order_lines)
        assert rows(found, "customer_id", "last_product") == [("KH0", "Bánh"), ("KH1", None)]


class TestCallList:
    """Whom to ring this week."""

    def test_most_valuable_first_and_not_too_many(self, con: Any) -> None:
        """Late regulars and halved spenders by what they spend in a year; others are not rung; the limit holds."""
        run = shop(
            con, {"revenue_year": 5.0}, {"revenue_year": 50.0}, {"segment": "regular", "revenue_year": 999.0},
            {"segment": "declining_call", "decline": -0.6, "revenue_year": 20.0}, {"revenue_year": 50.0},
        )  # fmt: skip
        calls = lists.call_list(run, BOOK, RULES, limit=3, say=EN)
        assert calls.to_pyarrow()["customer code"].to_pylist() == ["KH1", "KH4", "KH3"]
        assert lists.length(calls) == 3

    def test_each_row_says_who_and_why(self, con: Any) -> None:
        """A row holds id, name, number, the group's everyday name, the reason and what was spent in a year."""
        run = shop(con, {"revenue_year": 99.6}, {"segment": "declining_call", "decline": -0.6, "revenue_year": 20.0})
        first, second = lists.call_list(run, BOOK, RULES, limit=9, say=EN).to_pyarrow().to_pylist()
        assert first == {
            "customer code": "KH0", "name": "An", "phone": "0900 000 000", "e-mail": None, "group": "Overdue regular",
            "why": "usually every 7 days, now 30",
            "say first": "Ask whether all is well, and whether anything was wrong last time with the last order.",
            "last order": date(2026, 5, 31), "spent in the last year": 100,
        }  # fmt: skip
        assert (second["group"], second["why"]) == ("Spending halved, call", "spends 60 % less than before")

    def test_who_refused_calls_is_not_on_it(self, con: Any) -> None:
        """A no to calls keeps even the best customer off the list."""
        run = shop(con, {}, {})
        refusal = made(con, {
            "customer_id": ["KH0"], "channel": ["call"], "purpose": ["care"], "granted": [False], "recorded_at": [date(2026, 1, 1)],
        })  # fmt: skip
        run = Tables(run.orders, run.order_lines, run.people, run.rejects, {"consent": refusal}, run.customers)
        assert lists.call_list(run, BOOK, RULES, limit=9, say=EN).to_pyarrow()["customer code"].to_pylist() == ["KH1"]

    @pytest.mark.parametrize("say", [VI, EN])
    def test_headings_are_in_the_readers_language(self, con: Any, say: Language) -> None:
        """Nine columns, each with a heading of its own."""
        columns = lists.call_list(shop(con, {}), BOOK, RULES, limit=1, say=say).columns
        assert len(columns) == 9
        if say is VI:
            assert not set(columns) & {"customer code", "why", "group", "last order", "spent in the last year"}

    def test_a_run_without_customers_is_a_fault_of_ours(self, con: Any) -> None:
        """The pipeline makes the customers first."""
        run = shop(con, {})
        with pytest.raises(ValueError, match="no customers table"):
            lists.call_list(
                Tables(run.orders, run.order_lines, run.people, run.rejects, {}), BOOK, RULES, limit=1, say=EN
            )


class TestWritten:
    """Lists as files."""

    def read(self, path: Path) -> list[list[str]]:
        """The cells of a list as a spreadsheet opens them."""
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))

    def test_a_list_is_safe_to_open(self, con: Any, tmp_path: Path) -> None:
        """With a byte-order mark for Excel, formulas made harmless, Vietnamese intact, and readable by its owner alone."""
        names = {
            "KH0": "=1+1",
            "KH1": "+84",
            "KH2": "-x",
            "KH3": "@SUM(A1)",
            "KH4": "\tx",
            "KH5": "Đặng Thị Ánh",
            "KH6": 'a"b, c',
        }
        calls = lists.call_list(
            shop(con, *[{"revenue_year": 9.0 - i} for i in range(7)], names=names), BOOK, RULES, limit=9, say=EN
        )
        path = files.write_csv(con, calls, tmp_path / "lists" / "call.csv")
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        assert path.stat().st_mode & 0o777 == 0o600
        assert [row[1] for row in self.read(path)[1:]] == [
            "'=1+1",
            "'+84",
            "'-x",
            "'@SUM(A1)",
            "'\tx",
            "Đặng Thị Ánh",
            'a"b, c',
        ]
        assert [p.name for p in path.parent.iterdir()] == ["call.csv"]


def test_empty_list(con: Any, tmp_path: Path) -> None:
    """Nobody to ring is a file with headings only, not a fault."""
    run = shop(con, {"segment": "regular"})
    calls = lists.call_list(run, BOOK, RULES, limit=5, say=EN)
    assert lists.length(calls) == 0
    text = files.write_csv(con, calls, tmp_path / "none.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines() == [",".join(calls.columns)]


def test_numbers_are_left_alone(con: Any) -> None:
    """A negative number is a number, not a formula."""
    table = ibis.memtable({"n": [-1.5], "t": ["-1.5"]})
    assert rows(files.safe_cells(table)) == [(-1.5, "'-1.5")]
