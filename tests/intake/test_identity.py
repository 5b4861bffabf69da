"""Who is one person across files and systems: small tables checked by eye, each rule on its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from helpers.business import Business
from helpers.errors import InputError
from helpers.intake import Intake, load

HEAD = "order_id,ordered_at,customer_id,name,phone,email,birthday,address,net_revenue\n"
Resolve = Callable[..., Intake]


@pytest.fixture
def resolve(tmp_path: Path, con: Any) -> Resolve:
    """Load systems given as lines ``customer_id|name|phone|email|birthday|address``, one order a day in the order given."""

    def _resolve(identity: dict[str, Any] | None = None, more: dict[str, Any] | None = None, **systems: str) -> Intake:
        for system, text in systems.items():
            lines = [line.strip() for line in text.strip().splitlines()]
            day = [f"2026-{1 + n // 28:02d}-{1 + n % 28:02d} 10:00" for n in range(len(lines))]
            cells = [(line.split("|") + [""] * 6)[:6] for line in lines]
            rows = [",".join([f"{system}{n}", day[n], *row, "100000"]) for n, row in enumerate(cells)]
            (tmp_path / f"{system}.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
        orders = [{"file": f"{system}.csv", "system": system, "day_first": True} for system in systems]
        business = Business.model_validate(
            {"name": "Shop", "sources": {"orders": orders, **(more or {})}, "identity": identity or {}}
        )
        return load(business, tmp_path, con, today=date(2026, 12, 1))

    return _resolve


def who(found: Intake, system: str = "") -> list[str | None]:
    """The customers of the orders, in the order of their numbers; of one system, or of all."""
    rows = found.orders.order_by("order_id").to_pyarrow().to_pylist()
    return [row["customer_id"] for row in rows if row["order_id"].startswith(system)]


def test_one_person_in_three_systems(resolve: Resolve) -> None:
    """Till, web shop and marketplace write the number and the address in their own ways; it is one customer."""
    found = resolve(
        till="KH1|Nguyễn Thị Lan|0356 123 456\nKH2|Trần Văn Nam|0907654321",
        web="W9|Nguyen Thi Lan|+84356123456|LAN@Example.com\n|||lan@example.com",
        market="user7||01656123456",
    )
    assert who(found, "till") == ["KH1", "KH2"]
    assert who(found, "web") == ["KH1", "KH1"]
    assert who(found, "market") == ["KH1"]
    assert found.quality.customers == 2


def test_the_same_code_of_two_systems_is_two_people(resolve: Resolve) -> None:
    """KH001 of the till is not KH001 of the web shop; the one seen first keeps the plain code."""
    found = resolve(till="KH001|Nguyễn Thị Lan|0356123456", web="\nKH001|Trần Văn Nam|0907654321")
    assert who(found) == ["KH001", "web:KH001"]


def test_two_files_of_one_system_share_their_codes(resolve: Resolve, tmp_path: Path) -> None:
    """Files of one system number their customers together, whatever they are called."""
    resolve(jan="KH1|Lan||\nKH2|Nam", feb="KH1|Lan")
    orders = [{"file": f"{name}.csv", "system": "till", "day_first": True} for name in ("jan", "feb")]
    business = Business.model_validate({"name": "Shop", "sources": {"orders": orders}})
    from helpers import engine

    found = load(business, tmp_path, engine.connect(), today=date(2026, 12, 1))
    assert sorted(str(code) for code in who(found)) == ["KH1", "KH1", "KH2"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KH1|N*****n|09****123", "KH2|N*****n|09****123"),
        ("KH1|||guest@example.com", "KH2|||guest@example.com"),
        ("KH1||0900000000", "KH2||0900000000"),
        ("KH1|Nguyễn Thị Lan", "KH2|Nguyễn Thị Lan"),
        ("KH1|Nguyễn Thị Lan|||01/02/1990", "KH2|Trần Văn Nam|||01/02/1990"),
        ("KH1|Lan|||01/02/1990", "KH2|Lan|||01/02/1990"),
        ("KH1|Nguyễn Thị Lan||||Hà Nội", "KH2|Nguyễn Thị Lan||||Hà Nội"),
        ("KH1||0901234567", "KH2||0901234567"),
        ("KH1|||lan@example.com", "KH2|||lan+sale@example.com"),
    ],
    ids=[
        "masked", "guest", "placeholder", "name alone", "birthday alone", "short name and birthday", "city", "two members",
        "plus-tag",
    ],
)  # fmt: skip
def test_what_never_joins(resolve: Resolve, one: str, other: str) -> None:
    """Nobody's names, masked and made-up values, a name alone, a birthday alone, a city, two members on one number."""
    assert resolve(till=f"{one}\n{other}").quality.customers == 2


