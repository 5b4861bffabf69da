"""Who is offered what next: the product people like them went on to buy, what is about to run out, the next step up (S23).

All three sell, so only customers who agreed to advertising on a channel of the play are on them; without recorded consent nobody is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis.util import gen_name

from helpers import engine
from helpers.campaigns.audience import reach_of, with_answers
from helpers.campaigns.groups import contact_by
from helpers.campaigns.lists import Writer, channel_words, length, plain_phone, sentence
from helpers.language import Language
from helpers.metrics.baskets import Pair, Step, next_products
from helpers.metrics.replenishment import Upgrade, Use, candidates, due
from helpers.playbook import Play, Playbook
from helpers.tables import Tables

CROSS_SELL, UPSELL = "cross-sell-replenishment", "upsell"
"""The plays the lists are for."""
TOGETHER, NEXT = "bought-together", "bought-next"
"""Names of the tables of products."""
LISTS = ("offer-next-product", "offer-running-out", "offer-next-step-up")
"""Names of the lists of offers."""


@dataclass(frozen=True)
class Offers:
    """Who qualifies for what, before anybody's consent is looked at: tables of one row per customer."""

    following: ir.Table
    due: ir.Table
    ready: ir.Table


def offers(
    bought: ir.Table, steps: Sequence[Step], uses: tuple[Use, ...], ladder: tuple[Upgrade, ...], *, as_of: date
) -> Offers:
    """What each customer may be offered by what was measured (`metrics.baskets`, `metrics.replenishment`)."""
    return Offers(
        next_products(bought, steps, as_of=as_of).cache(),
        due(bought, uses, as_of=as_of).cache(),
        candidates(bought, ladder, as_of=as_of).cache(),
    )


def next_product_list(tables: Tables, found: ir.Table, play: Play, *, say: Language) -> ir.Table:
    """From :func:`helpers.metrics.baskets.next_products`: one companion per customer, likeliest first."""
    table = _reached(tables, found, play)
    why = sentence(
        say.template("has {has}; of 100 who went on to something new after it, {chance} took {product}"),
        has=table.has, chance=(table.chance * 100).round(0).cast("int64"), product=table.next_product,
    )  # fmt: skip
    return _columns(table.order_by([table.chance.desc(), table.customer_id]), table.next_product, why, say)


def replenishment_list(tables: Tables, found: ir.Table, play: Play, *, say: Language) -> ir.Table:
    """From :func:`helpers.metrics.replenishment.due`: who is about to run out of what, first due first."""
    table = _reached(tables, found, play)
    why = sentence(
        say.template("buys it every {days} days, last on {last}; due on {due}"),
        days=table.every_days, last=_day(table.last_bought, say), due=_day(table.due_on, say),
    )  # fmt: skip
    return _columns(table.order_by([table.due_on, table.customer_id]), table["product"], why, say)


def upgrade_list(tables: Tables, found: ir.Table, play: Play, *, say: Language) -> ir.Table:
    """From :func:`helpers.metrics.replenishment.candidates`: who is ready for the next step up, most loyal to the smaller one first."""
    table = _reached(tables, found, play)
    why = sentence(
        say.template("took {product} on {times} days of the last half year, the next step up never"),
        product=table["product"], times=table.bought_times,
    )  # fmt: skip
    return _columns(table.order_by([table.bought_times.desc(), table.customer_id]), table.upgrade, why, say)


def _reached(tables: Tables, found: ir.Table, play: Play) -> ir.Table:
    """The customers of `found` whom the play may reach and for whom it is meant, with addresses and the channel to use."""
    if tables.customers is None:
        raise ValueError("the run has no customers table")
    meant = tables.customers.filter(tables.customers.segment.isin(play.segments)).select("customer_id")
    answered = with_answers(found.semi_join(meant, "customer_id"), tables.people, tables.get("consent"))
    reached = answered.filter(reach_of(answered, play) == "yes")
    return reached.mutate(contact_by=contact_by(reached, play))


