"""One list per group of customers, for the play that may reach somebody."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
from businesses import made, rows
from fastexcel import read_excel
from test_refusals import BOOK, CODE, EN, RULES, shop

from helpers import files
from helpers.campaigns.groups import channels_in_use, group_lists, group_plans, plays_of
from helpers.campaigns.lists import plain_phone
from helpers.campaigns.lost import lost_customers
from helpers.campaigns.talking import POINTS
from helpers.language import Language
from helpers.playbook.models import LANGUAGES

YES = [(i, "zalo", "advertising", True, date(2026, 1, 1)) for i in range(4)]


def test_the_most_particular_play_comes_first() -> None:
    """For overdue regulars it is the call that was written for them, not a reminder that fits everybody."""
    assert plays_of(BOOK, "overdue_regular")[0].id == "overdue-regulars-call"
    assert plays_of(BOOK, "declining_call")[0].id == "decline-call"


def test_without_consent_only_the_telephone_is_left(con: Any) -> None:
    """Who agreed to care may be written to on Zalo; who agreed to offers only, and who was never asked, is rung for a caring word."""
    caring = [(i, "zalo", "care", True, date(2026, 1, 1)) for i in range(4)]
    for answers, channel in ((caring, "Zalo (ZNS)"), (list(YES), "phone call"), (None, "phone call")):
        run = shop(con, [("new", True, False)] * 4, answers)
        plans = group_plans(run, BOOK, RULES)
        found = group_lists(run, plans, BOOK, RULES, say=EN).to_pyarrow().to_pylist()
        assert {row["contact by"] for row in found} == {channel}


def test_a_word_needs_no_consent_to_advertising(con: Any) -> None:
    """Lost customers who agreed to care but not to advertising are asked why they left: the group's list offers nothing, though the
    play it belongs to would.
    """
    answers = [
        (0, "zalo", "advertising", False, None),
        (0, "zalo", "care", True, None),
        (1, "zalo", "care", False, None),
    ]
    run = shop(con, [("lost", True, False)] * 2, answers)
    (plan,) = group_plans(run, BOOK, RULES)
    assert plan.play is not None
    assert BOOK.plays[plan.play].purpose == "sell"
    found = group_lists(run, (plan,), BOOK, RULES, say=EN).to_pyarrow().to_pylist()
    assert [(row[CODE], row["say first"]) for row in found] == [
        ("KH0", "Do not sell. Ask what made them stop coming; note the reason.")
    ]


def test_customers_without_any_channel(con: Any) -> None:
    """Who can be reached by nothing gets no list, and the plan says how many that are."""
    (plan,) = group_plans(shop(con, [("lost", False, False)] * 3, None), BOOK, RULES)
    assert (plan.play, plan.reach.asked, plan.reach.no_address) == (None, 3, 3)
    assert rows(group_lists(shop(con, [("lost", False, False)], None), (plan,), BOOK, RULES, say=EN)) == []


def test_a_number_that_no_play_may_use_is_not_called_missing(con: Any) -> None:
    """For a group whose plays write on Zalo alone a business without consent lacks the yes, not the number."""
    (plan,) = group_plans(shop(con, [("promising", True, False)] * 3, None), BOOK, RULES)
    assert (plan.play, plan.reach.no_consent, plan.reach.no_address) == (None, 3, 0)


def test_the_list_says_how_why_and_what_first(con: Any) -> None:
    """Channel, reason with the own figures, and the first words, in the reader's language."""
    run = shop(con, [("overdue_regular", True, False)], None)
    (plan,) = group_plans(run, BOOK, RULES)
    (row,) = group_lists(run, (plan,), BOOK, RULES, say=EN).to_pyarrow().to_pylist()
    assert row[CODE] == "KH0"
    assert (row["phone"], row["contact by"]) == ("0900 000 000", "phone call")
    assert row["why"] == "usually every 7 days, now 30; last order: Latte"
    assert row["say first"] == "Ask whether all is well, and whether anything was wrong last time with Latte."


def test_every_group_has_its_first_words() -> None:
    """There is a line for every segment, worded in every language."""
    assert set(POINTS) == set(RULES.ids)
    for code in LANGUAGES:
        say = Language(code)
        assert len({say.template(line) for line in POINTS.values()}) == len(set(POINTS.values()))


def test_numbers_survive_a_spreadsheet(con: Any, tmp_path: Path) -> None:
    """In the CSV a number has spaces, so that no program takes it for a figure; in the workbook it is text; both are private."""
    run = shop(con, [("overdue_regular", True, False)], None)
    (plan,) = group_plans(run, BOOK, RULES)
    table = group_lists(run, (plan,), BOOK, RULES, say=EN)
    text = files.write_csv(con, table, tmp_path / "g.csv")
    book = files.write_xlsx(con, table, tmp_path / "g.xlsx")
    with text.open(encoding="utf-8-sig", newline="") as file:
        (found,) = csv.DictReader(file)
    assert found["phone"] == "0900 000 000"
    (cells,) = read_excel(book).load_sheet(0, dtypes="string").to_arrow().to_pylist()
    assert cells["phone"] == "0900 000 000"
    assert {path.stat().st_mode & 0o777 for path in (text, book)} == {0o600}


def test_numbers_from_abroad_are_no_formulas() -> None:
    """A foreign number has its country in brackets: one that begins with a plus would be a sum to a spreadsheet."""
    given = {
        "+447700900123": "(+44) 7700900123", "+12025550123": "(+1) 2025550123", "+855912345678": "(+855) 912345678",
        "+84912345678": "(+84) 912345678", "0912345678": "0912 345 678", "02838221234": "0283 822 1234",
    }  # fmt: skip
    for written, shown in given.items():
        assert plain_phone(ibis.literal(written)).to_pyarrow().as_py() == shown


def test_a_number_is_no_zalo_account(con: Any) -> None:
    """A business that asked for consent to e-mail alone writes on no other channel; only the telephone is left beside it."""
    asked = shop(con, [("new", True, True), ("lost", True, False)], [(0, "email", "care", True, None)])
    assert channels_in_use(asked.get("consent")) == {"email", "phone"}
    plans = group_plans(asked, BOOK, RULES)
    found = group_lists(asked, plans, BOOK, RULES, say=EN).to_pyarrow().to_pylist()
    assert {row[CODE]: row["contact by"] for row in found} == {"KH0": "e-mail", "KH1": "phone call"}


def test_who_will_probably_return_is_not_lost(con: Any) -> None:
    """A lapsed customer with better than even chances of an order within 90 days needs no winning back; one without a known chance may."""
    run = shop(con, [("lapsed", True, False)] * 3, None)
    assert run.customers is not None
    chances = made(con, {"customer_id": ["KH0", "KH1", "KH2"], "p": pa.array([0.9, 0.4, None], pa.float64())})
    customers = (
        run.customers.drop("p_return_90d")
        .left_join(chances.rename(p_return_90d="p"), "customer_id")
        .drop("customer_id_right")
    )
    gone = lost_customers(replace(run, customers=customers), margin=0.5, as_of=date(2026, 6, 30))
    assert sorted(who for (who,) in rows(gone, "customer_id")) == ["KH1", "KH2"]
