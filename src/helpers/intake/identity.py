"""Who a row is about: customer code, else telephone, else e-mail, else nobody – and what is known of each person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.intake import parsing, phones
from helpers.intake.formats import DATES, FIGURES, Format, named, vocabulary
from helpers.intake.opening import opened
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
    """The five columns of a person from prepared columns; those the file lacks are missing."""
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


def resolve(rows: ir.Table, columns: dict[str, Any], layout: Format, country: str, people: ir.Table) -> ir.Table:
    """`rows` with the customer each one is about, by code, telephone or e-mail as known from `people`.

    Args:
        rows: as :func:`prepared` leaves them.
        columns: role → prepared column of `rows`.
        layout: what the file was recognised as.
        country: where telephone numbers without a country code belong.
        people: customer_id, phone, email; one row per customer.

    Returns:
        `rows` with `customer_id` (missing where nobody known is named; a code is taken as it stands).
    """
    about: dict[str, Any] = {r: columns[r] for r in ("customer_id", "phone", "email") if r in columns}
    code = person_columns({k: v for k, v in about.items() if k == "customer_id"}, layout, country, None)["customer_id"]
    person = person_columns(about, layout, country, None)
    rows = rows.mutate(k_code=code, k_phone=person["phone"], k_email=person["email"])
    if "phone" in about:
        by_phone = _sole(people, "phone")
        rows = rows.left_join(by_phone, rows.k_phone == by_phone.key_phone)
    if "email" in about:
        by_email = _sole(people, "email")
        rows = rows.left_join(by_email, rows.k_email == by_email.key_email)
    candidates = [rows.k_code, *(rows[f"of_{role}"] for role in ("phone", "email") if role in about)]
    return rows.mutate(customer_id=ibis.coalesce(*candidates))


def _sole(people: ir.Table, by: str) -> ir.Table:
    """Number or address → its customer, where exactly one customer has it."""
    groups = people.filter(people[by].notnull()).group_by(people[by].name(f"key_{by}"))
    sole = groups.agg(**{f"of_{by}": people.customer_id.max(), "owners": people.customer_id.nunique()})
    return sole.filter(sole.owners == 1).drop("owners")


def people_keys(con: Any, path: Path, people: ir.Table, *, country: str = "VN") -> ir.Table:
    """Read a list that names people by customer code, telephone or e-mail.

    Args:
        con: the engine.
        path: CSV, workbook or Parquet with at least one of these columns.
        people: the people table of the run.
        country: where telephone numbers without a country code belong.

    Returns:
        One row per row of the list: source_row, customer_id (missing: nobody in `people` is meant). Count the unknown
        with ``keys.customer_id.isnull().sum()``.

    Raises:
        InputError: the file cannot be read or names no such column.
    """
    with opened(con, path, kind="people_list") as (raw, recognition):
        layout = named("people_list", "people_list")
        columns = {role: raw.column(header) for role, header in recognition.mapping.items()}
        rows = resolve(*prepared(raw, columns, layout, country), layout, country, people)
        known = people.select(known_id="customer_id")
        found = rows.left_join(known, rows.customer_id == known.known_id).select("source_row", customer_id="known_id")
        return con.create_table(ibis.util.gen_name("people_keys"), found.order_by("source_row"), temp=True)
