"""A run started from the page: it lives on its own, says how far it is, and its end is known whatever ends it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import shops
from filelock import FileLock

from helpers.errors import InputError
from helpers.language import language
from helpers.pipeline import background
from helpers.pipeline.background import State


def until(asked: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for something another process does."""
    end = time.monotonic() + seconds
    while not asked():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A small shop that has not been run."""
    return shops.client(tmp_path / "clients", shops.small())


def test_a_run_lives_on_its_own_and_says_how_far_it_is(client: Path) -> None:
    """Started and left alone it ends in a report; on the way its share only grows, and a second start is refused."""
    assert background.state(client) == State()
    background.start(client, today=shops.TODAY, lang="en")
    seen = [background.state(client)]
    with pytest.raises(InputError, match="worked out just now"):
        background.start(client, today=shops.TODAY)
    until(lambda: seen.append(background.state(client)) or not seen[-1].running)
    assert seen[-1].status == "done"
    assert seen[-1].run == shops.END.isoformat()
    assert (client / "runs" / seen[-1].run / "report.html").is_file()
    shares = [one.share for one in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    stages = list(dict.fromkeys(one.stage for one in seen if one.stage))
    assert stages == sorted(stages, key=["tables", "customers", "notebooks", "report"].index)
    assert "notebooks" in stages


def test_a_fault_of_the_files_is_one_sentence_in_every_language(client: Path) -> None:
    """What the command line would say, whichever language the page is switched to."""
    (client.parent.parent / "clients-files" / "orders.csv").write_text("a,b\n1,2\n", "utf-8")
    background.start(client, today=shops.TODAY)
    until(lambda: not background.state(client).running)
    found = background.state(client)
    assert found.status == "failed"
    assert found.words(language("en")).startswith("orders.csv has no column for the order date.")
    assert found.words(language("vi")).startswith("orders.csv không có cột ngày bán.")
    assert not list((client / "runs").glob("*")) if (client / "runs").exists() else True


def test_a_fault_of_the_program_is_told_with_the_log(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page names the log; the traceback is in it and not on the page."""
    import helpers.pipeline.run as running

    def broken(*_: object) -> None:
        raise RuntimeError("Trần Thị Mây")

    monkeypatch.setattr(running, "run", broken)
    background.main([str(client), shops.TODAY.isoformat(), ""])
    found = background.state(client)
    assert (found.status, found.words(language("en"))) == (
        "failed", "This is a fault of the program; details are in retention.log.",
    )  # fmt: skip
    assert "Mây" not in (client / background.ACCOUNT).read_text("utf-8")


def test_a_run_that_was_killed_is_known_to_be_over(client: Path) -> None:
    """An account that says “running” without a process behind it is not believed, and the next run may start."""
    (client / background.ACCOUNT).write_text(
        json.dumps({"status": "running", "stage": "tables", "share": 0.1}), "utf-8"
    )
    found = background.state(client)
    assert found.status == "failed"
    assert found.words(language("en")) == "The run was ended from outside before it was done; start it again."
    background.refuse_while_running(client)


def test_a_process_at_work_is_believed(client: Path) -> None:
    """While the lock is held the account stands."""
    (client / background.ACCOUNT).write_text(
        json.dumps({"status": "running", "stage": "tables", "share": 0.1}), "utf-8"
    )
    with FileLock(client / background.HELD):
        assert background.state(client) == State("running", 0.1, "tables")
        assert background.state(client).words(language("en")) == "Reading the files…"


def test_a_process_that_never_began_is_given_up(client: Path) -> None:
    """Between asking and beginning there is a moment; after a minute of silence it has not begun."""
    account = client / background.ACCOUNT
    account.write_text(json.dumps({"status": "running", "stage": "", "share": 0}), "utf-8")
    assert background.state(client).running
    os.utime(account, (1, 1))
    assert background.state(client).status == "failed"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"status": 1', '{"share": "x", "unknown": 1}'])
def test_a_damaged_account_is_no_account(client: Path, text: str) -> None:
    """A file cut off or edited by hand stops nobody."""
    (client / background.ACCOUNT).write_text(text, "utf-8")
    assert not background.state(client).running
