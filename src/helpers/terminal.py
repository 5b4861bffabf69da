"""What the command line prints and how: lines and tables on the screen, faults as one sentence with their exit code."""

from __future__ import annotations

import traceback
from datetime import datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from helpers.errors import InputError
from helpers.language import Language

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_lines(lines: list[tuple[str, str]]) -> None:
    """Terms with their texts, side by side."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for term, text in lines:
        table.add_row(Text(term), Text(text))
    print_table(table)


def print_table(table: Table) -> None:
    """Wrapped to a terminal's width; in a file or a pipe one line per row, without the padding behind it."""
    if out.is_terminal:
        out.print(table)
        return
    wide = Console(highlight=False, soft_wrap=True, width=2000)
    with wide.capture() as printed:
        wide.print(table)
    for line in printed.get().splitlines():
        out.print(line.rstrip(), markup=False)


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
            log = _log(self.workspace, "".join(traceback.format_exception(fault)) + getattr(fault, "traceback", ""))
            sentence = self.say.text(
                "This is a fault of the program: {cause}. Details are in {log}.",
                cause=str(fault).split("\n")[0],
                log=log,
            )
            err.print(sentence, style="red", markup=False)
            raise typer.Exit(1) from None


def _log(workspace: Path, text: str) -> str:
    """Append to the workspace's log; when even that fails, the terminal is the log."""
    path = workspace / "retention.log"
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now().isoformat(timespec='seconds')}\n{text}\n")
    except OSError:
        err.print(text, markup=False)
        return "stderr"
    return str(path)
