"""The playbook as one object, and what it covers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from helpers.playbook.models import ROWS, Message, Metric, Mistake, Play, Question, Script
from helpers.playbook.rules import Rules


@dataclass(frozen=True)
class RowCoverage:
    """How one idea of the source material (S01–S27) is answered.

    Attributes:
        row: its id. mistakes: pages that carry it. questions: what is asked about them.
        metrics: pages that measure it, of the row itself or of its mistakes.
        plays: cures of these mistakes that name the row; all their cures when none of those has anything to send.
        messages: of these plays. scripts: that name the row or belong to these plays.
    """

    row: str
    mistakes: tuple[Mistake, ...]
    questions: tuple[Question, ...]
    metrics: tuple[Metric, ...]
    plays: tuple[Play, ...]
    messages: tuple[Message, ...]
    scripts: tuple[Script, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Links of the chain mistake → metric or question → play → message that are not there."""
        chain = {
            "mistake": self.mistakes,
            "metric or question": (*self.questions, *self.metrics),
            "play": self.plays,
            "message": self.messages,
        }
        return tuple(name for name, found in chain.items() if not found)


@dataclass(frozen=True)
class Playbook:
    """Everything a coach knows, by id. Made by :func:`helpers.playbook.load`; immutable."""

    mistakes: Mapping[str, Mistake]
    plays: Mapping[str, Play]
    messages: Mapping[str, Message]
    scripts: Mapping[str, Script]
    metrics: Mapping[str, Metric]
    rules: Rules

    def plays_for(self, segment: str) -> tuple[Play, ...]:
        """Plays meant for a segment, least effort first, then by id."""
        found = (play for play in self.plays.values() if segment in play.segments)
        return tuple(sorted(found, key=lambda play: (play.effort, play.id)))

    def plays_against(self, mistake: str) -> tuple[Play, ...]:
        """Plays that cure a mistake, in the order its page gives them (first choice first)."""
        return tuple(self.plays[name] for name in self.mistakes[mistake].plays)

    def messages_of(self, play: str, channel: str | None = None) -> tuple[Message, ...]:
        """Message texts of a play in the order its page gives them, of one channel or of all."""
        found = (self.messages[name] for name in self.plays[play].messages)
        return tuple(message for message in found if channel in (None, message.channel))

    def rows(self) -> Mapping[str, RowCoverage]:
        """S01–S27 → how each is asked, measured and answered."""
        return MappingProxyType({row: self._row(row) for row in ROWS})

    def _row(self, row: str) -> RowCoverage:
        mistakes = [mistake for mistake in self.mistakes.values() if row in mistake.rows]
        proofs = {mistake.metric for mistake in mistakes}
        cures = list(dict.fromkeys(name for mistake in mistakes for name in mistake.plays))
        named = [name for name in cures if row in self.plays[name].rows]
        plays = [self.plays[name] for name in (named if any(self.plays[name].messages for name in named) else cures)]
        aids = {name for play in plays for name in play.scripts}
        return RowCoverage(
            row=row,
            mistakes=tuple(mistakes),
            questions=tuple(question for mistake in mistakes for question in mistake.questions),
            metrics=tuple(page for page in self.metrics.values() if row in page.rows or page.id in proofs),
            plays=tuple(plays),
            messages=tuple(self.messages[name] for play in plays for name in play.messages),
            scripts=tuple(page for page in self.scripts.values() if row in page.rows or page.id in aids),
        )
