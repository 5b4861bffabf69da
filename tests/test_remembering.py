"""What a notebook's engine remembers, what it never does, and that remembering changes no number."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers import answers, remembering
from helpers.remembering import Remembering

BOOK = "1_diagnosis"
ORDERS = {"customer_id": ["a", "a", "b", "c", "c", "c"], "branch": ["x", "y", "x", "x", None, "y"], "net_revenue": [0.1, 0.2, 0.3, 0.7, 1.1, 2.0]}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder with six orders, while it goes on."""
    (tmp_path / "run" / "tables").mkdir(parents=True)
    pq.write_table(pa.table(ORDERS), tmp_path / "run" / "tables" / "orders.parquet")
    answers.prepare(tmp_path / "run", {"orders.parquet": "first"}, [], [])
    return tmp_path / "run"


def again(run: Path, mark: str = "first") -> Path:
    """The folder of a later run of the same business, beside the answers of the run before."""
    later = run.with_name(f"{run.name}-later")
    (later / "tables").mkdir(parents=True)
    os.link(run / "tables" / "orders.parquet", later / "tables" / "orders.parquet")
    answers.close(run)
    answers.prepare(later, {"orders.parquet": mark}, [run], [BOOK])
    return later


def opened(run: Path) -> tuple[Any, Any]:
    """The engine of a notebook and its orders."""
    con = remembering.connect(run, BOOK)
    return con, con.read_parquet(run / "tables" / "orders.parquet", table_name="t_orders")


def spent(orders: Any) -> pd.DataFrame:
    """A measure with sums, missing names and an order."""
    found = (
        orders.group_by("branch").agg(n=orders.count(), spent=orders.net_revenue.sum()).order_by("branch").to_pandas()
    )
    assert isinstance(found, pd.DataFrame)
    return found


def test_the_same_question_of_the_same_table_is_answered_from_the_file(run: Path) -> None:
    """The second time nothing reaches the engine, and the answer is the first one to the last digit, as DuckDB gives it."""
    con, orders = opened(run)
    first = spent(orders)
    assert (con.counted.computed, con.counted.remembered, con.counted.read) == (1, 0, {"orders"})
    con, orders = opened(again(run))
    pd.testing.assert_frame_equal(spent(orders), first, check_exact=True)
    assert (con.counted.computed, con.counted.remembered, con.counted.read) == (0, 1, set())
    plain = ibis.duckdb.connect()
    pd.testing.assert_frame_equal(spent(plain.read_parquet(run / "tables" / "orders.parquet")), first)


def test_another_table_under_the_same_name_is_asked_anew(run: Path) -> None:
    """What is remembered of one table says nothing about the next month's."""
    spent(opened(run)[1])
    con, orders = opened(again(run, mark="second"))
    spent(orders)
    assert con.counted.read == {"orders"}


def test_a_temporary_table_is_laid_out_only_for_a_question_not_remembered(run: Path) -> None:
    """Its name follows from what it is; where its rows are needed again they come from memory, not from the orders."""

    def ask(con: Any, orders: Any) -> tuple[Any, Any]:
        kept = con.create_table(
            ibis.util.gen_name("each"), orders.group_by("customer_id").agg(n=orders.count()), temp=True
        )
        return kept, kept.n.max().to_pyarrow().as_py()

    con, orders = opened(run)
    kept, most = ask(con, orders)
    assert most == 3
    con, orders = opened(again(run))
    same, most = ask(con, orders)
    assert same.get_name() == kept.get_name()
    assert (most, con.counted.computed, con.con.sql("SHOW TABLES").fetchall()) == (3, 0, [("t_orders",)])
    assert sorted(same.mutate(twice=same.n * 2).to_pyarrow()["twice"].to_pylist()) == [2, 4, 6]
    assert con.counted.read == set()


def test_a_cached_table_that_was_released_comes_back_when_it_is_asked_for(run: Path) -> None:
    """Releasing frees the engine's memory, not the description: an expression on it goes on working."""
    con, orders = opened(run)
    kept = orders.filter(orders.net_revenue > 0.25).cache()
    more = kept.mutate(half=kept.net_revenue / 2)
    assert kept.count().to_pyarrow().as_py() == 4
    kept.release()
    assert con.con.sql("SHOW TABLES").fetchall() == [("t_orders",)]
    assert more.half.sum().to_pyarrow().as_py() == pytest.approx(2.05)


def test_a_statement_of_ones_own_finds_the_temporary_tables_it_reads(run: Path) -> None:
    """Where code compiles a query and sends it itself, as matching a list with customers does, the step on the way is there."""
    con, orders = opened(run)
    kept = orders.group_by("customer_id").agg(n=orders.count()).cache()
    con.raw_sql(f"CREATE TEMP TABLE twice AS {con.compile(kept.mutate(twice=kept.n * 2))}")
    assert con.con.sql("SELECT sum(twice) FROM twice").fetchall() == [(12,)]
    assert con.counted.read == {"orders"}
    con.raw_sql(f"DROP TABLE IF EXISTS {kept.get_name()}")
    con.raw_sql(f"DROP TABLE IF EXISTS {kept.get_name()}")
    con.raw_sql(f"CREATE TEMP TABLE thrice AS {con.compile(kept.mutate(thrice=kept.n * 3))}")
    assert con.con.sql("SELECT sum(thrice) FROM thrice").fetchall() == [(18,)]


