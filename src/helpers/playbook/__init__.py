"""What a coach knows, as data: mistakes, plays, messages, scripts, metric pages and rules, checked on loading."""

from helpers.playbook.book import Playbook, RowCoverage
from helpers.playbook.linter import lint, lint_message
from helpers.playbook.loader import PlaybookError, load
from helpers.playbook.models import LANGUAGES, Message, Metric, Mistake, Play, Question, Script, Text
from helpers.playbook.pages import Fault

__all__ = [
    "LANGUAGES",
    "Fault",
    "Message",
    "Metric",
    "Mistake",
    "Play",
    "Playbook",
    "PlaybookError",
    "Question",
    "RowCoverage",
    "Script",
    "Text",
    "coverage_table",
    "lint",
    "lint_message",
    "load",
]


def coverage_table(book: Playbook | None = None) -> str:
    """See :func:`helpers.playbook.coverage.coverage_table`."""
    # here, so that `python -m helpers.playbook.coverage` does not find its module loaded already
    from helpers.playbook import coverage

    return coverage.coverage_table(book)
