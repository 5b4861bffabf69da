"""What becomes of one row of a file when somebody is forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpers.privacy.person import Person

OF_THE_PERSON = ("customer_id", "name", "last_name", "phone", "email", "birthday", "address")
_WHO = ("customer_id", "phone", "email")
_ABOUT_AN_ORDER = ("feedback", "tickets")


@dataclass(frozen=True)
class Columns:
    """Which role stands in which column of a file, from 0; empty for a list of ours, in which every cell counts.

    Attributes:
        kind: the table the file feeds, ``list`` for our own. roles: column → role.
    """

    kind: str
    roles: Mapping[int, str]


@dataclass(frozen=True)
class Change:
    """What to do with a row: leave it out, or write other texts into some of its cells (column → text)."""

    leave_out: bool = False
    cells: Mapping[int, str] | None = None


def judged(cells: Sequence[str], columns: Columns, person: Person) -> Change | None:
    """What must change in a row; None: nothing.

    A sale stays as a sale of nobody: what the layout reads as the sale is kept, every other cell is emptied. A row of any other
    file that is about them goes. In somebody else's row only the words that name them are replaced.
    """
    theirs = _is_theirs(cells, columns, person)
    if columns.kind != "orders" and (theirs or _about_their_order(cells, columns, person)):
        return Change(leave_out=True)
    if theirs:
        kept = {place for place, role in columns.roles.items() if role not in OF_THE_PERSON}
        emptied = {place: "" for place, cell in enumerate(cells) if cell and place not in kept}
        masked = {place: person.masked(cells[place]) for place in kept if place < len(cells)}
        return Change(cells=emptied | {place: text for place, text in masked.items() if text != cells[place]})
    masked = {place: person.masked(cell, everybody=False) for place, cell in enumerate(cells)}
    changed = {place: text for place, text in masked.items() if text != cells[place]}
    return Change(cells=changed) if changed else None


def _is_theirs(cells: Sequence[str], columns: Columns, person: Person) -> bool:
    if not columns.roles:
        first = cells[0].strip() if cells else ""  # where lists of ours have the customer's code
        return first in person.all_codes or any(person.keys.search(cell) or person.named(cell) for cell in cells)
    told = [(role, cells[place]) for place, role in columns.roles.items() if place < len(cells)]
    if any(role in _WHO and person.is_key(cell) for role, cell in told):
        return True
    keyless = not any(cell.strip() for role, cell in told if role in _WHO)
    return keyless and any(role == "name" and person.named(cell) for role, cell in told)


def _about_their_order(cells: Sequence[str], columns: Columns, person: Person) -> bool:
    return columns.kind in _ABOUT_AN_ORDER and any(
        role == "order_id" and cells[place].strip() in person.orders
        for place, role in columns.roles.items()
        if place < len(cells)
    )
