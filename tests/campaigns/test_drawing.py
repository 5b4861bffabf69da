"""The lists of a drawn campaign: two groups that share nobody, and come back from the files as they went."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from businesses import rows
from campaign_shop import business, desk, tables, yes

from helpers import files
from helpers.campaigns import desk as desks
from helpers.campaigns.drawing import Written
from helpers.intake import people_keys


def lists_of(con: Any, n: int, folder: Path, lang: str = "en") -> Written:
    """The campaign lists of so many lapsed customers."""
    made = desk(
        con,
        tables(con, [{"revenue_year": 10.0 * i} for i in range(n)], [yes(f"KH{i}") for i in range(n)]),
        business(costs={}),
        lang=lang,
    )
    drawn = desks.draw(made)
    return desks.write_lists(made, drawn, lambda name, t: files.write_csv(con, t, folder / f"{name}.csv"))


def cells(path: Path) -> list[list[str]]:
    """The cells of a list as a spreadsheet opens them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_two_lists_that_share_nobody(con: Any, tmp_path: Path) -> None:
    """Everybody is either contacted or left out; those left out stand there by id alone, with a fingerprint of the file."""
    ((name, (treated, held, mark)),) = lists_of(con, 200, tmp_path).items()
    one, two = cells(tmp_path / f"{name}.csv"), cells(tmp_path / f"{name}-holdout.csv")
    assert two[0] == ["customer_id"]
    first, second = {row[0] for row in one[1:]}, {row[0] for row in two[1:]}
    assert not first & second
    assert first | second == {f"KH{i}" for i in range(200)}
    assert (len(first), len(second)) == (treated, held) == (160, 40)
    assert len(mark) == 64


def test_the_same_again(con: Any, tmp_path: Path) -> None:
    """Drawn a second time the lists are the same to the byte."""
    first = lists_of(con, 120, tmp_path / "a")
    assert lists_of(con, 120, tmp_path / "b") == first
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_few_are_contacted_whole(con: Any, tmp_path: Path) -> None:
    """Thirty people are too few to leave six out: one list, no holdout, no fingerprint."""
    ((name, written),) = lists_of(con, 30, tmp_path).items()
    assert written == (30, 0, "")
    assert [p.name for p in tmp_path.iterdir()] == [f"{name}.csv"]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_lists_come_back_as_they_went(con: Any, tmp_path: Path, lang: str) -> None:
    """The very files staff worked with, named in business.yml afterwards, are read back to the last customer."""
    ((name, (treated, held, _)),) = lists_of(con, 150, tmp_path, lang).items()
    people = tables(con, [{} for _ in range(150)]).people
    for title, n in ((name, treated), (f"{name}-holdout", held)):
        keys = people_keys(con, tmp_path / f"{title}.csv", people)
        assert keys.customer_id.nunique().to_pyarrow().as_py() == n == keys.count().to_pyarrow().as_py()


def test_hours_choose_the_most_valuable_and_split_them_by_lot(con: Any) -> None:
    """With hours for 100 of 400, the 125 who spend most are drawn: 100 contacted and 25 left out, in each band alike."""
    run = tables(con, [{"revenue_year": 10.0 * i} for i in range(400)], [yes(f"KH{i}") for i in range(400)])
    made = desk(con, run, business(costs={}, minutes={"sales": 150.0, "marketing": 0.0, "care": 0.0}, weeks=4))
    drawn = desks.draw(made)
    told = rows(drawn.arms, "customer_id", "stratum", "arm")
    assert {who for who, *_ in told} == {f"KH{i}" for i in range(275, 400)}
    assert [sum(arm == "holdout" for _, s, arm in told if s == band) for band in range(3)] == [8, 9, 8]


def test_who_is_telephoned_this_week_is_not_drawn(con: Any) -> None:
    """Customers of the call list are in the plan but in no draw: a call to somebody left out would spoil the comparison."""
    run = tables(con, [{"segment": "overdue_regular"} for _ in range(150)], [])
    made = desk(con, run, business(costs={}), called=("overdue_regular",))
    assert [p.segment for p in made.proposals] == ["overdue_regular"]
    assert rows(desks.draw(made).arms) == []


def test_arms_are_kept_for_the_next_run(con: Any) -> None:
    """What one run keeps, the next draws from: the same arms, also for those who were away in between."""
    run = tables(con, [{} for _ in range(200)], [yes(f"KH{i}") for i in range(200)])
    made = desk(con, run, business(costs={}))
    first = desks.arms_to_keep(made, desks.draw(made))
    few = tables(con, [{} for _ in range(120)], [yes(f"KH{i}") for i in range(120)])
    between = desk(con, few, business(costs={}))
    between = desks.Desk(**{**vars(between), "earlier": first})
    second = desks.arms_to_keep(between, desks.draw(between))
    assert sorted(rows(second, "customer_id", "arm")) == sorted(rows(first, "customer_id", "arm"))