def test_a_walk_in_is_nobody(resolve: Resolve) -> None:
    """“Khách lẻ” names nobody, with a till's placeholder code or without; a number beside it still does."""
    found = resolve(till="KL|Khách lẻ\n|Khách lẻ\n|Khách lẻ|0901234567\nKH1|Nguyễn Thị Lan|0907654321")
    assert who(found) == [None, None, "0901234567", "KH1"]


def test_the_shops_own_number_joins_nobody(resolve: Resolve) -> None:
    """A number under more than three clearly different names is nobody's, and is shown as nobody's."""
    names = ("Nguyễn Thị Lan", "Trần Văn Nam", "Lê Minh Đức", "Phạm Quốc Bảo")
    found = resolve(till="\n".join(f"KH{n}|{name}|0283123456" for n, name in enumerate(names)))
    assert found.quality.customers == 4
    assert found.people.phone.count().to_pyarrow().as_py() == 0
    assert found.quality.identity is not None
    assert found.quality.identity.shared == {"phone": 1}


def test_how_many_names_are_too_many_can_be_said(resolve: Resolve) -> None:
    """With `max_names: 1` a family's number already belongs to nobody, also without a code."""
    text = "|Nguyễn Thị Lan|0901234567\n|Trần Văn Nam|0901234567\n|Trần Văn Nam|0901234567"
    assert who(resolve(till=text)) == ["0901234567", "0901234567 (2)", "0901234567 (2)"]
    assert (
        who(resolve({"max_names": 1}, till=text + "\nKH1|Lê Minh Đức|0907654321\nKH2|Võ An Ninh|0917654321"))[:3]
        == [None] * 3
    )


def test_a_cashiers_card_joins_nobody(resolve: Resolve) -> None:
    """A code under more names than one customer has, none of them on most of its orders, is no customer."""
    names = ("Nguyễn Thị Lan", "Trần Văn Nam", "Lê Minh Đức", "Phạm Quốc Bảo", "Võ An Ninh")
    found = resolve(till="\n".join(f"NV01|{name}|090123456{n}" for n, name in enumerate(names)))
    assert who(found) == [f"090123456{n}" for n in range(5)]
    assert found.quality.identity is not None
    assert found.quality.identity.shared == {"code": 1}


def test_presents_do_not_split_a_customer(resolve: Resolve) -> None:
    """Orders of one code in the same weeks to other names stay the customer's, and the other numbers join nobody."""
    found = resolve(
        web="""W1|Nguyễn Thị Lan|0901234567
        W1|Trần Văn Nam|0907654321
        W1|Nguyễn Thị Lan|0901234567
        W2|Trần Văn Nam|0907654321
        W1|Nguyễn Thị Lan|0901234567"""
    )
    assert who(found) == ["W1", "W1", "W1", "W2", "W1"]


def test_a_card_handed_on_begins_a_new_life(resolve: Resolve) -> None:
    """Another name with another number after the last purchase is another customer; orders without a name go by their time."""
    begin = "KH7|Nguyễn Thị Lan|0901234567\nKH7\nKH7|Nguyễn Thị Lan|0901234567\n"
    after = "KH7|Trần Văn Nam|0907654321\nKH7|Trần Văn Nam|0907654321"
    assert who(resolve(till=begin + after)) == ["KH7", "KH7", "KH7", "KH7 (2)", "KH7 (2)"]
    assert who(resolve(till=begin + after + "\nKH7")) == ["KH7", "KH7 (?)", "KH7", "KH7 (2)", "KH7 (2)", "KH7 (?)"]


def test_a_familys_number_keeps_its_members_apart(resolve: Resolve) -> None:
    """Each name keeps its half of the number; an order without a name goes to neither."""
    found = resolve(
        till="""|Nguyễn Thị Lan|0901234567
        |Trần Văn Nam|0901234567
        |nguyen thi lan|0901234567
        ||0901234567
        KH1|Trần Văn Nam|0901234567"""
    )
    assert who(found) == ["0901234567", "0901234567 (2)", "0901234567", "0901234567 (?)", "0901234567 (2)"]
    assert found.quality.identity is not None
    assert found.quality.identity.told_apart == {"phone": 1}


