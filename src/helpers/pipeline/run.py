"""`retention run`: every stage in order, each redone only when something it depends on has changed."""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

import helpers
from helpers import answers, engine, files, resources, tables, warehouse
from helpers import business as business_file
from helpers.business import Business
from helpers.errors import InputError
from helpers.language import language
from helpers.parameters import NOTEBOOKS, Parameters, for_notebook
from helpers.pipeline import earlier, kernels, machine, recall, stages, workspace
from helpers.pipeline.build import CUSTOMER_TABLES, Built, build_customers, build_tables, describe
from helpers.pipeline.inputs import source_hashes
from helpers.pipeline.stages import Stage
from helpers.records import plain
from helpers.run import ASKED, EARLIER, READS, SETTINGS
from helpers.segments import rules_for

if TYPE_CHECKING:
    from helpers.pipeline.execute import Executed

Progress = Callable[[str, int, int], None]
"""Called with notebook, cell started (1-based) and number of code cells."""


@dataclass(frozen=True)
class Order:
    """What is asked of one run.

    Attributes:
        client: the client's folder. today: the calendar day, for faults such as orders in the future. as_of: end of the data
            to use, default the last order. lang: language of the report, default the client's. given: notebook parameters.
        force: redo every stage. kernels: notebooks side by side, default one per core.
    """

    client: Path
    today: date
    as_of: date | None = None
    lang: str | None = None
    given: Mapping[str, Any] | None = None
    force: bool = False
    kernels: int | None = None


@dataclass(frozen=True)
class Done:
    """A finished run: its folder, its report, and its stages."""

    folder: Path
    report: Path
    stages: Mapping[str, Stage]


def run(order: Order, progress: Progress, stage_started: Callable[[str], None]) -> Done:
    """Run one client's playbook from its files to `report.html`.

    A run either puts a complete folder ``runs/<as_of>`` in place or leaves everything as it was.

    Raises:
        InputError: the client's files, business.yml or a parameter are at fault. NotebookFailed: a cell failed.
    """
    business = business_file.load(order.client)
    rules_for(
        business, order.client
    )  # said before anything is read: the table of groups is used only after minutes of work
    given = {**business.parameters, **(order.given or {})}
    for book in NOTEBOOKS:
        for_notebook(book, given)
    lang = language(order.lang or business.lang).code
    if order.as_of and order.as_of > order.today:
        raise InputError("The date {day} has not come yet; choose a day up to today with --as-of.", day=order.as_of)
    before = stages.earlier_runs(order.client / "runs")
    if order.force or not before or stages.read_manifest(before[0]).get("lang") != lang:
        _get_ready()
    with machine.faults_of(order.client), workspace.only_one(order.client):
        staging = workspace.begin(order.client)
        try:
            return _Run(order, business, given, lang, staging, progress, stage_started).go()
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            _sweep(business, order.client)
            with suppress(OSError):  # a first run that failed leaves no empty folder
                staging.parent.rmdir()


def _sweep(business: Business, client: Path) -> None:
    """Leave nothing in the warehouse that no run refers to, whether this one has ended well or not."""
    with suppress(InputError):  # a warehouse that does not answer now is swept by the next run
        there = warehouse.opened(business, client)
        if there is not None:
            warehouse.sweep(there, client)
            there.disconnect()


def _get_ready() -> None:
    """Import what later stages need while the engine reads the files; a run that finds every stage done never asks for it."""
    kernels.warm_up()
    Thread(target=_import_later_stages, daemon=True).start()


def _import_later_stages() -> None:
    """papermill and nbconvert take two seconds to import."""
    importlib.import_module("helpers.pipeline.execute")
    importlib.import_module("helpers.report.build")


