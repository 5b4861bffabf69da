"""Between a page and `session.yml`: every change saved at once, and what to do when the file is not as it was left.

Two windows that change different entries are both saved. Where both changed the same one, nothing is saved before somebody has
chosen; what was typed waits here (and on the screen) meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from helpers.errors import InputError
from helpers.mistyped import problem
from helpers.session.said import Session
from helpers.session.storage import Changed, load, restore, save, touched

Change = Callable[[Session], Session]


@dataclass(frozen=True)
class Outcome:
    """What became of a change.

    Attributes:
        kind: saved; merged (saved, beside what another window had saved); refused (the change itself cannot be, it is dropped);
            conflict (another window changed the same `entries`), damaged (the file cannot be read) and unwritten (the disk refuses):
            in these three the change waits. fault: the sentence to show.
    """

    kind: Literal["saved", "merged", "refused", "conflict", "damaged", "unwritten"]
    fault: InputError | None = None
    entries: frozenset[str] = frozenset()

    @property
    def done(self) -> bool:
        """Whether everything is on disk."""
        return self.kind in ("saved", "merged")


@dataclass
class Keeper:
    """The state of one page, as it stands in the file, and the changes that wait to be saved.

    Attributes:
        client: the client's folder. state: as last read or saved. waiting: changes not on disk yet, oldest first.
    """

    client: Path
    state: Session = field(default_factory=Session)
    waiting: list[Change] = field(default_factory=list)

    def open(self) -> Outcome:
        """Read the file again; changes that wait go on waiting."""
        try:
            self.state = load(self.client)
        except InputError as fault:
            return Outcome("damaged", fault)
        return Outcome("saved")

    def keep(self, change: Change) -> Outcome:
        """Save a change, or let it wait; one that changes nothing is not saved."""
        try:
            ahead = self._ahead()
            after = change(ahead)
        except (InputError, ValidationError) as fault:
            return Outcome("refused", _worded(fault))
        if after == ahead and not self.waiting:
            return Outcome("saved")
        self.waiting.append(change)
        return self.retry()

    def retry(self) -> Outcome:
        """Try to save what waits."""
        merged = False
        while True:
            try:
                self.state = save(self.client, self._ahead())
            except Changed:
                found = self._meet()
                if found is not None:
                    return found
                merged = True
            except InputError as fault:
                return Outcome("damaged", fault)
            except OSError as fault:
                return Outcome("unwritten", _disk(fault))
            else:
                self.waiting.clear()
                return Outcome("merged" if merged else "saved")

    def mine(self) -> Outcome:
        """Save what waits over what the other window saved."""
        opened = self.open()
        if not opened.done:
            return opened
        try:
            self._ahead()
        except (InputError, ValidationError) as fault:
            self.waiting.clear()
            return Outcome("refused", _worded(fault))
        return self.retry()

    def theirs(self) -> Outcome:
        """Drop what waits and go on from the file."""
        opened = self.open()
        if opened.done:
            self.waiting.clear()
        return opened

    def restore(self) -> Outcome:
        """Put a damaged file aside, go on from the last good version, and save what waits."""
        try:
            # a page that has read or saved nothing yet knows less than the history
            self.state = restore(self.client, self.state if self.state.version else None)
        except OSError as fault:
            return Outcome("unwritten", _disk(fault))
        return self.mine() if self.waiting else Outcome("saved")

    def _ahead(self) -> Session:
        """The state with what waits."""
        return reduce(lambda state, change: change(state), self.waiting, self.state)

    def _meet(self) -> Outcome | None:
        """Go on from what another window has saved, unless it changed what waits here; None when it is worth trying again."""
        try:
            theirs = load(self.client)
        except InputError as fault:
            return Outcome("damaged", fault)
        ahead = self._ahead()
        both = touched(self.state, ahead) & touched(self.state, theirs) & touched(ahead, theirs)
        if both:
            return Outcome("conflict", Changed(), both)
        self.state = theirs
        try:
            self._ahead()
        except (InputError, ValidationError) as fault:  # such as a guess whose answer the other window has shown
            self.waiting.clear()
            return Outcome("refused", _worded(fault))
        return None


def _worded(fault: InputError | ValidationError) -> InputError:
    if isinstance(fault, InputError):
        return fault
    return InputError("This cannot be saved: {problem}.", problem=problem(fault.errors()[0]))


def _disk(fault: OSError) -> InputError:
    return InputError(
        "The session could not be written ({reason}); what you typed is still on the screen.",
        reason=fault.strerror or "",
    )
