"""What a dropped file is, which header plays which role, and the line of business.yml that says so.

The same recognition, mapping and check as `retention new` and `retention check`; here step by step, for a page on which
an owner corrects what was recognised.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from filelock import FileLock

from helpers import business as business_file
from helpers import files
from helpers.business import Business, Source
from helpers.checking import Check, check_business
from helpers.errors import InputError, key
from helpers.intake.formats import REQUIRED, ROLES, formats
from helpers.intake.labels import KINDS, LABELS
from helpers.intake.opening import files as exports_in
from helpers.intake.reading import Head, heads
from helpers.intake.recognition import Recognition, among
from helpers.pipeline import background
from helpers.uploads import FOLDER, stored

HISTORY = "business-history"
"""Earlier versions of business.yml, each as it was before the page changed it."""

_DRAFTS = ".mapping.json"

_FIRST: Mapping[str, tuple[str, ...]] = {
    "orders": ("ordered_at", "order_id", "customer_id", "phone", "net_revenue", "amount", "quantity", "unit_price")
}
"""Roles asked for on the first screen, by kind; of other kinds all are."""
_PLAIN = re.compile(r"[\d\s.,:/\-+()₫$£€đAPMapm]{1,24}")
_MISSING = {
    "ordered_at": key("Choose the column that holds the date of the order."),
    "net_revenue": key("Choose the column that holds what was paid."),
    "customer_id": key("Choose the column that says who the customer is: a code, a phone number or an e-mail."),
}


class Stranger(InputError):
    """A file that looks like another business's; only somebody who knows the business can say."""

    def __init__(self, file: str) -> None:
        super().__init__(
            "{file} covers the same weeks as the sales that are here already, yet not one customer is in both: it looks "
            "like another business's. If it is yours, another branch's perhaps, say so and read it again.",
            file=file,
        )


