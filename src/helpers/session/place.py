"""Where a session has got to on the screen, so that a reload goes on from there. Not part of what was said, so not in session.yml."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from helpers import files

FILE = ".session-place.json"


@dataclass(frozen=True)
class Place:
    """A place on the page.

    Attributes:
        section: name of the section. mistake: id of the mistake the interview is at. lang: language chosen on the page; begun: the
            language the page had been opened in then. Opened in another one, the page follows that.
    """

    section: str = ""
    mistake: str = ""
    lang: str = ""
    begun: str = ""


def where(client: Path) -> Place:
    """The last place; the beginning when nothing (or rubbish) is remembered."""
    try:
        found = json.loads((client / FILE).read_text(encoding="utf-8"))
        return Place(**{name: str(found[name]) for name in Place.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError):
        return Place()


def remember(client: Path, place: Place) -> None:
    """Remember a place; where the folder cannot be written, a reload begins at the beginning, no more."""
    with suppress(OSError):
        files.write_text(client / FILE, json.dumps(asdict(place)), private=True)
