"""What the command line prints and how it takes words: lines and tables, typed values, faults as one sentence with their exit code."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

from helpers.errors import InputError
from helpers.language import Language, language
from helpers.schema import parsed

if TYPE_CHECKING:
    from helpers.fleet import Ended
    from helpers.portfolio import Client

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_lines(lines: list[tuple[str, str]]) -> None:
    """Terms with their texts, side by side."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for term, text in lines:
        table.add_row(Text(term), Text(text))
    print_table(table)


def print_table(table: Table, console: Console = out) -> None:
    """Wrapped to a terminal's width; in a file or a pipe one line per row, without the padding behind it."""
    if console.is_terminal:
        console.print(table)
        return
    wide = Console(highlight=False, soft_wrap=True, width=2000)
    with wide.capture() as printed:
        wide.print(table)
    for line in printed.get().splitlines():
        console.print(line.rstrip(), markup=False)


def clients_table(rows: Sequence[Client], say: Language) -> Table:
    """A coach's clients, a line each."""
    from helpers.portfolio import headings

    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in headings(say):
        table.add_column(title)
    for row in rows:
        table.add_row(*(Text(cell) for cell in (row.slug, row.name, *row.figures(say), *row.standing(say))))
    return table


class Faults:
    """Turns a fault into one sentence and the right exit code: 2 for the user's input, 1 (with a log) for ours."""

    def __init__(self, say: Language, workspace: Path) -> None:
        self.say, self.workspace = say, workspace

    def __enter__(self) -> Language:
        return self.say

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: Any) -> None:
        if fault is None or isinstance(fault, typer.Exit | KeyboardInterrupt):
            return
        if isinstance(fault, InputError):
            err.print(self.say.error(fault), style="red", markup=False)
            raise typer.Exit(2) from None
        if isinstance(fault, Exception):
            trace = "".join(traceback.format_exception(fault)) + getattr(fault, "traceback", "")
            sentence = _our_fault(self.say, self.workspace, str(fault).split("\n")[0], trace)
            err.print(sentence, style="red", markup=False)
            raise typer.Exit(1) from None


def _our_fault(say: Language, workspace: Path, cause: str, trace: str) -> str:
    """The sentence of a fault of ours, with what is behind it written to the log."""
    log = _log(workspace, trace)
    return say.text("This is a fault of the program: {cause}. Details are in {log}.", cause=cause, log=log)


def print_end(ended: Ended, say: Language, workspace: Path) -> None:
    """What became of one client of many: its files to standard output, its fault as a message."""
    err.print(f"— {ended.slug}", markup=False)
    for file in ended.written:
        out.print(file, markup=False)
    if ended.trace:
        err.print(_our_fault(say, workspace, ended.said, ended.trace), style="red", markup=False)
    elif ended.said:
        err.print(ended.said, style="red", markup=False)


def ends_table(ends: Sequence[Ended], say: Language) -> Table:
    """Every client of a run of all: state, seconds, what was taken over, the fault."""
    states = {
        "done": say.text("worked out"),
        "unchanged": say.text("unchanged"),
        "refused": say.text("its files are at fault"),
        "failed": say.text("the program failed"),
    }
    table = Table(box=None, padding=(0, 2, 0, 0))
    heads = (say.text("client"), say.text("state"), say.text("seconds"), say.text("taken over"), say.text("fault"))
    for title in heads:
        table.add_column(title)
    for end in ends:
        kept = say.text("{n} of {of} steps", n=end.reused, of=end.stages) if end.stages else ""
        table.add_row(*map(Text, (end.slug, states[end.state], say.number(end.seconds, 1), kept, end.said)))
    return table


def print_summary(ends: Sequence[Ended], say: Language) -> None:
    """How many clients were worked out, were as they were, and failed: one line."""
    counted = Counter("fault" if end.said else end.state for end in ends)
    line = "{done} worked out, {kept} unchanged and taken over, {faults} with a fault, of {n} clients."
    err.print(
        say.text(line, done=counted["done"], kept=counted["unchanged"], faults=counted["fault"], n=len(ends)),
        markup=False,
    )


def _log(workspace: Path, text: str) -> str:
    """Append to the workspace's log; when even that fails, the terminal is the log."""
    path = workspace / "retention.log"
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # what went wrong may quote what was read
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now().isoformat(timespec='seconds')}\n{text}\n")
    except OSError:
        err.print(text, markup=False)
        return "stderr"
    return str(path)


def typed(given: list[str]) -> dict[str, Any]:
    """``NAME=VALUE`` words → typed values, the way YAML reads them."""
    values: dict[str, Any] = {}
    for name, text in map(pair, given):
        try:
            values[name] = parsed(text)
        except yaml.YAMLError:
            values[name] = text  # not what the model asks for, which says so
    return values


def pair(word: str) -> tuple[str, str]:
    """``NAME=VALUE`` → name and value."""
    name, equals, text = word.partition("=")
    if not equals:
        raise InputError("A parameter is given as NAME=VALUE, not “{word}”.", word=word)
    return name.strip(), text.strip()


def known_language(code: str) -> Language:
    """The language of this code; an unknown one ends the command with one sentence."""
    try:
        return language(code)
    except InputError as fault:
        err.print(language("en").error(fault), style="red", markup=False)
        raise typer.Exit(2) from fault


def show_mapping(found: Any, say: Language) -> None:
    """What a file was taken for, and which header plays which role."""
    out.print(say.text("{file}: {title}", file=found.file, title=found.title))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    for role, header in found.mapping.items():
        table.add_row(role, "←", header)
    print_table(table)
