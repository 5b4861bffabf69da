"""The different combinations of keys in a business's rows: what identities are resolved on, instead of on rows.

Ten million receipts of half a million people are one or two million combinations; everything after this module is as large
as the people, not as the sales.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.business import Identity
from helpers.intake import identity, phones
from helpers.intake.resolution import names
from helpers.intake.resolution.corrections import Key, without
from helpers.intake.resolution.graph import count, kept
from helpers.intake.text import folded

WRITTEN = ("customer_id", "name", "phone", "email", "birthday", "address")
"""What a row says of a person, as staged; together with the system these name a record."""

CODE_IS_PHONE = r"^(\+|00)?{calling_code}[0-9]{{9,10}}$|^{trunk}[0-9]{{9,10}}$"
"""A customer code that is a telephone number beyond doubt: with its trunk digit or country code."""


@dataclass(frozen=True)
class Rows:
    """Rows to resolve.

    Attributes:
        table: staged rows of orders or of a list of customers. systems: file number → the numbering its codes belong to.
        dated: whether the rows are orders, with `order_id` and `ordered_at`.
    """

    table: ir.Table
    systems: dict[int, str]
    dated: bool


def system_of(rows: Rows) -> Any:
    """The numbering a row's customer code belongs to."""
    names_of = sorted(set(rows.systems.values()))
    if len(names_of) == 1:
        return ibis.literal(names_of[0])
    return rows.table.file_no.cases(*rows.systems.items(), else_=ibis.null("string"))


def gather(con: Any, parts: Sequence[Rows], made: list[str]) -> ir.Table:
    """The distinct combinations in rows kept: system and :data:`WRITTEN`, orders, first, last, file_no, record.

    `first` and `last` are missing for what stands in lists only.
    """
    rows = ibis.union(*(_said(part) for part in parts)) if len(parts) > 1 else _said(parts[0])
    found = rows.group_by("system", *WRITTEN).agg(
        orders=rows.order_id.nunique(), first=rows["at"].min(), last=rows["at"].max(), file_no=rows.file_no.min()
    )
    somebody = ibis.or_(*(found[name].notnull() for name in WRITTEN if name != "address"))
    return kept(con, found.filter(somebody).mutate(record=ibis.row_number()), made)


def _said(part: Rows) -> ir.Table:
    table = part.table.filter(part.table.reason.isnull())
    absent = ibis.null("string")
    return table.select(
        system=system_of(Rows(table, part.systems, part.dated)),
        **{name: table[name] if name in table.columns else absent for name in WRITTEN},
        order_id=table.order_id if part.dated else absent,
        at=(table.ordered_at if part.dated else ibis.null("timestamp")).cast("timestamp(6)"),
        file_no=table.file_no,
    )


def with_keys(
    con: Any, records: ir.Table, settings: Identity, shared: Sequence[Key], country: str, made: list[str]
) -> ir.Table:
    """Records with what can be evidence: code, phone, email (missing where not given or not trusted), plain name, address.

    Args:
        records: as :func:`gather` leaves them.
        settings: `identity:` of business.yml.
        shared: keys business.yml says belong to nobody in particular.
        country: where telephone numbers without a country code belong.

    Returns:
        The records with `code`, `phone_key`, `email_key`, `who` (plain name), `full` (it has two words), `hint` (the letters a masked name shows), `home` (plain
        address where it is one).
    """
    contact = ibis.coalesce(records.phone, records.email)
    code = (records.customer_id == contact).fill_null(False).ifelse(ibis.null("string"), records.customer_id)
    records = _with_phone_in_code(con, records.mutate(code=code), country, made)
    phone = ibis.coalesce(records.phone, records.coded)
    mail = ibis.coalesce(records.email, identity.email(records.code))
    if settings.plus_tags:
        mail = mail.re_replace(r"\+[^@]*@", "@")
    said = kept(
        con,
        records.mutate(coded_phone=phone, mail=mail, who=names.plain(records.name), hint=names.hint(records.name)).drop(
            "coded"
        ),
        made,
    )
    trusted = {
        "code": without(said.code, "code", shared, said.system),
        "phone_key": without(said.coded_phone, "phone", shared, said.system),
        "email_key": without(said.mail, "email", shared, said.system),
    }
    ignored = {"code": "code", "phone": "phone_key", "email": "email_key"}
    trusted |= {ignored[kind]: ibis.null("string") for kind in settings.ignore if kind in ignored}
    keyed = said.mutate(full=names.is_full(said.who), home=address(said.address), **trusted)
    return kept(con, keyed.drop("coded_phone", "mail"), made)


def _with_phone_in_code(con: Any, records: ir.Table, country: str, made: list[str]) -> ir.Table:
    """Records with `coded`: the telephone number that serves as their customer code."""
    known = phones.rules(country)
    absent = records.mutate(coded=ibis.null("string"))
    if known is None:
        return absent
    pattern = CODE_IS_PHONE.format(calling_code=known.calling_code, trunk=known.trunk)
    numbers = records.filter(records.code.re_search(pattern)).select(as_code="code").distinct()
    if not count(con, numbers):
        return absent
    # in two steps: put into one another, the expressions that clean a number outgrow what an engine plans
    numbers = kept(con, numbers.mutate(digits=phones.digits(numbers.as_code, country)), made)
    numbers = kept(con, numbers.select("as_code", coded=phones.normalised(numbers.digits, country)), made)
    return records.left_join(numbers, records.code == numbers.as_code).drop("as_code")


def address(written: Any) -> Any:
    """An address that says which house: folded, at least three words and one digit; missing otherwise or where masked."""
    bare = folded(written).re_replace(r"[^\p{L}0-9*/]+", " ").strip()
    exact = (bare.length() >= 12) & bare.re_search("[0-9]") & bare.re_search(" .* ") & ~bare.contains("*")
    return exact.ifelse(bare, ibis.null("string"))
