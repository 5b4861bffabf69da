"""What is redone and what is not: one small shop, run again and again with one thing changed each time."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import shops
import yaml

from helpers.business import FILE
from helpers.parameters import NOTEBOOKS
from helpers.pipeline.run import Done

ALL = {"tables", "customers", *NOTEBOOKS, "report"}


def redone(done: Done) -> set[str]:
    """Names of the stages that were not taken over from an earlier run."""
    return {name for name, stage in done.stages.items() if not stage.reused}


class Story:
    """A client of one's own and its latest run."""

    def __init__(self, base: Path) -> None:
        self.client = shops.client(base / "clients", shops.small()[:60])
        self.source = base / "clients-files" / "orders.csv"
        self.last = shops.run(self.client)

    def numbers(self, done: Done) -> dict[str, Any]:
        """What a run wrote into metrics.json."""
        return shops.Ran(self.client.parent, self.client, done).read("metrics.json")

    def settings(self, **changes: object) -> None:
        """Change lines of business.yml."""
        path = self.client / FILE
        path.write_text(
            yaml.safe_dump({**yaml.safe_load(path.read_text("utf-8")), **changes}, allow_unicode=True), "utf-8"
        )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """One client for the tests of this module, which follow each other: each begins where the one before ended."""
    return Story(tmp_path_factory.mktemp("reuse"))


def test_a_second_run_redoes_nothing(story: Story) -> None:
    """Running again at once costs no work and gives the same report."""
    before = shops.tree(story.last.folder)
    done = shops.run(story.client)
    assert redone(done) == set()
    after = shops.tree(done.folder)
    assert {name for name in before if before[name] != after.get(name)} == {"manifest.json"}


def test_a_run_in_which_nothing_changed_starts_no_kernel(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick path stays quick: no notebook server is started and nothing is imported for one."""
    monkeypatch.setattr("helpers.pipeline.kernels.warm_up", lambda: pytest.fail("kernels were prepared"))
    assert redone(shops.run(story.client)) == set()


def test_a_parameter_redoes_its_notebook_alone(story: Story) -> None:
    """A changed horizon is counted and said in the chapter it belongs to; the other four stay."""
    done = shops.run(story.client, given={"repeat_days": 45})
    assert redone(done) == {"1_diagnosis", "report"}
    assert "45" in story.numbers(done)["repeat_rate"]
    assert "45 ngày" in (done.folder / "notebooks" / "1_diagnosis.ipynb").read_text("utf-8")


def test_the_command_goes_before_the_client_s_own_parameters(story: Story) -> None:
    """`parameters:` in business.yml is the client's default, `-p` is for once."""
    story.settings(parameters={"repeat_days": 75})
    assert "75" in story.numbers(shops.run(story.client))["repeat_rate"]
    assert "75" not in story.numbers(shops.run(story.client, given={"repeat_days": 90}))["repeat_rate"]
    story.settings(parameters={})


def test_a_margin_redoes_customers_but_not_tables(story: Story) -> None:
    """What the files say does not depend on the margin; what customers are worth does."""
    story.settings(margin=0.3)
    assert redone(shops.run(story.client)) == ALL - {"tables"}


def test_a_language_redoes_words_but_no_numbers(story: Story) -> None:
    """The other language rewrites notebooks and report from the same tables."""
    done = shops.run(story.client, lang="en")
    assert redone(done) == {*NOTEBOOKS, "report"}
    assert 'lang="en"' in (done.folder / "report.html").read_text("utf-8")


def test_force_redoes_everything(story: Story) -> None:
    """`--force` trusts nothing of an earlier run."""
    story.last = shops.run(story.client, force=True)
    assert redone(story.last) == ALL


def test_a_missing_file_of_an_earlier_run_is_made_again(story: Story) -> None:
    """A run folder that somebody tidied up is not taken for complete."""
    next((story.last.folder / "lists").glob("call*.csv")).unlink()
    done = shops.run(story.client)
    assert redone(done) == {"3_segment_plans"}
    assert list((done.folder / "lists").glob("call*.csv"))


def test_an_earlier_day_is_a_run_of_its_own(story: Story) -> None:
    """`--as-of` leaves later orders out, with the reason, and leaves the later run alone."""
    day = shops.END - timedelta(days=100)
    before = shops.tree(story.last.folder)
    done = shops.run(story.client, as_of=day)
    assert done.folder.name == day.isoformat()
    assert redone(done) == ALL
    assert shops.tree(story.last.folder) == before
    assert "after_as_of" in (done.folder / "metrics.json").read_text("utf-8")


def test_a_later_run_compares_with_the_one_before(story: Story) -> None:
    """The last chapter says what changed since the report of an earlier day."""
    story.last = shops.run(story.client)
    changes = story.numbers(story.last)["changes"]
    assert {"customers", "orders"} <= {change["metric"] for change in changes}


def test_a_new_order_redoes_everything(story: Story) -> None:
    """One more row in the file and every number is counted again."""
    with story.source.open("a", encoding="utf-8") as file:
        file.write(f"HD99999,{shops.END} 10:00:00,{shops.phone(1)},250000,VND,counter\n")
    orders = story.numbers(story.last)["orders"]
    done = shops.run(story.client)
    assert redone(done) == ALL
    assert story.numbers(done)["orders"] == orders + 1


def test_two_runs_at_once_give_one_report(story: Story) -> None:
    """The second waits for the first and finds its work done: both end well, one intact run of the day is left."""
    words = [
        sys.executable,
        "-m",
        "helpers.cli",
        "run",
        story.client.name,
        "--workspace",
        str(story.client.parent),
        "-p",
        "call_limit=7",
    ]
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert told[0][0] == told[1][0]
    report = Path(told[0][0].strip())
    assert [p.name for p in story.client.joinpath("runs").iterdir() if p.name.startswith(".")] == []
    stages = json.loads((report.parent / "manifest.json").read_text("utf-8"))["stages"]
    assert all((report.parent / name).is_file() for stage in stages.values() for name in stage["files"])
    assert {name for name, stage in stages.items() if not stage["reused"]} == set()
