"""The menu, and what a receipt holds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.example.process import Floats, Ints


class Item(NamedTuple):
    """One thing on the menu; price in đồng, weight is how often it is asked for within its kind."""

    code: str
    name: str
    kind: str
    price: int
    weight: float


MENU = (
    Item("CF01", "Cà phê đen đá", "drink", 25_000, 9),
    Item("CF02", "Cà phê sữa đá", "drink", 29_000, 16),
    Item("CF03", "Bạc xỉu", "drink", 32_000, 12),
    Item("CF04", "Cà phê muối", "drink", 35_000, 10),
    Item("CF05", "Cà phê cốt dừa", "drink", 45_000, 5),
    Item("CF06", "Americano", "drink", 39_000, 4),
    Item("CF07", "Latte", "drink", 49_000, 5),
    Item("CF08", "Cold brew cam", "drink", 55_000, 3),
    Item("TR01", "Trà đào cam sả", "drink", 45_000, 8),
    Item("TR02", "Trà vải hoa hồng", "drink", 45_000, 5),
    Item("TR03", "Trà sen vàng", "drink", 49_000, 5),
    Item("TR04", "Hồng trà sữa", "drink", 42_000, 6),
    Item("TR05", "Trà tắc mật ong", "drink", 29_000, 5),
    Item("DX01", "Matcha đá xay", "drink", 59_000, 3),
    Item("DX02", "Sô-cô-la đá xay", "drink", 59_000, 3),
    Item("NE01", "Nước ép cam", "drink", 45_000, 3),
    Item("NE02", "Sinh tố bơ", "drink", 52_000, 3),
    Item("BA01", "Bánh mì chà bông", "food", 30_000, 8),
    Item("BA02", "Bánh sừng bò bơ", "food", 35_000, 6),
    Item("BA03", "Bánh flan", "food", 25_000, 7),
    Item("BA04", "Tiramisu", "food", 49_000, 4),
    Item("BA05", "Bánh chuối nướng", "food", 32_000, 5),
    Item("DG01", "Hạt điều rang muối", "packed", 40_000, 3),
    Item("DG02", "Cà phê phin giấy hộp 5 gói", "packed", 65_000, 2),
    Item("DG03", "Cà phê bột Mây 100 g", "packed", 60_000, 3),
)

LINES_PER_INVOICE = (0.885, 0.10, 0.015)
QUANTITIES = (0.74, 0.18, 0.05, 0.03)
FAVOURITE_SHARE = 0.55
"""Share of a known customer's drinks that are the customer's usual one."""
LINE_DISCOUNT_SHARE = 0.03


def make_lines(favourite: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Draw what each invoice holds: a drink first (now and then only food), then food, then something packed.

    Args:
        favourite: per invoice, the customer's place in the drinks menu (0…1), missing for walk-ins.
        rng: random stream of this step.

    Returns:
        One row per line: invoice (position in `favourite`), item (position in `MENU`), quantity, price, percent,
        off (đồng per unit), net_price, amount (đồng). The lines of an invoice stand together and never repeat an item.
    """
    n = len(favourite)
    per_invoice = rng.choice(len(LINES_PER_INVOICE), size=n, p=LINES_PER_INVOICE) + 1
    invoice = np.repeat(np.arange(n), per_invoice)
    place = np.arange(len(invoice)) - np.repeat(np.cumsum(per_invoice) - per_invoice, per_invoice)
    food_only = (per_invoice[invoice] == 1) & (rng.random(len(invoice)) < 0.06)
    drinks = _pick("drink", rng.random(len(invoice)))
    usual = favourite.to_numpy(dtype=np.float64)[invoice]
    has_usual = ~np.isnan(usual) & (rng.random(len(invoice)) < FAVOURITE_SHARE)
    drinks = np.where(has_usual, _pick("drink", np.nan_to_num(usual)), drinks)
    food = _pick("food", rng.random(len(invoice)))
    item = np.select([(place == 0) & ~food_only, place <= 1], [drinks, food], _pick("packed", rng.random(len(invoice))))
    price = np.asarray([entry.price for entry in MENU], dtype=np.int64)[item]
    quantity = rng.choice(len(QUANTITIES), size=len(invoice), p=QUANTITIES) + 1
    percent = np.where(rng.random(len(invoice)) < LINE_DISCOUNT_SHARE, 10, 0)
    off = price * percent // 100
    return pd.DataFrame(
        {
            "invoice": invoice,
            "item": item,
            "quantity": quantity,
            "price": price,
            "percent": percent,
            "off": off,
            "net_price": price - off,
            "amount": quantity * (price - off),
        }
    )


def _pick(kind: str, place: Floats) -> Ints:
    positions = np.asarray([i for i, entry in enumerate(MENU) if entry.kind == kind], dtype=np.int64)
    weights = np.asarray([MENU[i].weight for i in positions], dtype=np.float64)
    drawn = np.searchsorted(np.cumsum(weights) / weights.sum(), place, side="right").clip(0, len(positions) - 1)
    picked: Ints = positions[drawn]
    return picked
