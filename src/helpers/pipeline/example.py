"""The example business, ready to run: for `retention demo` and for a notebook opened by hand."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from platformdirs import user_cache_path

from helpers import business as business_file
from helpers import engine, resources
from helpers.pipeline import stages, workspace
from helpers.pipeline.build import build_customers, build_tables, describe

NAME = "cafe"
TODAY = date(2026, 7, 1)
"""The example's own calendar day: its data end on 2026-06-30, whenever somebody opens it."""


def install(target: Path) -> Path:
    """Copy the example business into a client's folder, unless it is there already."""
    if not (target / business_file.FILE).is_file():
        shutil.copytree(resources.example(NAME), target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("truth"))
    return target


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
            build_customers(business, staging, con, as_of=built.as_of)
            con.disconnect()
            workspace.put_in_place(staging, target)
    return target