def _day(day: Any, say: Language) -> Any:
    return day.strftime("%d/%m/%Y" if say.code == "vi" else "%d %b %Y")


def _columns(table: ir.Table, offer: Any, why: Any, say: Language) -> ir.Table:
    columns = {
        say.text("customer code"): table.customer_id,
        say.text("name"): table.name,
        say.text("phone"): plain_phone(table.phone),
        say.text("e-mail"): table.email,
        say.text("contact by"): channel_words(table.contact_by, say),
        say.text("offer"): offer,
        say.text("why"): why,
    }
    return table.select(**columns)


def write_all(
    tables: Tables, found: Offers, pairs: Sequence[Pair], steps: Sequence[Step], book: Playbook, *, say: Language, write: Writer
) -> dict[str, int]:  # fmt: skip
    """Write the lists of customers and the tables of products; name → customers on it, of the lists."""
    write_products(pairs, steps, say=say, write=write)
    return write_offers(tables, found, book, say=say, write=write)


def write_offers(tables: Tables, found: Offers, book: Playbook, *, say: Language, write: Writer) -> dict[str, int]:
    """Write the lists that have somebody on them; name → customers on it, nobody among them."""
    cross, up = book.plays[CROSS_SELL], book.plays[UPSELL]
    made = {
        LISTS[0]: next_product_list(tables, found.following, cross, say=say),
        LISTS[1]: replenishment_list(tables, found.due, cross, say=say),
        LISTS[2]: upgrade_list(tables, found.ready, up, say=say),
    }
    lengths = {name: length(table) for name, table in made.items()}
    for name, table in made.items():
        if lengths[name]:
            write(name, table)
    return lengths


def leave_out_held(con: Any, arms: ir.Table, folder: Path, *, say: Language, write: Writer) -> None:
    """Take whoever a campaign leaves out to compare off the lists of offers, once the draw is made.

    An offer to somebody left out would make the comparison worthless. A list that loses everybody keeps its headings.

    Args:
        arms: of :class:`helpers.campaigns.drawing.Drawn`. folder: of the lists. write: as in :func:`write_offers`.
    """
    held = arms.filter(arms.arm == "holdout").select("customer_id").distinct()
    con, held = engine.at_hand(con, held)  # where the files are, rows stay in the order they were written in
    code = say.text("customer code")
    for path in [folder / f"{name}.csv" for name in LISTS]:
        if path.is_file():
            table = con.read_csv(path, all_varchar=True, header=True, delim=",", quote='"', escape='"')
            numbered = table.mutate(at=ibis.row_number())  # a join need not keep the order
            left = numbered.anti_join(held, numbered[code] == held.customer_id).order_by("at").drop("at")
            left = con.create_table(gen_name("offers"), left, temp=True)
            path.with_suffix(".xlsx").unlink(missing_ok=True)  # none is written for a list of nobody
            write(path.stem, left)


def write_products(pairs: Sequence[Pair], steps: Sequence[Step], *, say: Language, write: Writer) -> None:
    """Write all pairs and all steps that are more than chance, for whoever plans shelves, bundles and menus; nothing for none."""
    together = [pair for pair in pairs if pair.together]
    leading = [step for step in steps if step.leads]
    if together:
        write(TOGETHER, ibis.memtable({
            say.text("product"): [p.a for p in together], say.text("second product"): [p.b for p in together],
            say.text("receipts"): [p.baskets for p in together], say.text("times as often"): [round(p.lift.value, 2) for p in together],
            say.text("at least"): [round(p.lift.low, 2) for p in together], say.text("at most"): [round(p.lift.high, 2) for p in together],
        }))  # fmt: skip
    if leading:
        write(NEXT, ibis.memtable({
            say.text("first"): [s.first for s in leading], say.text("then"): [s.then for s in leading],
            say.text("after the first, of 100"): [round(100 * s.rate.value, 1) for s in leading],
            say.text("after others, of 100"): [round(100 * s.usual.value, 1) for s in leading],
            say.text("customers"): [s.rate.n for s in leading],
        }))  # fmt: skip