@pytest.mark.parametrize(
    "spelt",
    ["nguyen thi lan", "Chị Nguyễn Thị Lan", "Nguyễn Thị Lna", "NGUYỄN THỊ LANN", "Lan Nguyễn Thị", "Nguyễn Lan"],
)
def test_spellings_of_one_name(resolve: Resolve, spelt: str) -> None:
    """Accents, a title, a slip of the finger, another order of words or a name left out make nobody a second person."""
    assert who(resolve(till=f"|Nguyễn Thị Lan|0901234567\n|{spelt}|0901234567\nKH9||0907654321")) == [
        "0901234567", "0901234567", "KH9",
    ]  # fmt: skip


def test_name_and_birthday_join_where_no_key_does(resolve: Resolve) -> None:
    """The same full name with the same birthday is one person across systems; another birthday is not."""
    found = resolve(
        till="KH1|Nguyễn Thị Lan|||01/02/1990\nKH2|Trần Văn Nam|||03/04/1985",
        web="W1|nguyen thi lan|||01/02/1990\nW2|Trần Văn Nam|||04/04/1985",
    )
    assert who(found) == ["KH1", "KH2", "KH1", "W2"]
    assert found.quality.identity is not None
    assert found.quality.identity.through == {"name_birthday": 1}


def test_name_and_exact_address_join_where_no_key_does(resolve: Resolve) -> None:
    """The same full name at the same house is one person; kinds of evidence can be left out."""
    at = "12 Nguyễn Huệ phường Bến Nghé"
    systems = {
        "till": f"KH1|Nguyễn Thị Lan||||{at}\nKH2|Trần Văn Nam||||{at}",
        "web": f"W1|Nguyen Thi Lan||||{at.upper()}",
    }
    assert who(resolve(**systems)) == ["KH1", "KH2", "KH1"]
    assert who(resolve({"ignore": ["name_address"]}, **systems)) == ["KH1", "KH2", "W1"]


def test_nobody_has_two_birthdays(resolve: Resolve) -> None:
    """A chain by names that would give somebody two birthdays joins nobody."""
    found = resolve(
        till="KH1|Nguyễn Thị Lan|0901234567||01/02/1990\nKH2|Nguyễn Thị Lan|0907654321||05/06/1970",
        web="W1|Nguyễn Thị Lan|0911111222||01/02/1990||",
    )
    assert who(found) == ["KH1", "KH2", "KH1"]


def test_plus_tags_can_be_left_out(resolve: Resolve) -> None:
    """`plus_tags: true` takes lan+sale@ for lan@."""
    systems = {"web": "W1|||lan@example.com\nW2|||nam@example.com", "market": "M1|||lan+sale@example.com"}
    assert resolve(**systems).quality.customers == 3
    assert resolve({"plus_tags": True}, **systems).quality.customers == 2


def test_a_list_of_customers_joins_what_orders_name_by_half(resolve: Resolve, tmp_path: Path) -> None:
    """The till's list knows the number of KH1, under which the web shop sells; both are one customer, found by either key."""
    (tmp_path / "list.csv").write_text(
        "Mã khách hàng,Tên khách hàng,Điện thoại\nKH1,Nguyễn Thị Lan,0901234567\n", encoding="utf-8"
    )
    (tmp_path / "sent.csv").write_text(
        "Điện thoại,Thời gian gửi,Kênh\n0901234567,13/03/2026 10:00,sms\n0907654321,13/03/2026 10:00,sms\n",
        encoding="utf-8",
    )
    found = resolve(
        more={"customers": [{"file": "list.csv", "system": "till"}], "contacts": [{"file": "sent.csv"}]},
        till="KH1\nKH2", web="||0901234567\n||0907654321",
    )  # fmt: skip
    assert who(found) == ["KH1", "KH2", "KH1", "0907654321"]
    contacts = found.optional["contacts"].order_by("customer_id").customer_id.to_pyarrow().to_pylist()
    assert contacts == ["0907654321", "KH1"]


