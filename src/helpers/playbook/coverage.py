"""The table S01–S27 in ``docs/coverage.md``, made from the front matter so that it cannot drift."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from helpers.playbook.book import Playbook, RowCoverage
from helpers.playbook.loader import load
from helpers.playbook.models import Item

_HEAD = """# From an idea to a message: S01–S27

Each row is an idea of the source articles. It is asked about in the session (the questions of its mistakes), measured
where the data can show it, answered by plays, and every play has its texts. This page is generated from the playbook's
front matter (`python -m helpers.playbook.coverage > docs/coverage.md`); a test fails when it is out of date.

| row | idea | mistakes | asked | measured by | plays | scripts | texts |
|---|---|---|--:|---|---|---|---|
"""


def coverage_table(book: Playbook | None = None) -> str:
    """The whole page as Markdown, in English, with links that work from ``docs/``."""
    book = load() if book is None else book
    ideas = book.rules.sources.ideas
    lines = [_line(coverage, ideas[row]["en"]) for row, coverage in book.rows().items()]
    return _HEAD + "\n".join(lines) + "\n"


def _line(coverage: RowCoverage, idea: str) -> str:
    texts = Counter(message.channel for message in coverage.messages)
    cells = [
        coverage.row,
        idea,
        _links(coverage.mistakes),
        str(len(coverage.questions)),
        _links(coverage.metrics) or "asked only",
        _links(coverage.plays),
        _links(coverage.scripts),
        ", ".join(f"{count} {channel}" for channel, count in sorted(texts.items())),
    ]
    return f"| {' | '.join(cells)} |"


def _links(pages: Iterable[Item]) -> str:
    return ", ".join(f"[{page.id}](../playbook/{page.path})" for page in pages)


if __name__ == "__main__":
    print(coverage_table(), end="")  # noqa: T201 - this module's output is the page