class _Run:
    """The state of one run while it goes on; nobody outside this module sees it."""

    def __init__(
        self, order: Order, business: Business, given: Mapping[str, Any], lang: str, staging: Path,
        progress: Progress, stage_started: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.order, self.business, self.given, self.lang, self.out = order, business, given, lang, staging
        self.progress, self.stage_started = progress, stage_started
        self.runs = order.client / "runs"
        self.earlier = [] if order.force else stages.earlier_runs(self.runs)
        most = engine.alone()
        self.con = engine.connect(spill=staging / "spill", memory_limit=f"{most}B" if most else None)
        self.there = warehouse.opened(business, order.client)
        self.done: dict[str, Stage] = {}
        self.inputs = source_hashes(order.client, business)
        self.settings = earlier.settings(business, given)
        self.started = monotonic()

    def go(self) -> Done:
        as_of = self._tables()
        self._customers(as_of)
        self.con.disconnect()  # the notebooks read the same files; an idle engine would only hold memory
        if self.there is not None:
            self.there.disconnect()
        shutil.rmtree(self.out / "spill", ignore_errors=True)
        earlier.lay_beside(self.runs, self.out, as_of, self.settings)
        self._notebooks()
        self._report(as_of)
        target = self.runs / as_of.isoformat()
        self._paths(target)
        self._manifest(as_of)
        workspace.put_in_place(self.out, target)
        return Done(target, target / "report.html", self.done)

    def _stage(self, name: str, key: str, work: Callable[[], None], made: Callable[[], list[Path]]) -> None:
        """Take a stage over from an earlier run, or do it and note what it left."""
        self.stage_started(name)
        kept = stages.take_over(name, key, self.earlier, self.out)
        if kept is None:
            if name != "report":
                _get_ready()
            begun = monotonic()
            work()
            left = tuple(sorted(p.relative_to(self.out).as_posix() for p in made()))
            kept = Stage(key, round(monotonic() - begun, 3), reused=False, files=left)
        self.done[name] = kept

    def _tables(self) -> date:
        order, business = self.order, self.business
        described = business.model_dump(
            include={"sources", "currency", "country", "timezone", "identity", "warehouse"}, mode="json"
        )
        holidays = stages.file_hash(resources.playbook() / "rules" / "countries")
        key = stages.fingerprint(
            stages.code_hash(),
            self.inputs["sources"],
            self.inputs["forgotten"],
            described,
            holidays,
            order.as_of,
            str(order.client),
        )

        def work() -> None:
            built: Built = build_tables(
                business, order.client, self.out, self.con, today=order.today, as_of=order.as_of, keeper=self.there
            )
            describe(business, order.client, self.out, self.there or self.con, built)

        self._stage("tables", key, work, lambda: [*self._tables_but_customers(), self.out / "records" / "tables.json"])
        return date.fromisoformat(self._record("tables")["as_of"])

    def _customers(self, as_of: date) -> None:
        rules = stages.file_hash(resources.playbook() / "rules" / "segments.yml")
        asked = self.business.model_dump(include={"margin", "model", "pause_days", "segments"})
        key = stages.fingerprint(self.done["tables"].key, as_of, asked, rules)
        self._stage(
            "customers", key,
            lambda: build_customers(self.business, self.order.client, self.out, self.there or self.con, as_of=as_of),
            lambda: [*self._made_of_customers(), self.out / "records" / "customers.json"],
        )  # fmt: skip

    def _notebooks(self) -> None:
        folder = resources.notebooks()
        previous = self.out / "records" / "previous.json"
        shared = [
            self.done["customers"].key, self.lang, self.inputs, stages.file_hash(resources.playbook()),
            stages.file_hash(self.order.client / business_file.FILE), stages.file_hash(previous) if previous.is_file() else "",
            [stages.file_hash(path) for path in tables.made(self.out / "tables") if path.name.startswith(EARLIER)],
        ]  # fmt: skip
        told = self.out / "records" / SETTINGS
        beside = {"5_proof": stages.file_hash(told) if told.is_file() else ""}
        parameters: dict[str, Parameters] = {}
        keys: dict[str, str] = {}
        for book in NOTEBOOKS:
            parameters[book] = for_notebook(book, self.given, run_dir=str(self.out), lang=self.lang)
            asked = parameters[book].model_dump(exclude={"run_dir"})
            keys[book] = stages.fingerprint(shared, asked, stages.file_hash(folder / f"{book}.ipynb"), beside.get(book))
        todo = []
        for book in NOTEBOOKS:
            kept = stages.take_over(book, keys[book], self.earlier, self.out)
            if kept is None:
                todo.append(book)
            else:
                self.done[book] = kept
        if self.there is None:
            recall.begin(self.out, self.done, self.earlier, todo)
        for done in self._execute(todo, folder, parameters):
            left = [
                done.path,
                self.out / "records" / f"{done.book}.json",
                self.out / "records" / f"{done.book}{READS}",
                self.out / "records" / f"{done.book}{ASKED}",
                *answers.kept(self.out, done.book),
                *(self.out / n for n in self._record(done.book).get("lists", ())),
            ]
            names = tuple(sorted(p.relative_to(self.out).as_posix() for p in left if p.is_file()))
            self.done[done.book] = Stage(keys[done.book], round(done.seconds, 3), reused=False, files=names)
        answers.close(self.out)

    def _execute(self, books: list[str], folder: Path, parameters: Mapping[str, Parameters]) -> tuple[Executed, ...]:
        if not books:
            return ()
        kernels.warm_up()
        from helpers.pipeline.execute import execute_all  # imported by now, see _get_ready

        # each chapter has a session of its own, and a session of Spark on this machine has all of its cores
        workers = 1 if self.there is not None and self.there.name == "pyspark" else self.order.kernels
        return execute_all(books, folder, self.out / "notebooks", parameters, self.progress, workers)

    def _metrics(self) -> None:
        loaded, customers = self._record("tables"), self._record("customers")
        quality, overview = loaded["quality"], loaded["overview"]
        numbers: dict[str, Any] = {
            "schema_version": 1,
            "client": self.business.name,
            "as_of": loaded["as_of"],
            "currency": self.business.currency,
            **{name: quality[name] for name in ("rows_read", "rows_kept", "rows_rejected")},
            **overview,
            "optional_tables": loaded["optional_tables"],
            "quality": quality,
            "data_quality": loaded["data_quality"],
            **customers,
        }
        for book in NOTEBOOKS:
            numbers |= {k: v for k, v in self._record(book).items() if k != "lists"}
        numbers["timings"] = {name: stage.seconds for name, stage in self.done.items()}
        files.write_text(self.out / "metrics.json", json.dumps(numbers, ensure_ascii=False, indent=1))

    def _report(self, as_of: date) -> None:
        key = stages.fingerprint({name: stage.key for name, stage in self.done.items()}, self.lang)

        def work() -> None:
            from helpers.report.build import build_report  # imported by now, see _get_ready

            self._metrics()
            build_report(self.out, self.business, client=self.order.client, say=language(self.lang), as_of=as_of)

        made = [self.out / "metrics.json", self.out / "report.html"]
        self._stage("report", key, work, lambda: [*made, *self.out.glob("charts/*.svg")])

    def _summed(self) -> dict[str, Stage]:
        """The stages with the sums of what they left, now that nothing changes any more."""
        return {
            name: stage if stage.sums else replace(stage, sums={n: stages.file_hash(self.out / n) for n in stage.files})
            for name, stage in self.done.items()
        }

    def _manifest(self, as_of: date) -> None:
        manifest = {
            "schema_version": 1,
            "client": self.order.client.name,
            "as_of": as_of,
            "run_on": self.order.today,
            "lang": self.lang,
            "version": helpers.__version__,
            "libraries": stages.versions(),
            "code": stages.code_hash(),
            "inputs": self.inputs,
            "parameters": dict(self.given),
            "settings": self.settings,
            "stages": self._summed(),
            "seconds": round(monotonic() - self.started, 3),
        }
        files.write_text(self.out / stages.MANIFEST, json.dumps(plain(manifest), ensure_ascii=False, indent=1))

    def _paths(self, target: Path) -> None:
        """Executed notebooks name the folder they were run in; from now on that is the run's own."""
        for path in (self.out / "notebooks").glob("*.ipynb"):
            text = path.read_text(encoding="utf-8")
            here, there = (json.dumps(json.dumps(str(p))[1:-1])[1:-1] for p in (self.out, target))
            if here in text:
                files.write_text(path, text.replace(here, there))

    def _tables_but_customers(self) -> list[Path]:
        return [path for path in tables.made(self.out / "tables") if path.stem != "customers"]

    def _made_of_customers(self) -> list[Path]:
        return [path for path in tables.made(self.out / "tables") if path.stem in CUSTOMER_TABLES]

    def _record(self, name: str) -> dict[str, Any]:
        path = self.out / "records" / f"{name}.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return found
