"""The table of layouts in docs/export-formats.md, from the declarations and the fixtures.

`python -m tests.intake.formats_page` rewrites the page.
"""

from __future__ import annotations

import csv
from pathlib import Path

from helpers.intake.formats import Format, formats

from .dialect import Writer, declared_headers, fixtures, layout_of, writer_of

PAGE = Path(__file__).parents[2] / "docs" / "export-formats.md"

_HEAD = """# Export formats

Every layout is one declaration in `src/helpers/intake/formats/`; this page is written from them by `python -m tests.intake.formats_page`,
and a test keeps it so. A layout is recognised by its headers, wherever they stand and however accents, case and spaces are written; a file
that fits two layouts equally, or none well, is asked about. Any other sheet is read by the fallback `generic` when its headers say what
they are in Vietnamese or English, or through `columns:` in business.yml. How files themselves are read, and the limits: see
[intake-limits.md](intake-limits.md).

- **rows**: data rows of the layout's fixture (several: one per header row known).
- **a customer is known by**: what the layout has, best first; a name alone names nobody.
- **an order's money**: one figure per order, or the sum of its rows; what of shipping and tax is still in it after reading.
- **given back**: how the layout says that money was paid back. **set aside**: orders it can mark as cancelled, not paid yet, or made to try
  the system out.

| layout | id | rows | a customer is known by | an order's money | shipping, tax in it | given back | set aside |
|---|---|--:|---|---|---|---|---|
"""
_KNOWN_BY = {"customer_id": "code", "phone": "phone", "email": "e-mail"}
_TOTALS = {
    "repeat": "its total, on every row",
    "first_row": "its total, on the first row",
    "lines": "sum of its rows",
    "auto": "looked up in the file",
}
_SAID = {True: "yes", False: "no", None: "not known"}


def page() -> str:
    """The whole page."""
    layouts = sorted((one for one in formats().values() if one.kind == "orders"), key=lambda one: one.title.casefold())
    return _HEAD + "".join(_row(layout) + "\n" for layout in layouts) + _beside()


def _row(layout: Format) -> str:
    names = [name for name in fixtures() if layout_of(name).id == layout.id]
    roles = {role for name in names for role in writer_of(name).roles}
    kept_in = [f"{part} {_SAID[layout.still_includes(part, roles)]}" for part in ("shipping", "tax")]  # type: ignore[arg-type]
    cells = (
        layout.title,
        f"`{layout.id}`",
        " + ".join(str(_rows(fixtures()[name])) for name in names),
        ", ".join(said for role, said in _KNOWN_BY.items() if role in roles) or "nothing",
        _TOTALS[layout.totals] if "net_revenue" in roles else _TOTALS["lines"],
        ", ".join(kept_in),
        _given_back(layout, roles),
        _set_aside(layout, roles),
    )
    return "| " + " | ".join(cells) + " |"


def _given_back(layout: Format, roles: set[str]) -> str:
    ways = {
        "every row, from the order it names": layout.returns,
        "rows of their own": "row_type" in roles,
        "an amount beside the sale": "refund" in roles,
        "a count beside the sale": "returned_quantity" in roles,
        "the status": "status" in roles and bool(layout.returned),
    }
    return ", ".join(way for way, there in ways.items() if there) or "negative amounts"


def _set_aside(layout: Format, roles: set[str]) -> str:
    cancelled = "status" in roles or "cancelled_at" in roles or layout.cancelled_order_id is not None
    ways = {"cancelled": cancelled, "not paid": "status" in roles, "trials": "test" in roles}
    return ", ".join(way for way, there in ways.items() if there) or "nothing"


def _rows(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def _beside() -> str:
    """What is read beside the sales, with what a file must at least say."""
    kinds = [one for one in formats().values() if one.kind not in ("orders", "people_list")]
    rows = [
        f"| {layout.title} | `{layout.kind}` | {', '.join(f'`{role}`' for role in Writer(layout, declared_headers(layout)).roles)} |"
        for layout in sorted(kinds, key=lambda one: (one.kind, one.id))
    ]
    head = "\n## Beside the sales\n\nFiles of these kinds go under `sources:` in business.yml; data/README.md says what each column means.\n\n"
    return head + "| what | kind | columns understood |\n|---|---|---|\n" + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
