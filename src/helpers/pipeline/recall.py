"""Which answers of earlier runs a run's notebooks may take over: those to questions about the very same tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from helpers import answers
from helpers.pipeline import stages
from helpers.pipeline.stages import Stage

RESTS_ON = ("tables", "customers")
"""Stages that make what notebooks read."""


def begin(out: Path, done: Mapping[str, Stage], runs: Sequence[Path], books: Sequence[str]) -> None:
    """Let the notebooks about to run keep their answers, beside those of earlier runs.

    Tables of a stage are known by its key, which stands for the files, the code and the libraries they were made by; any other
    file by its content. Answers are taken over only where tables and customers were, so that nothing is answered from tables that have been
    made again.
    """
    if not books:
        return
    made = {name: done[stage].key for stage in RESTS_ON for name in done[stage].files}
    marks = {
        path.name: stages.fingerprint(made.get(f"tables/{path.name}") or stages.file_hash(path), path.name)
        for path in (out / "tables").glob("*.parquet")
    }
    same = all(done[stage].reused for stage in RESTS_ON)
    before = [run for run in runs if same and stages.key_of(run, RESTS_ON[-1]) == done[RESTS_ON[-1]].key]
    answers.prepare(out, marks, before, books)