def test_a_table_written_in_the_code_counts_by_its_content(run: Path) -> None:
    """Ibis names it anew each time; the same rows are remembered, other rows are not."""

    def ask(orders: Any, worth: float) -> float:
        rates = ibis.memtable({"branch": ["x", "y"], "rate": [1.0, worth]})
        joined = orders.inner_join(rates, "branch")
        return float((joined.net_revenue * joined.rate).sum().to_pyarrow().as_py())

    first = ask(opened(run)[1], 10.0)
    con, orders = opened(again(run))
    assert ask(orders, 10.0) == first
    assert con.counted.computed == 0
    assert ask(orders, 20.0) > first
    assert con.counted.computed == 1


@pytest.mark.parametrize("what", ["clock", "chance", "stranger"])
def test_chance_the_clock_and_files_of_others_are_never_remembered(run: Path, tmp_path: Path, what: str) -> None:
    """An answer that may be another tomorrow is worked out each time, by query and by temporary table alike."""
    pq.write_table(pa.table(ORDERS), tmp_path / "list.parquet")
    for later in (False, True):
        folder = again(run) if later else run
        con, orders = opened(folder)
        table = {
            "clock": lambda o=orders: o.mutate(now=ibis.now()),
            "chance": lambda o=orders: o.mutate(draw=ibis.random()),
            "stranger": lambda c=con: c.read_parquet(tmp_path / "list.parquet"),
        }[what]()
        table.to_pyarrow()
        con.create_table("mine", table, temp=True).to_pyarrow()
        assert (con.counted.remembered, con.counted.computed) == (0, 3)
        assert answers.kept(folder, BOOK) == []


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:100] + bytes([b[100] ^ 1]) + b[101:], lambda _: b""])
def test_a_damaged_answer_is_worked_out_again(run: Path, damage: Any) -> None:
    """Cut short, changed by one bit or empty: the number is right, and the new answer is whole."""
    first = spent(opened(run)[1])
    (path,) = answers.kept(run, BOOK)
    path.write_bytes(damage(path.read_bytes()))
    damaged = path.read_bytes()
    later = again(run)
    con, orders = opened(later)
    pd.testing.assert_frame_equal(spent(orders), first, check_exact=True)
    assert con.counted.computed == 1
    assert path.read_bytes() == damaged  # a finished run is never changed
    assert spent(opened(later)[1]).equals(first)
    (new,) = answers.kept(later, BOOK)
    assert new.read_bytes() != damaged


def test_answers_are_private_and_only_those_asked_for_stay(run: Path) -> None:
    """Readable by their owner alone, in the run that made them and in the one that took them over; the rest is left behind."""
    _, orders = opened(run)
    spent(orders)
    orders.count().to_pyarrow()
    assert len(answers.kept(run, BOOK)) == 2
    later = again(run)
    _, orders = opened(later)
    spent(orders)
    answers.close(later)
    for path in [*answers.kept(run, BOOK), *answers.kept(later, BOOK)]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.relative_to(later).parent.as_posix() for p in later.rglob("answers/**/*") if p.is_file()] == [f"answers/{BOOK}"]  # fmt: skip


def test_a_long_answer_is_not_kept(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers stay small beside the tables they are about: one by one, step by step, and in all."""
    con, orders = opened(run)
    monkeypatch.setattr(answers, "MOST_BYTES", 40)
    assert len(orders.to_pyarrow()) == 6
    assert answers.kept(run, BOOK) == []
    monkeypatch.setattr(answers, "MOST_BYTES", 10_000)
    monkeypatch.setattr(answers, "MOST_ROWS", 5)
    assert con.create_table("all", orders, temp=True).count().to_pyarrow().as_py() == 6
    assert len(answers.kept(run, BOOK)) == 1  # the count, not the six rows
    monkeypatch.setattr(answers, "MOST_IN_ALL", 0)
    orders.net_revenue.sum().to_pyarrow()
    assert len(answers.kept(run, BOOK)) == 1


def test_a_notebook_opened_by_hand_works_without_memory(run: Path) -> None:
    """A finished run takes nothing more: nobody's experiment can become an answer of the report."""
    answers.close(run)
    con, orders = opened(run)
    spent(orders)
    assert not isinstance(con, Remembering)
    assert answers.kept(run, BOOK) == []


def test_a_question_has_one_key_in_every_process(run: Path) -> None:
    """Python orders names of columns left out anew in each process; that makes no other question of it."""
    code = (
        "import sys, pathlib; from helpers import answers, remembering; run = pathlib.Path(sys.argv[1])\n"
        f"con = remembering.connect(run, {BOOK!r}); t = con.read_parquet(run / 'tables' / 'orders.parquet', table_name='t')\n"
        "t.mutate(**{f'c{i}': i for i in range(9)}).cache().drop(*[f'c{i}' for i in range(8)]).to_pyarrow()\n"
    )
    for seed in ("1", "2", "3"):
        subprocess.run([sys.executable, "-c", code, str(run)], check=True, env={**os.environ, "PYTHONHASHSEED": seed})
    assert len(answers.kept(run, BOOK)) == 2  # the step and the answer, once
