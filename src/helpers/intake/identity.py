"""What one row alone says of a person: customer code, else telephone, else e-mail, else nobody.

Who the rows of all files together are about is resolved afterwards, in `resolution`.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.intake import parsing, phones
from helpers.intake.formats import DATES, FIGURES, Format, vocabulary
from helpers.intake.reading import Raw
from helpers.intake.text import folded, trimmed

PEOPLE = ("customer_id", "name", "phone", "email", "birthday")


def prepared(raw: Raw, columns: dict[str, Any], layout: Format, country: str) -> tuple[ir.Table, dict[str, Any]]:
    """The first half of parsing, role by role, as columns of their own: what comes after refers to them by name.

    Args:
        raw: a file's rows.
        columns: role → raw column.
        layout: what the file was recognised as.
        country: where telephone numbers without a country code belong.

    Returns:
        The rows – source_row, a column ``r_<role>`` for each role, whether the row is `blank`, its first text as
        `label` – and role → its column. Typed columns stay as they are.
    """
    rows = raw.table.select(
        "source_row",
        blank=is_blank(raw.table, raw),
        label=first_text(raw.table, raw, columns),
        **{f"r_{role}": first_half(role, column, layout, country) for role, column in columns.items()},
    )
    return rows, with_whole_name({role: rows[f"r_{role}"] for role in columns})


def first_half(role: str, column: Any, layout: Format, country: str) -> Any:
    """A raw column without what does not matter to its role; typed columns stay as they are."""
    if role in FIGURES:
        return parsing.bare_figure(column)
    if role in DATES:
        return trimmed(column) if column.type().is_string() else column
    if role == "phone":
        return phones.digits(column, country)
    if role.endswith("_id"):
        return parsing.code(column, layout.customer_suffixes if role == "customer_id" else ())
    return parsing.text(column)


def with_whole_name(columns: dict[str, Any]) -> dict[str, Any]:
    """Prepared columns with the name in one, where it stands in two."""
    if "last_name" not in columns:
        return columns
    parts = [columns[role].fill_null("") for role in ("name", "last_name") if role in columns]
    whole = ibis.literal(" ").join(parts).strip().nullif("")
    return {**{role: column for role, column in columns.items() if role != "last_name"}, "name": whole}


def is_blank(rows: ir.Table, raw: Raw) -> Any:
    """Whether no cell of a row holds anything; `rows` have all columns of the raw ones."""
    cells = [rows[name] for name in raw.table.columns if name != "source_row"]
    filled = [cell.nullif("") if cell.type().is_string() else cell.cast("string") for cell in cells]
    return ibis.coalesce(*filled).isnull()


def first_text(rows: ir.Table, raw: Raw, columns: dict[str, Any]) -> Any:
    """The first text of a row: a word for “total” stands in the first column or in one that has a role."""
    first = next(name for name in raw.table.columns if name != "source_row")
    names = dict.fromkeys((first, *(column.get_name() for column in columns.values())))
    texts = [rows[name].nullif("") for name in names if name in rows.columns and rows[name].type().is_string()]
    return ibis.coalesce(*texts) if texts else ibis.null("string")


def is_total(label: Any) -> Any:
    """Whether a row's first word is one for “total”.

    Args:
        label: the first text in the row, as :func:`first_text` finds it.
    """
    return folded(label).re_search(rf"^({'|'.join(vocabulary().totals)})( |:|$)").fill_null(False)


def person_columns(columns: dict[str, Any], layout: Format, country: str, day_first: bool | None) -> dict[str, Any]:
    """The columns of a person and their address from prepared columns; those the file lacks are missing."""
    name, code = columns.get("name", ibis.null("string")), ibis.null("string")
    nobody: Any = ibis.literal(False)
    if "name" in columns:
        nobody = folded(name).isin(sorted(set(layout.walk_in_words))).fill_null(False)
        name = nobody.ifelse(ibis.null("string"), name)
    if "customer_id" in columns:
        written = columns["customer_id"]
        masked = written.contains("*") | folded(written).isin(sorted(set(layout.walk_in_words)))
        code = (nobody | masked).ifelse(ibis.null("string"), written)
    phone = phones.normalised(columns["phone"], country) if "phone" in columns else ibis.null("string")
    mail = email(columns["email"]) if "email" in columns else ibis.null("string")
    birthday = parsing.day(columns["birthday"], day_first=day_first) if "birthday" in columns else ibis.null("date")
    return {
        "customer_id": ibis.coalesce(code, phone, mail),
        "name": name,
        "phone": phone,
        "email": mail,
        "birthday": birthday,
        "address": columns.get("address", ibis.null("string")),
    }


def email(address: Any) -> Any:
    """The address in lower case; missing where there is none, or one that is masked or the till's own placeholder."""
    real = address.re_search(r"^[^@\s*]+@[^@\s*]+\.[^@\s*]+$") & ~address.re_search(
        r"(?i)^(guest|khachle|noreply|no-reply)@"
    )
    return real.ifelse(address.lower(), ibis.null("string"))


def latest(rows: ir.Table) -> ir.Table:
    """One row per customer with the latest known value of each column.

    Args:
        rows: the columns of a person and `at`, the time each row speaks of.
    """
    known = rows.filter(rows.customer_id.notnull())
    newest = {name: known[name].argmax(known["at"], where=known[name].notnull()) for name in PEOPLE[1:]}
    return known.group_by("customer_id").agg(**newest)
