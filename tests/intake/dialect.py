"""A few orders, written the way any declared layout writes them: what the declaration says is all that is known.

`python -m tests.intake.dialect` rewrites the rows of the committed fixtures below the header row each of them has.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from helpers.intake.formats import Format, formats, vocabulary
from helpers.intake.recognition import _mapping, spares

FIXTURES = Path(__file__).parent / "fixtures"
SHIPPING, TAX = 15_000, 8_000
LOCAL, ABROAD = timezone(timedelta(hours=7)), timezone(timedelta(hours=6))


@dataclass(frozen=True)
class Person:
    """A customer by whatever a system may know of one."""

    customer_id: str
    name: str
    last_name: str
    phone: str
    email: str


@dataclass(frozen=True)
class Line:
    """One product on an order."""

    product: str
    quantity: int
    unit_price: int

    @property
    def amount(self) -> int:
        """What the line comes to."""
        return self.quantity * self.unit_price


@dataclass(frozen=True)
class Order:
    """One order; `paid_back` of it was returned. `fate` is kept, or the reason it is set aside."""

    number: str
    at: datetime
    buyer: Person | None
    lines: tuple[Line, ...]
    fate: str = "kept"
    paid_back: int = 0

    @property
    def goods(self) -> int:
        """What the goods come to."""
        return sum(line.amount for line in self.lines)


LAN = Person("KH1", "Lan", "Nguyễn", "0912345678", "lan@example.com")
TU = Person("KH2", "Tú", "Trần", "0987654321", "tu@example.com")
TEA, CUP = Line("Trà", 1, 25_000), Line("Cốc", 1, 30_000)
ORDERS = (
    Order("1001", datetime(2026, 3, 5, 10, 30), LAN, (replace(TEA, quantity=2), CUP)),
    Order("1002", datetime(2026, 3, 14, 9, 5), TU, (TEA,)),
    Order("1003", datetime(2026, 3, 15, 9, 0), LAN, (replace(CUP, quantity=3),), "cancelled"),
    Order("1004", datetime(2026, 3, 20, 19, 45), None, (replace(TEA, quantity=3),)),
    Order("1005", datetime(2026, 4, 2, 8, 0), LAN, (replace(CUP, quantity=2),), paid_back=30_000),
    Order("1006", datetime(2026, 4, 3, 8, 0), TU, (CUP,), "pending"),
    Order("1007", datetime(2026, 4, 4, 8, 0), TU, (CUP,), "test_order"),
)
"""Several lines, a walk-in, a cancelled one, half of one given back, one not paid, one made to try the system out."""


@dataclass(frozen=True)
class Expected:
    """What must come out of a written file: order number → (time, buyer, net revenue), and reasons → rows."""

    orders: dict[str, tuple[datetime, str | None, float]]
    rejected: dict[str, int]


class Writer:
    """Writes and foretells :data:`ORDERS` in one layout under one header row."""

    def __init__(self, layout: Format, headers: tuple[str, ...]) -> None:
        self.layout, self.headers = layout, headers
        self.roles = _mapping(layout, headers, {})
        self.order_has_total = "net_revenue" in self.roles and layout.totals != "lines"
        self.has_lines = bool({"amount", "unit_price"} & set(self.roles))
        self.by_unit = layout.totals == "lines" and "quantity" not in self.roles and "product" in self.roles

    def text(self) -> str:
        """The file."""
        out = io.StringIO()
        table = csv.writer(out, lineterminator="\n")
        table.writerow(self.headers)
        for row in self._rows():
            cells = {self.roles[role]: cell for role, cell in row.items() if role in self.roles}
            table.writerow([cells.get(header, "") for header in self.headers])
        return out.getvalue()

    def expected(self) -> Expected:
        """What reading the file must give."""
        orders, rejected = {}, {}
        for order in self._possible():
            rows = len(self._lines(order))
            if order.fate != "kept":
                rejected[order.fate] = rejected.get(order.fate, 0) + rows
                continue
            net = order.goods - (order.paid_back if self._lowers() else 0)
            at = order.at if re.search("%-?[HI]", self._clock()) else order.at.replace(hour=0, minute=0)
            orders[order.number] = (at, self.known(order.buyer), float(net))
            if order.paid_back and self._separate() and not self._lowers():
                rejected["refund_without_order"] = 1
        return Expected(orders, rejected)

    def known(self, person: Person | None) -> str | None:
        """Which customer the file can tell; a name alone is nobody."""
        told = any(role in self.roles for role in ("customer_id", "phone", "email"))
        return person.customer_id if person is not None and told else None

    def _possible(self) -> list[Order]:
        """The orders whose fate the layout has words for."""
        return [order for order in ORDERS if order.fate == "kept" or self._said(order.fate)]

    def _said(self, fate: str) -> bool:
        if fate == "test_order":
            return "test" in self.roles
        if fate == "cancelled" and ("cancelled_at" in self.roles or self.layout.cancelled_order_id):
            return True
        return "status" in self.roles and bool(self.layout.statuses[fate])

    def _separate(self) -> bool:
        """Whether a refund is a row of its own."""
        return "row_type" in self.roles

    def _lowers(self) -> bool:
        """Whether the layout can say that part of an order was given back, and whose order it was."""
        beside = "refund" in self.roles or "returned_quantity" in self.roles
        return beside or (self._separate() and self.known(LAN) is not None)

    def _rows(self) -> list[dict[str, str]]:
        rows = []
        for order in self._possible():
            if self.layout.returns:
                rows += self._return(order) if order.paid_back else []
                continue
            for place, line in enumerate(self._lines(order)):
                row = self._order(order) | self._line(order, line)
                if place and self.layout.fill != "none":
                    kept = {"order_id"} if self.layout.fill == "order" else set()
                    row = {k: v for k, v in row.items() if k in kept or k in self._line(order, line)}
                rows.append(row)
            if order.paid_back and self._separate():
                rows += self._refund(order)
        return rows

    def _lines(self, order: Order) -> list[Line]:
        if self.by_unit:
            return [replace(line, quantity=1) for line in order.lines for _ in range(line.quantity)]
        return list(order.lines) if self.has_lines else [Line("Đơn hàng", 1, order.goods)]

    def _order(self, order: Order) -> dict[str, str]:
        buyer, layout = order.buyer, self.layout
        shipping = SHIPPING if "shipping" in self.roles else 0
        tax = TAX if "tax" in self.roles else 0
        status = {"kept": "3" if layout.id == "cukcuk_invoices" else "Hoàn thành"}
        for fate in ("cancelled", "pending"):
            words = layout.statuses[fate]
            status[fate] = (getattr(layout, fate) or words)[0]
        row = {
            "order_id": ("C" if order.fate == "cancelled" and layout.cancelled_order_id else "") + order.number,
            "ordered_at": self._when(order.at, layout.writes.date),
            "ordered_time": order.at.strftime(layout.writes.time),
            "currency": "VND", "channel": "Tại quán", "branch": "Quận 1", "staff": "Thu",
            "status": status.get(order.fate, status["kept"]),
            "cancelled_at": self._when(order.at, layout.writes.date) if order.fate == "cancelled" else "",
            "test": "Test" if order.fate == "test_order" else "",
            "row_type": "Sale",
            "name": (layout.walk_in or ("Khách lẻ",))[0],
        }  # fmt: skip
        if buyer is not None:
            row |= {role: getattr(buyer, role) for role in ("customer_id", "last_name", "phone", "email")}
            row["name"] = buyer.name if "last_name" in self.roles else f"{buyer.last_name} {buyer.name}"
        if self.order_has_total or not self.has_lines:
            row["net_revenue"] = self._money(order.goods + shipping + tax)
            row |= {"shipping": self._money(shipping), "tax": self._money(tax)}
            if "refund" in self.roles:
                row["refund"] = self._money(order.paid_back)
        return row

    def _line(self, order: Order, line: Line) -> dict[str, str]:
        row = {
            "product_id": "SP" + str(line.unit_price), "product": line.product, "category": "Đồ uống",
            "quantity": str(line.quantity), "unit_price": self._money(line.unit_price), "line_discount": self._money(0),
            "amount": self._money(line.amount),
        }  # fmt: skip
        if order.paid_back and "returned_quantity" in self.roles:
            row["returned_quantity"] = "1"
        if not self.order_has_total and "refund" in self.roles:
            # spread over the units or lines of the order
            row["refund"] = self._money(order.paid_back // len(self._lines(order)))
        return row

    def _refund(self, order: Order) -> list[dict[str, str]]:
        """A refund that is a transaction of its own, a day later, without naming the order."""
        later = replace(order, number="R" + order.number, at=order.at + timedelta(days=1))
        word = (*self.layout.refunds, *vocabulary().refunds)[0]
        line = replace(CUP, quantity=-1)
        row = self._order(later) | self._line(later, line) | {"row_type": word}
        return [row | ({"net_revenue": self._money(-order.paid_back)} if "net_revenue" in self.roles else {})]

    def _return(self, order: Order) -> list[dict[str, str]]:
        """A note of returned goods that names the invoice, with its total on each of its lines."""
        note = self._order(order) | {"order_id": "TH" + order.number, "refund_of": order.number}
        note |= {"net_revenue": self._money(order.paid_back + (TAX if "tax" in self.roles else 0))}
        return [note | self._line(order, replace(CUP, unit_price=order.paid_back // 2)) for _ in range(2)]

    def _clock(self) -> str:
        return self.layout.writes.date + (self.layout.writes.time if "ordered_time" in self.roles else "")

    def _when(self, at: datetime, written: str) -> str:
        local = at.replace(tzinfo=LOCAL)
        zone = UTC if self.layout.utc else ABROAD if "%z" in written else LOCAL
        return local.astimezone(zone).strftime(written)

    def _money(self, amount: int) -> str:
        like = self.layout.writes.money
        grouped = f"{abs(amount):,}"
        text = {
            "1234567": str(abs(amount)), "1234567.00": f"{abs(amount)}.00", "1.234.567": grouped.replace(",", "."),
            "1,234,567.00": f"{grouped}.00", "$1,234,567.00": f"${grouped}.00",
        }[like]  # fmt: skip
        return "-" + text if amount < 0 else text


def declared_headers(layout: Format) -> tuple[str, ...]:
    """A header row from the declaration alone: its signature and the best alias of every role.

    A fallback lives by synonyms: its later ones, as the first may be another layout's own headers.
    """
    place = 0 if layout.signature else -1
    roles = (*layout.roles,)
    found = dict.fromkeys([*layout.signature, *(layout.roles[role][place] for role in roles)])
    mapping = _mapping(layout, tuple(found), {})
    spare = {h for names in spares(layout, tuple(found), mapping).values() for h in names}
    return tuple(header for header in found if header not in spare)


def fixtures() -> dict[str, Path]:
    """Name → committed fixture: `<layout>.csv`, or `<layout>--<variant>.csv` for another header row of the same layout."""
    return {path.stem: path for path in sorted(FIXTURES.glob("*.csv"))}


def layout_of(name: str) -> Format:
    """The layout a fixture belongs to."""
    return formats()[name.split("--")[0]]


def writer_of(name: str) -> Writer:
    """Writes a fixture again, under the header row it has."""
    with fixtures()[name].open(encoding="utf-8", newline="") as file:
        return Writer(layout_of(name), tuple(next(csv.reader(file))))


if __name__ == "__main__":
    for fixture, path in fixtures().items():
        if layout_of(fixture).kind == "orders":
            path.write_text(writer_of(fixture).text(), encoding="utf-8")
