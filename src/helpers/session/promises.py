"""What a promise still lacks, and what may become of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from helpers.errors import key
from helpers.language import Language, available
from helpers.playbook import Playbook
from helpers.playbook.models import Text
from helpers.session.said import Commitment

DAYS = 30
STATUS: Mapping[str, str] = {
    "open": key("still open"),
    "kept": key("done"),
    "dropped": key("given up"),
}
"""What became of a promise → its words (catalog keys)."""

LONGEST = 500
"""Letters of a first step that a promise keeps."""


def spoken(play: str, words: str, book: Playbook, say: Language, part: Literal["title", "first_step"] = "title") -> str:
    """A promise's words in the language on the screen while they are still the playbook's; the owner's own words as they are.

    Args:
        play: id of its play, empty or unknown for the owner's own idea. words: as they stand in `session.yml`.
    """
    if play not in book.plays:
        return words
    written: Text = getattr(book.plays[play], part)
    same = any(words == written[code][:LONGEST] for code in available())
    return written[say.code][:LONGEST] if same else words


def missing(promise: Commitment, say: Language) -> str:
    """What is still to be said so that somebody can do it on Monday; empty when nothing is."""
    if promise.status != "open":
        return ""
    lacks = [
        say.text("a name") if not promise.owner.strip() else "",
        say.text("a day") if promise.due is None else "",
        say.text("a first step") if not promise.first_step.strip() else "",
    ]
    named = [lack for lack in lacks if lack]
    if named:
        return say.text("Still lacks: {what}.", what=named)
    if promise.due and promise.made and promise.due > promise.made + timedelta(days=DAYS):
        return say.text("That is more than 30 days away: is there a smaller piece that fits?")
    return ""
