"""A simulated business of three systems whose people are known: what the resolution of identities is measured against.

A till with member cards, a web shop and a marketplace. Clerks mistype names, forget fields, write one number in many ways;
households share a number, the shop's own number and a staff card stand on orders of strangers, cards are handed on to new
members, buyers of the marketplace are masked, walk-ins are nobody.

`linkable` is the truth of what could be found: two orders of one person are linkable when a chain of orders joins them, each
two neighbours having a key in common that belongs to that person alone (a code within its system, a telephone, an e-mail, a
full name with a birthday). A key that several people use is no evidence, so what only it joins is not counted as missed.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

FAMILY, MIDDLE, GIVEN = (
    names.split()
    for names in (
        "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý",
        "Thị Văn Ngọc Minh Thanh Hữu Đức Thu Kim Quốc Xuân Gia Bảo Phương Hoài Anh Mỹ Công",
        "Lan Hoa Mai Hương Tuấn Dũng Hùng Linh Trang Thảo Nam Khoa Phúc Vy Ngân Quỳnh Sơn Hải Yến Nhung Đạt Long Bình "
        "Châu Hạnh Loan Thúy Khánh Tâm Vinh Duyên Giang Hiếu Nga Oanh Trâm Uyên Việt",
    )
)
PREFIXES = ["090", "091", "098", "097", "086", "088", "035", "037", "070", "079", "077", "083", "084", "056"]
OLD = {
    "070": "0120",
    "079": "0121",
    "077": "0122",
    "083": "0123",
    "084": "0124",
    "035": "0165",
    "037": "0167",
    "056": "0186",
}
SHOP = "0283123456"
FIELDS = ("order_id", "ordered_at", "customer_id", "name", "phone", "email", "birthday", "net_revenue")
SYSTEMS = ("till", "web", "market")
BEGIN = datetime(2024, 1, 2, 9)


@dataclass
class Person:
    """One person and what is truly theirs."""

    number: int
    name: str
    birthday: str
    phones: list[str]
    emails: list[str]
    codes: dict[str, str]
    begin: int = 0
    end: int = 700


@dataclass
class World:
    """Orders per system, and per order number the person and the keys written on it.

    Attributes:
        rows: system → rows of :data:`FIELDS`. truth: order number → person, for orders of somebody.
        keys: order number → keys on it, each with the people who use it in `users`.
    """

    rows: dict[str, list[dict[str, str]]] = field(default_factory=lambda: {system: [] for system in SYSTEMS})
    truth: dict[str, int] = field(default_factory=dict)
    keys: dict[str, list[Hashable]] = field(default_factory=dict)
    users: dict[Hashable, set[int]] = field(default_factory=lambda: defaultdict(set))

    def write(self, folder: Path, systems: Iterable[str] = SYSTEMS) -> dict[str, Any]:
        """The systems' exports as CSV files in `folder`; the sources of a business.yml that names them."""
        for system in systems:
            with (folder / f"{system}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, FIELDS)
                writer.writeheader()
                writer.writerows(self.rows[system])
        return {"orders": [{"file": f"{system}.csv", "system": system, "day_first": True} for system in systems]}


def build(seed: int, people: int = 2500) -> World:
    """The world of one seed."""
    random = Random(seed)
    world = World()
    everybody = [_person(random, number) for number in range(people)]
    _households(random, everybody)
    _cards_handed_on(random, everybody)
    for person in everybody:
        for _ in range(1 + min(int(random.expovariate(0.25)), 12)):
            _order(random, world, person)
    for number in range(people // 4):
        _nobody(random, world, number)
    _staff_card(random, world, everybody)
    for rows in world.rows.values():
        random.shuffle(rows)
    return world


def _person(random: Random, number: int) -> Person:
    name = " ".join([random.choice(FAMILY), *random.sample(MIDDLE, random.choice([1, 1, 2])), random.choice(GIVEN)])
    phones = [_phone(random) for _ in range(random.choices([0, 1, 2], [10, 80, 10])[0])]
    emails = [f"{_ascii(name).replace(' ', '.')}{number}@example.com"] if random.random() < 0.5 else []
    codes = {}
    if random.random() < 0.6:
        codes["till"] = f"KH{number:05d}"
    if random.random() < 0.4:
        codes["web"] = f"KH{(number * 7 + 3) % 99991:05d}"  # the web shop numbers its members in the same way
    if random.random() < 0.35:
        codes["market"] = f"user_{number}"
    birthday = f"{random.randint(1, 28):02d}/{random.randint(1, 12):02d}/{random.randint(1960, 2005)}"
    return Person(number, name, birthday, phones, emails, codes)


def _phone(random: Random) -> str:
    return random.choice(PREFIXES) + f"{random.randint(1000000, 9999999)}"


def _households(random: Random, people: list[Person]) -> None:
    """One person in fifteen also uses, or only uses, the number of somebody they live with."""
    for person in random.sample(people, len(people) // 15):
        other = people[random.randrange(len(people))]
        if other is not person and other.phones:
            person.phones = [other.phones[0]] if random.random() < 0.6 else [*person.phones, other.phones[0]]


def _cards_handed_on(random: Random, people: list[Person]) -> None:
    """One card in seventy goes to somebody new a year later."""
    holders = [p for p in people if "till" in p.codes]
    for first in random.sample(holders, len(holders) // 70):
        second = people[random.randrange(len(people))]
        if second is not first and first.end == second.end == 700 and first.begin == second.begin == 0:
            first.end, second.begin = 300, 420
            second.codes["till"] = first.codes["till"]


def _order(random: Random, world: World, person: Person) -> None:
    at = BEGIN + timedelta(days=random.randint(person.begin, person.end - 1), minutes=random.randint(0, 700))
    system = random.choices(SYSTEMS, [60, 28, 12])[0]
    given = _given(random, person, system)
    _add(world, system, at, given, person.number, person)


def _given(random: Random, person: Person, system: str) -> dict[str, str]:
    """What is written on an order: fields are often left out, and seldom written the same way twice."""
    asked = {
        "till": (0.85, 0.85, 0.65, 0.1, 0.25),
        "web": (0.6, 0.9, 0.8, 0.9, 0.0),
        "market": (1.0, 1.0, 0.4, 0.0, 0.0),
    }
    code, name, phone, email, birthday = (random.random() < share for share in asked[system])
    given = {}
    if code and system in person.codes:
        given["customer_id"] = person.codes[system]
    if name:
        masked = system == "market" and random.random() < 0.6
        given["name"] = person.name[0] + "*****" + person.name[-1] if masked else _misspelt(random, person.name)
    if phone and person.phones:
        own = random.choice(person.phones)
        hidden = system == "market" and random.random() < 0.3
        given["phone"] = own[:2] + "******" + own[-2:] if hidden else _written(random, own)
        given["_phone"] = "" if hidden else own
    if random.random() < 0.004:
        given["phone"] = given["_phone"] = SHOP
    if email and person.emails:
        own = random.choice(person.emails)
        given["email"], given["_email"] = random.choice([own, own, own.upper(), own.title()]), own
    elif system == "web" and random.random() < 0.3:
        given["email"] = f"guest@{random.choice(['example.com', 'checkout.example.com'])}"
    if birthday:
        given["birthday"] = person.birthday
    return given


def _misspelt(random: Random, name: str) -> str:
    """The name as a clerk types it."""
    if random.random() < 0.08:
        at = random.randrange(1, len(name) - 1)
        name = random.choice([
            name[:at] + name[at + 1 :], name[:at] + name[at] + name[at:], name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :],
        ])  # fmt: skip
    style = random.random()
    name = _ascii(name) if style < 0.15 else name.upper() if style < 0.3 else name
    return random.choice(["", "", "", "", "Chị ", "Anh ", "A. "]) + name


def _ascii(name: str) -> str:
    import unicodedata

    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return "".join(c for c in plain if not unicodedata.combining(c))


def _written(random: Random, phone: str) -> str:
    """The same number as people, spreadsheets and old address books write it."""
    ways = [phone, phone, phone[1:], "+84" + phone[1:], "84" + phone[1:], phone[1:] + ".0"]
    ways += [f"{phone[:4]} {phone[4:7]} {phone[7:]}", f"{phone[:3]}.{phone[3:6]}.{phone[6:]}", f"(+84) {phone[1:]}"]
    if phone[:3] in OLD:
        ways += [OLD[phone[:3]] + phone[3:]] * 2
    return random.choice(ways)


def _nobody(random: Random, world: World, number: int) -> None:
    """An order of which nobody could say whose it is."""
    at = BEGIN + timedelta(days=random.randint(0, 699), minutes=random.randint(0, 700))
    given = random.choice([
        {}, {"name": "Khách lẻ"}, {"name": "Khách lẻ", "customer_id": "KHACHLE"}, {"phone": "0000000000"},
        {"phone": "0900000000"}, {"phone": "0123456789"}, {"phone": "09******12", "name": "N****n"},
        {"email": "guest@example.com"}, {"phone": SHOP, "name": f"{random.choice(FAMILY)} {random.choice(MIDDLE)} {random.choice(GIVEN)}"},
    ])  # fmt: skip
    _add(world, random.choice(["till", "web"]), at, given, -1 - number, None)


def _staff_card(random: Random, world: World, people: list[Person]) -> None:
    """A cashier's own card on sales to whoever forgot theirs."""
    for person in random.sample(people, max(len(people) // 60, 8)):
        given = _given(random, person, "till") | {"customer_id": "NV01"}
        at = BEGIN + timedelta(days=random.randint(person.begin, person.end - 1), minutes=random.randint(0, 700))
        _add(world, "till", at, given, person.number, person)


def _add(world: World, system: str, at: datetime, given: dict[str, str], who: int, person: Person | None) -> None:
    rows = world.rows[system]
    order = f"{system[0].upper()}{len(rows):06d}"
    written = {"order_id": order, "ordered_at": at.strftime("%d/%m/%Y %H:%M"), "net_revenue": "100000"}
    rows.append({name: written.get(name, given.get(name, "")) for name in FIELDS})
    world.truth[order] = who
    keys: list[Hashable] = []
    if person is not None:
        if "customer_id" in given:
            keys.append(("code", system, given["customer_id"]))
        keys += [(kind, given[f"_{kind}"]) for kind in ("phone", "email") if given.get(f"_{kind}")]
        if "birthday" in given and "name" in given and _ascii(given["name"]) == _ascii(person.name):
            keys.append(("name_birthday", _ascii(person.name), person.birthday))
    world.keys[order] = keys
    for key in keys:
        world.users[key].add(who)


@dataclass(frozen=True)
class Score:
    """Pairs of orders: of those put together, the share that belongs together, and the other way round.

    Attributes:
        precision: of pairs with one customer_id. recall: of linkable pairs. raw_recall: of all pairs of one person.
    """

    precision: float
    recall: float
    raw_recall: float
    pairs: int


def score(world: World, found: dict[str, str | None]) -> Score:
    """How well `found` (order number → customer_id) recovers the people."""
    linkable = _linkable(world)
    named = [order for order in world.truth if found.get(order) is not None]
    together = _pairs(Counter(found[order] for order in named))
    right = _pairs(Counter((found[order], world.truth[order]) for order in named))
    could = _pairs(Counter(linkable[order] for order in linkable))
    did = _pairs(Counter((linkable[order], found[order]) for order in linkable if found.get(order) is not None))
    real = _pairs(Counter(who for who in world.truth.values()))
    return Score(right / together, did / could, right / real, together)


def _pairs(counts: Counter[Any]) -> int:
    return sum(n * (n - 1) // 2 for n in counts.values())


def _linkable(world: World) -> dict[str, Hashable]:
    """Order → the chain it belongs to: joined by keys that one person alone uses."""
    parent: dict[Hashable, Hashable] = {}

    def root(node: Hashable) -> Hashable:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for order, keys in world.keys.items():
        for key in keys:
            if len(world.users[key]) == 1:
                parent[root(order)] = root(key)
    return {order: root(order) for order, keys in world.keys.items() if any(len(world.users[key]) == 1 for key in keys)}