def test_money_back_finds_the_order_of_the_same_person(resolve: Resolve, tmp_path: Path, con: Any) -> None:
    """A refund under the number lowers the order that was bought under the code of the same person."""
    lines = [
        "A1,2026-01-01 10:00,KH1,Nguyễn Thị Lan,0901234567,,,,500000", "A2,2026-01-02 10:00,KH2,Trần Văn Nam,0907654321,,,,500000",
        "R1,2026-01-05 10:00,,Nguyễn Thị Lan,0901234567,,,,-200000",
    ]  # fmt: skip
    (tmp_path / "till.csv").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    business = Business.model_validate(
        {"name": "Shop", "sources": {"orders": [{"file": "till.csv", "day_first": True}]}}
    )
    found = load(business, tmp_path, con, today=date(2026, 12, 1))
    rows = found.orders.order_by("order_id").to_pyarrow().to_pylist()
    assert [(row["order_id"], row["net_revenue"]) for row in rows] == [("A1", 300000.0), ("A2", 500000.0)]


def test_every_merge_has_its_evidence(resolve: Resolve) -> None:
    """The table of identities says of every key whose it is, by what, and on how many orders it stood beside another."""
    found = resolve(till="KH1|Nguyễn Thị Lan|0901234567\nKH2", web="||0901234567|lan@example.com\n|||lan@example.com")
    assert found.identities is not None
    rows = found.identities.order_by("customer_id", "key_kind").to_pyarrow().to_pylist()
    told = [
        (r["customer_id"], r["key_kind"], r["key_value"], r["linked_by"], r["orders"], r["orders_together"])
        for r in rows
    ]
    assert told == [
        ("KH1", "code", "KH1", "phone", 1, 1),
        ("KH1", "email", "lan@example.com", "phone", 2, 1),
        ("KH1", "phone", "0901234567", "code", 2, 2),
        ("KH2", "code", "KH2", None, 1, 0),
    ]


LAN = {"till": "KH1|Nguyễn Thị Lan|0901234567\nKH2|Trần Văn Nam|0907654321", "web": "W1|Lan|0901234567\nW1|Lan"}


def test_a_merge_can_be_undone(resolve: Resolve) -> None:
    """`split` takes two codes apart that a number joined; without the line they are one again."""
    assert who(resolve(**LAN)) == ["KH1", "KH2", "KH1", "KH1"]
    assert who(resolve({"split": [["KH1", "W1"]]}, **LAN)) == ["KH1", "KH2", "W1", "W1"]
    assert who(resolve(**LAN)) == ["KH1", "KH2", "KH1", "KH1"]


def test_people_can_be_joined_by_hand(resolve: Resolve) -> None:
    """`merge` joins what nothing in the data joins, by code of a system or by number."""
    more = {"till": LAN["till"] + "\nKH3|Lê Minh Đức|0911111222", "web": LAN["web"]}
    assert who(resolve({"merge": [["till:KH2", "web:W1"]]}, **more)) == ["KH1", "KH1", "KH3", "KH1", "KH1"]
    found = resolve({"merge": [["KH2", "0911222333"]]}, till="KH1|An|0901234567\nKH2|Nam", web="||0911222333")
    assert who(found) == ["KH1", "0911222333", "0911222333"]


def test_a_key_can_be_called_shared(resolve: Resolve) -> None:
    """`shared` takes a number out of the evidence, and it is shown as nobody's."""
    found = resolve({"shared": ["0901234567"]}, **LAN)
    assert who(found) == ["KH1", "KH2", "W1", "W1"]
    assert found.people.phone.to_pyarrow().to_pylist().count("0901234567") == 0


def test_a_line_about_a_key_nobody_has_is_noted(resolve: Resolve) -> None:
    """A typing mistake in business.yml changes nothing and is said, without repeating the key."""
    found = resolve({"split": [["KH1", "KH999"]], "merge": [["0999888777", "KH2"]]}, **LAN)
    assert who(found) == ["KH1", "KH2", "KH1", "KH1"]
    notes = [(n.values["line"], n.values["number"]) for n in found.quality.notes if "line" in n.values]
    assert sorted(notes) == [("merge", 1), ("split", 1)]


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        ({"merge": [["KH1"]]}, "needs two different keys"),
        ({"split": [["0901234567", "+84 901 234 567"]]}, "needs two different keys"),
        ({"merge": [["KH1", "W1"]], "split": [["W1", "KH1"]]}, "keeps apart what"),
        ({"merge": [["KH1", "W1"], ["W1", "KH2"]], "split": [["KH2", "KH1"]]}, "keeps apart what"),
    ],
)
def test_contradictory_instructions_are_refused(resolve: Resolve, identity: dict[str, Any], words: str) -> None:
    """One key where two are needed, the same key twice, and lines that contradict each other get one sentence."""
    with pytest.raises(InputError, match=words):
        resolve(identity, **LAN)