@dataclass(frozen=True)
class Proposal:
    """How a dropped file would be read.

    Attributes:
        file: its name among the dropped files. kind: which table it feeds. columns: role → header, as somebody has said.
            format: the layout, when somebody has said. day_first: what 03/04 means, when somebody has said.
        found: what was recognised with all that. exports: the files read, several for an archive.
    """

    file: str
    kind: str
    found: Recognition
    exports: tuple[str, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    format: str | None = None
    day_first: bool | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles to show at once: the usual ones of the kind and whatever else was said."""
        usual = _FIRST.get(self.kind, ROLES[self.kind])
        return (*usual, *(role for role in self.columns if role not in usual))

    @property
    def more(self) -> tuple[str, ...]:
        """The other roles of this kind."""
        return tuple(role for role in ROLES[self.kind] if role not in self.roles)

    @property
    def layouts(self) -> dict[str, str]:
        """Layouts it may be read by: id → title; what it was taken for and the runner-up first."""
        first = [self.found.format, *([self.found.runner_up.format] if self.found.runner_up else [])]
        known = {layout.id: layout.title for layout in formats().values() if layout.kind == self.kind}
        rest = sorted((id for id in known if id not in first), key=lambda id: known[id].casefold())
        return {id: known[id] for id in (*first, *rest) if id in known}

    @property
    def wanting(self) -> InputError | None:
        """What must be said before the file can be read; None when it can."""
        if self.found.doubtful and self.format is None and self.found.runner_up is not None:
            return InputError(
                "It may be “{title}” or “{other}”, which are read differently; choose the right layout under “Something else is wrong”.",
                title=self.found.title, other=self.found.runner_up.title,
            )  # fmt: skip
        if not self.found.missing:
            return None
        role = self.found.missing[0]
        if role in _MISSING:
            return InputError(_MISSING[role])
        return InputError("Choose the column for: {role}.", role=InputError(LABELS[role]))

    @property
    def needed(self) -> frozenset[str]:
        """Roles of which at least one header must be found and none is."""
        groups = REQUIRED[self.kind]
        return frozenset(role for group in groups if not set(group) & set(self.found.mapping) for role in group)

    def source(self) -> Source:
        """The line of business.yml."""
        format = self.format or (self.found.format if len(self.exports) == 1 else None)  # an archive may hold several
        return Source(file=f"{FOLDER}/{self.file}", format=format, columns=dict(self.columns), day_first=self.day_first)

    def example(self, header: str) -> str:
        """The first filled cell under a header where it is a date or a figure; empty for words, which may name somebody."""
        head = self.found.head
        if head.typed or header not in self.found.headers:
            return ""
        place = self.found.headers.index(header)
        below = (row[place].strip() for row in head.rows[self.found.header_row + 1 :] if len(row) > place)
        cell = next((cell for cell in below if cell), "")
        # nine digits and more in a row may be somebody's telephone
        shown = _PLAIN.fullmatch(cell) is not None and not re.search(r"\d{9}", re.sub(r"[\s.\-()+]", "", cell))
        return cell if shown or re.match(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}", cell) else ""


def propose(
    client: Path, file: str, *, kind: str | None = None, columns: Mapping[str, str] | None = None,
    format: str | None = None, day_first: bool | None = None,
) -> Proposal:  # fmt: skip
    """Recognise a dropped file from its first rows.

    Args:
        client: the client's folder. file: a name in its :data:`~helpers.uploads.FOLDER`. kind: which table it feeds;
            default the one its headers speak for most. columns, format, day_first: what somebody has said.

    Raises:
        InputError: the file cannot be opened, or what was said names something that is not in it.
    """
    with tempfile.TemporaryDirectory(prefix="intake-") as scratch:
        exports = exports_in(client / FOLDER, file, Path(scratch))
        opened = heads(exports[0])
    names = tuple(path.name for path in exports)
    chosen = kind or _kind_of(opened, names[0])
    found = among(opened, names[0], columns, format, kind=chosen)
    return Proposal(file, chosen, found, names, dict(columns or {}), format, day_first)


def _kind_of(opened: list[Head], name: str) -> str:
    """The kind a file's headers speak for most: sales where they may be sales, else the one that finds most in it."""
    found = {kind: among(opened, name, None, None, kind=kind) for kind in KINDS}
    complete = [kind for kind, one in found.items() if not one.missing]
    if "orders" in complete or not complete:
        return "orders"
    return max(complete, key=lambda kind: (found[kind].score, len(found[kind].mapping)))


def chosen(proposal: Proposal, client: Path, role: str, header: str | None) -> Proposal:
    """The proposal after somebody has said under which header a role stands (None: leave it to the recognition).

    A header plays one role: what was said of it before is forgotten.

    Raises:
        InputError: as :func:`propose`.
    """
    said = {known: name for known, name in proposal.columns.items() if known != role and name != header}
    if header is not None:
        said[role] = header
    return propose(
        client, proposal.file, kind=proposal.kind, columns=said, format=proposal.format, day_first=proposal.day_first
    )


def waiting(client: Path) -> list[Proposal]:
    """Dropped files that business.yml does not name yet, by name, with what somebody has said of them so far.

    A file that can no longer be opened is passed over: there is nothing to say about it.
    """
    named = {source.file for group in business_file.load(client).sources.values() for source in group}
    said = _drafts(client)
    found = []
    for path in stored(client):
        if f"{FOLDER}/{path.name}" in named:
            continue
        with suppress(InputError):
            try:
                found.append(propose(client, path.name, **said.get(path.name, {})))
            except (InputError, TypeError, ValueError, AttributeError):  # what was said no longer fits: begin anew
                found.append(propose(client, path.name))
    return found


def remember(client: Path, proposal: Proposal) -> None:
    """Keep what was said of a waiting file, so that a reload of the page loses none of it."""
    said = {name: getattr(proposal, name) for name in ("kind", "columns", "format", "day_first")}
    text = json.dumps({**_drafts(client), proposal.file: said}, ensure_ascii=False)
    files.write_text(client / FOLDER / _DRAFTS, text, private=True)


def _drafts(client: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads((client / FOLDER / _DRAFTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {file: said for file, said in found.items() if isinstance(said, dict)} if isinstance(found, dict) else {}


def known(client: Path) -> dict[str, str]:
    """The files business.yml names: name → kind, in the order in which they stand there."""
    named = business_file.load(client).sources
    return {Path(source.file or str(source.table)).name: kind for kind, group in named.items() for source in group}


def take(client: Path, proposals: Sequence[Proposal], *, today: date, ours: bool = False) -> Check:
    """Read files together with those that are there already, and write business.yml when all of it can be used.

    Args:
        ours: somebody has said that they belong to this business although nothing in them is the same.

    Raises:
        InputError: a run goes on; a file cannot be used; or one looks like another business's. business.yml is as it was.
    """
    background.refuse_while_running(client)
    for proposal in proposals:
        if proposal.wanting is not None:
            raise InputError("{file}: {problem}", file=proposal.file, problem=proposal.wanting)
    wanted = _with(business_file.load(client), proposals)
    if not wanted.sources.get("orders"):
        raise InputError(
            "Drop the file of orders first: the others speak of orders and customers that are not here yet."
        )
    checked = check_business(wanted, client, today=today)
    if not ours:
        _refuse_strangers(checked, proposals)
    with FileLock(client / f".{business_file.FILE}.lock"):
        _write(client, _with(business_file.load(client), proposals))
    return checked


def forget(client: Path, file: str) -> None:
    """Take a dropped file out of business.yml; the file itself stays in its folder.

    Raises:
        InputError: a run goes on.
    """
    background.refuse_while_running(client)
    with FileLock(client / f".{business_file.FILE}.lock"):
        before = business_file.load(client)
        path = f"{FOLDER}/{file}"
        left = {kind: [one for one in group if one.file != path] for kind, group in before.sources.items()}
        _write(client, before.model_copy(update={"sources": {kind: group for kind, group in left.items() if group}}))


def _with(business: Business, proposals: Sequence[Proposal]) -> Business:
    """The business with these files among its sources, in the place of what was said of them before."""
    made = [(proposal.kind, proposal.source()) for proposal in proposals]
    named = {source.file for _, source in made}
    sources = {kind: [one for one in group if one.file not in named] for kind, group in business.sources.items()}
    for kind, source in made:
        sources.setdefault(kind, []).append(source)
    return business.model_copy(update={"sources": {kind: group for kind, group in sources.items() if group}})


def _write(client: Path, business: Business) -> None:
    path = client / business_file.FILE
    text = business_file.dump(business)
    if path.read_text(encoding="utf-8") == text:
        return
    kept = [int(old.stem) for old in (client / HISTORY).glob("*.yml") if old.stem.isdigit()]
    # remarks somebody has written between the lines do not survive a page; they are kept here
    files.write_bytes(client / HISTORY / f"{max(kept, default=0) + 1:06d}.yml", path.read_bytes(), private=True)
    files.write_text(path, text)


def _refuse_strangers(checked: Check, proposals: Sequence[Proposal]) -> None:
    """Refuse sales of the same days and system in which neither an order nor a customer is one of those known."""
    for proposal in proposals:
        if proposal.kind == "orders" and set(checked.strangers) & set(proposal.exports):
            raise Stranger(proposal.file)
