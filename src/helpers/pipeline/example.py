"""The example business, ready to run: for `retention demo` and for a notebook opened by hand."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from platformdirs import user_cache_path

from helpers import business as business_file
from helpers import engine, resources
from helpers.errors import InputError
from helpers.pipeline import stages, workspace
from helpers.pipeline.build import build_customers, build_tables, describe

NAME = "cafe"
FOLDER = "tiem-ca-phe-may"
"""The example's folder in a workspace."""
TODAY = date(2026, 7, 1)
"""The example's own calendar day: its data end on 2026-06-30, whenever somebody opens it."""
ANSWERS = "session.yml"
"""The example's answers; the file is the session's own (:mod:`helpers.session`)."""
_KEPT = ("runs", ".lock")


def install(target: Path) -> Path:
    """Copy the example business into a client's folder, unless it is there already.

    Raises:
        InputError: a client of the same name is there.
    """
    if not (target / business_file.FILE).is_file():
        _copy(target)
    if not is_example(target):
        raise InputError(
            "The folder {folder} holds a client and not the example; name another workspace with --workspace.",
            folder=target.name,
        )
    return target


def is_example(target: Path) -> bool:
    """Whether a client's folder is the example's: its sales are those that travel with the project, byte for byte."""
    sales = list(resources.example(NAME).glob("*.xlsx"))
    return all(
        (target / path.name).is_file() and stages.file_hash(target / path.name) == stages.file_hash(path)
        for path in sales
    )


def reset(target: Path, *, blank: bool = False) -> Path:
    """Put the example back as it came: answers, promises, dropped files and business.yml. Its runs stay, other clients too.

    Args:
        blank: with no answers at all, for a session of one's own.

    Raises:
        InputError: the folder holds a client and not the example.
    """
    install(target)
    with workspace.only_one(target):
        for path in target.iterdir():
            if path.name in _KEPT:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        _copy(target)
        if blank:
            (target / ANSWERS).unlink()
    return target


def _copy(target: Path) -> None:
    shutil.copytree(resources.example(NAME), target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("truth"))


def example_run() -> Path:
    """A run folder of the example business with its tables, made once and kept in the user's cache."""
    key = stages.fingerprint(stages.code_hash(), stages.file_hash(resources.example(NAME)))[:16]
    cache = user_cache_path("retention-playbook")
    client, target = cache / f"example-{key}", cache / f"example-{key}" / "runs" / "example"
    if (target / "records" / "customers.json").is_file():
        return target
    install(client)
    with workspace.only_one(client):
        if not (target / "records" / "customers.json").is_file():
            business = business_file.load(client)
            staging = workspace.begin(client)
            con = engine.connect()
            built = build_tables(business, client, staging, con, today=TODAY)
            describe(business, client, staging, con, built)
            build_customers(business, client, staging, con, as_of=built.as_of)
            con.disconnect()
            workspace.put_in_place(staging, target)
    return target
