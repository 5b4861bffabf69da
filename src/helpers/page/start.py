"""The files: dropped, recognised, put right, judged; then the numbers are worked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from html import escape
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from helpers import sources, uploads
from helpers.checking import Check, check_client
from helpers.errors import InputError, key
from helpers.intake import REASONS
from helpers.intake.labels import KINDS
from helpers.language import Language
from helpers.page.aside import aside, here
from helpers.page.elements import box, button, markup, row, text
from helpers.page.mapping import FileCard
from helpers.page.receiving import Receiving
from helpers.page.section import Section
from helpers.pipeline import background
from helpers.pipeline.background import State
from helpers.records import plain
from helpers.report import data_words
from helpers.sources import Stranger

if TYPE_CHECKING:
    from helpers.page.frame import Frame

_LOOK_EVERY = 0.5
"""Seconds between two looks at how far a run is."""


class Start(Section):
    """A business without a file goes on to the next step: everything but the answers of the data is there."""

    name = "start"
    title = key("Drop the sales file here")
    short = key("Your files")

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._drop = Receiving(frame.client, self.say, self._refused, self._show_waiting)
        self._told, self._quality = w.HTML(), w.HTML()
        self._files, self._known, self._run = box([]), box([]), box([])
        self._cards: list[FileCard] = []
        self._read = self._ours = button("", lambda: None)
        self._ways = box([], "gap")

    def view(self) -> w.VBox:
        """Box, waiting files, what is read already, and the run."""
        uploads.tidy(self.frame.client)
        intro = text(
            "p",
            self.say.text(
                "The export of the till or the web shop, as it is: a year or more. No file at hand? Go on to the next step; "
                "the questions can be answered without one."
            ),
        )
        self._show_waiting()
        self._show_known()
        self._show_run()
        return box(
            [intro, self._drop.view, self._told, self._files, self._quality, self._known, self._run], "retention-start"
        )

    # files

    def _refused(self, fault: InputError) -> None:
        """Said beside the box; several files may be refused one after the other."""
        self._told.value += markup("p", self.say.error(fault), "fault", role="alert")

    def _failed(self, fault: InputError) -> None:
        self._told.value = markup("p", self.say.error(fault), "fault", role="alert")
        self._ways.children = (self._read, self._ours) if isinstance(fault, Stranger) else (self._read,)
        self._chosen()

    def _show_waiting(self) -> None:
        """A card for every file that business.yml does not name yet, and the button that reads them."""
        client, say = self.frame.client, self.say
        self._cards = [
            FileCard(client, say, proposal, self._chosen, partial(self._away, proposal.file))
            for proposal in sources.waiting(client)
        ]
        self._read = button(say.text("Read these files"), partial(self._take, ours=False), "main")
        self._ours = button(say.text("It is ours: read it"), partial(self._take, ours=True), "way")
        self._ways.children = (self._read,)
        cards = tuple(card.view for card in self._cards)
        self._files.children = (*cards, self._ways) if cards else ()
        self._chosen()

    def _chosen(self) -> None:
        self._read.disabled = any(card.proposal.wanting is not None for card in self._cards)

    def _away(self, file: str) -> None:
        try:
            uploads.remove(self.frame.client, file)
        except InputError as fault:
            self._failed(fault)
        self._show_waiting()

    def _take(self, *, ours: bool) -> None:
        client, proposals = self.frame.client, [card.proposal for card in self._cards]
        self._judge(lambda: sources.take(client, proposals, today=date.today(), ours=ours))

    def _judge(self, work: Callable[[], Check]) -> None:
        """Read files beside the page and say how good they are."""
        self._read.disabled = True
        self._told.value = markup("p", self.say.text("Reading the files, a moment") + "…", "told", role="status")
        aside(work, self._judged, self._failed, self.frame.client.parent)

    def _judged(self, found: Check) -> None:
        self._told.value = ""
        self._quality.value = quality(found, self.say)
        self._show_waiting()
        self._show_known()
        self._show_run()

    def _show_known(self) -> None:
        """The files business.yml names."""
        say, client = self.say, self.frame.client
        known = sources.known(client)
        rows = [self._known_row(name, kind) for name, kind in known.items()]
        again = button(
            say.text("How far to trust them?"),
            lambda: self._judge(lambda: check_client(client, today=date.today())),
            "quiet",
        )
        self._known.children = (
            (box([text("h3", say.text("Files that are read")), *rows, box([again], "gap")], "block"),) if known else ()
        )

    def _known_row(self, name: str, kind: str) -> w.HBox:
        """One file with what it holds; a dropped one can be left out again."""
        parts: list[w.Widget] = [text("p", f"{name} – {self.say.text(KINDS[kind])}")]
        if (self.frame.client / uploads.FOLDER / name).is_file():
            parts.append(button(self.say.text("Leave it out"), partial(self._forget, name), "quiet"))
        return row(parts, "read-file")

    def _forget(self, name: str) -> None:
        try:
            sources.forget(self.frame.client, name)
        except InputError as fault:
            self._failed(fault)
        self._quality.value = ""
        self._show_waiting()
        self._show_known()
        self._show_run()

    # the run

    def _show_run(self) -> None:
        """The button that starts a run, or how far the one that goes on is."""
        client, say, numbers = self.frame.client, self.say, self.frame.numbers
        state = background.state(client)
        if state.running:
            self._watch()
            return
        parts: list[w.Widget] = []
        if state.status == "failed":
            parts.append(text("p", state.words(say), "fault"))
        if numbers is not None:
            parts.append(w.HTML(_last_run(numbers, say)))
        if sources.known(client):
            words = say.text("Work out the numbers") if numbers is None else say.text("Work them out again")
            parts.append(button(words, self._start, "quiet" if numbers is not None else "main"))
        self._run.children = (box(parts, "block"),) if parts else ()

    def _start(self) -> None:
        try:
            background.start(self.frame.client, today=date.today(), lang=self.say.code)
        except InputError as fault:
            self._failed(fault)
        self._show_run()

    def _watch(self) -> None:
        """A bar that follows the run, whoever has started it."""
        line = w.HTML()
        self._run.children = (box([line], "block"),)
        later = here()

        def show(state: State) -> None:
            words = f"{state.words(self.say)} {self.say.percent(state.share)}"
            bar = f'<progress max="1" value="{state.share}" aria-label="{escape(state.words(self.say))}"></progress>'
            line.value = markup("p", words, "told", role="status") + bar

        def follow() -> None:
            while (state := background.state(self.frame.client)).running:
                later(partial(show, state))
                sleep(_LOOK_EVERY)
            later(partial(self._over, state))

        Thread(target=follow, daemon=True).start()

    def _over(self, state: State) -> None:
        """The run has ended: whoever looks at the files sees it, whoever writes elsewhere is told and not disturbed."""
        self.frame.renew()
        if self.frame.place.section == self.name:
            self._show_run()
        if state.status == "done":
            self.frame.tell(self.say.text("The numbers are ready: guess first, then look."))


def quality(found: Check, say: Language) -> str:
    """The check of the files as the page shows it: the grade and its reason first, the rest folded."""
    read = found.quality
    rows = say.text(
        "{read} rows read: {kept} kept, {aside} set aside.",
        read=read.rows_read, kept=read.rows_kept, aside=read.rows_rejected,
    )  # fmt: skip
    reasons = "".join(
        f"<li>{escape(say.text(REASONS[code]))} ({say.number(n)})</li>" for code, n in read.rejected_by_reason.items()
    )
    lines = "".join(
        f"<dt>{escape(term)}</dt><dd>{escape(words)}</dd>" if words else f"<dt><strong>{escape(term)}</strong></dt>"
        for term, words in found.lines(say)
        if term or words
    )
    folded = f"<details><summary>{escape(say.text('Everything about these files'))}</summary><dl>{lines}</dl></details>"
    grade = _grade(plain(found.data), say) if found.data is not None else ""
    return f'<div class="judged">{grade}{markup("p", rows)}<ul>{reasons}</ul>{folded}</div>'


def _grade(data: Mapping[str, Any], say: Language) -> str:
    first, *_ = data_words.reasons(data, say)
    mark = say.text("Grade of the data: {mark}", mark=data["grade"]["mark"])
    return markup("p", mark, "grade") + markup("p", first)


def _last_run(numbers: Mapping[str, Any], say: Language) -> str:
    until = say.text("Worked out on data until {day}.", day=date.fromisoformat(numbers["as_of"]))
    judged = numbers.get("data_quality")
    return markup("h3", until) + (_grade(judged, say) if judged else "")
