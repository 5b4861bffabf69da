"""One dropped file on the page: what it was taken for, and drop-downs to put that right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as w

from helpers import sources
from helpers.errors import InputError
from helpers.intake.labels import KINDS, LABELS
from helpers.language import Language
from helpers.page.elements import box, button, choice, text
from helpers.sources import Proposal

HALF = 0.5
"""Share of a layout's headers that must be there before a file that lacks a needed column is called by its name."""


class FileCard:
    """A waiting file. Every choice is kept at once and looked up anew in the file.

    Args:
        changed: called after a choice; away: called when the file is to go.
    """

    def __init__(
        self, client: Path, say: Language, proposal: Proposal, changed: Callable[[], object], away: Callable[[], object]
    ) -> None:
        self._client, self._say, self.proposal = client, say, proposal
        self._changed, self._away = changed, away
        self._open = False
        self.view = box([], "file block")
        self._draw()

    def _draw(self) -> None:
        say, file = self._say, self.proposal
        found = file.found
        parts: list[Any] = [text("h3", file.file)]
        if len(file.exports) > 1:
            parts.append(text("p", say.plural("{n} file in it", "{n} files in it", len(file.exports))))
        if found.missing and found.score < HALF and file.format is None:  # a name for it would be a guess at nothing
            taken = say.text("This layout is new here; say below which column is which.")
        else:
            taken = say.text("Taken for: {title}.", title=found.title)
        if found.skipped_sheets:
            taken += " " + say.text("Sheets left out: {sheets}.", sheets=list(found.skipped_sheets))
        parts.append(text("p", taken))
        if (wanting := file.wanting) is not None:
            parts.append(text("p", say.error(wanting), "fault"))
        else:
            parts.append(text("p", say.text("Everything needed is there; look whether it is right."), "fine"))
        parts.append(box([self._field(role) for role in file.roles], "fields"))
        parts += [self._rest(), button(say.text("Take this file away"), self._away, "quiet")]
        for part in self.view.children:
            part.close()
        self.view.children = tuple(parts)

    def _rest(self) -> w.Accordion:
        """What seldom needs a look: the kind of file, its layout, the order of day and month, and the other columns."""
        say, file = self._say, self.proposal
        kind = choice(
            say.text("What is in the file"),
            [(say.text(KINDS[kind]), kind) for kind in KINDS],
            file.kind,
            lambda chosen: self._say_so(kind=chosen, columns=None, format=None),
        )
        layout = choice(
            say.text("Layout"),
            [(title, id) for id, title in file.layouts.items()],
            file.found.format,
            lambda chosen: self._say_so(format=chosen),
        )
        days = choice(
            say.text("What 03/04 means"),
            [(say.text("as the file shows"), None), (say.text("3 April"), True), (say.text("4 March"), False)],
            file.day_first,
            lambda chosen: self._say_so(day_first=chosen),
        )
        more = box([kind, layout, days, *(self._field(role) for role in file.more)], "fields")
        folded = w.Accordion([more], titles=(say.text("Something else is wrong"),))
        folded.selected_index = 0 if self._open else None
        folded.observe(self._folded, names="selected_index")
        return folded

    def _folded(self, change: Any) -> None:
        self._open = change["new"] is not None

    def _field(self, role: str) -> w.Dropdown:
        """The header a role stands under."""
        say, file = self._say, self.proposal
        header = file.found.mapping.get(role)
        empty = say.text("choose…") if role in file.needed else say.text("not in this file")
        options: list[tuple[str, str | None]] = [] if header and role not in file.columns else [(empty, None)]
        for name in dict.fromkeys(h for h in file.found.headers if h):
            example = file.example(name)
            options.append((f"{name} – {example}" if example else name, name))
        return choice(say.text(LABELS[role]), options, header, lambda chosen: self._chose(role, chosen))

    def _chose(self, role: str, header: str | None) -> None:
        self._renew(lambda: sources.chosen(self.proposal, self._client, role, header))

    def _say_so(self, **said: Any) -> None:
        file = self.proposal
        now = {"kind": file.kind, "columns": file.columns, "format": file.format, "day_first": file.day_first}
        self._renew(lambda: sources.propose(self._client, file.file, **{**now, **said}))

    def _renew(self, again: Callable[[], Proposal]) -> None:
        try:
            self.proposal = again()
        except InputError as fault:
            self.view.children = (*self.view.children, text("p", self._say.error(fault), "fault"))
            return
        sources.remember(self._client, self.proposal)
        self._draw()
        self._changed()
