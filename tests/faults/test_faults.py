"""A small client hurt in every way we know: its last good report and every answer are there afterwards, and the next run goes on.

The same faults a hundred times: `python -m benchmarks.faults --times 100` or `make soak`; what came of it is in docs/reliability.md.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.faults import Count, suffer, summary
from benchmarks.injuries import FAULTS, Ground, Impossible, Lost, Victim, prepare
from helpers.errors import InputError
from helpers.session import Session, load, restore, save


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """The client, made once."""
    return prepare(tmp_path_factory.mktemp("ground"))


@pytest.fixture
def victim(ground: Ground) -> Iterator[Victim]:
    """The client as it was before any fault."""
    yield ground.fresh()
    ground.clear()


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_is_survived(victim: Victim, name: str) -> None:
    """Whatever happens: no report and no answer is lost, nobody is shown a traceback, and the next run mends the rest."""
    try:
        FAULTS[name].do(victim, random.Random(1))
    except Impossible as why:
        pytest.skip(str(why))


def test_a_session_cut_at_every_byte(tmp_path: Path) -> None:
    """However much of `session.yml` is left, it is refused and never taken for a session with fewer answers; all is brought back."""
    last = save(tmp_path, Session().guess("repeat_of_ten", 3).note("s01-1", "khách quen").score("s01-1", 2))
    path = tmp_path / "session.yml"
    content = path.read_bytes()
    end = len(content.rstrip())
    for length in range(len(content)):
        path.write_bytes(content[:length])
        if length < end:
            with pytest.raises(InputError):
                load(tmp_path)
        found = restore(tmp_path) if length < end else load(tmp_path)
        assert (found.guesses, found.answers) == (last.guesses, last.answers), length


class TestTheCount:
    """The faults would be noticed if they did harm."""

    def test_a_lost_report_is_noticed(self, victim: Victim) -> None:
        """A report that is gone, cut or has a damaged manifest does not count as unharmed."""
        run = next((victim.client / "runs").iterdir())
        (run / "metrics.json").write_text("{", "utf-8")
        with pytest.raises(Lost, match=r"damaged: metrics\.json"):
            victim.unharmed()
        (run / "manifest.json").write_text("{", "utf-8")
        with pytest.raises(Lost, match="manifest"):
            victim.unharmed()
        (run / "report.html").unlink()
        with pytest.raises(Lost, match="no report"):
            victim.unharmed()

    def test_a_lost_answer_is_noticed(self, victim: Victim) -> None:
        """A session with an answer less does not count as whole."""
        save(victim.client, load(victim.client).score("s01-1", 0))
        with pytest.raises(Lost, match="answers"):
            victim.answers()

    def test_what_is_lost_is_counted(self, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        """A fault that does harm every second time is half survived, with its reasons."""

        def harm(victim: Victim, draw: random.Random) -> None:
            times.append(1)
            if len(times) % 2:
                raise Lost("gone")

        times: list[int] = []
        monkeypatch.setitem(FAULTS, "cut_file", type(FAULTS["cut_file"])("harm", harm))
        found = suffer(ground, "cut_file", 4)
        assert found == Count(4, 2, ("0: gone", "2: gone"))
        assert found.lost == 2
        assert "| together | 4 | 2 | 2 |" in summary({"cut_file": found})
