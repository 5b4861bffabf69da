"""The night's counts are what was tried."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from soaking import SETTINGS, soak

from tests.soak import by_room, examples

SAID = """
tests/campaigns/test_ics.py::test_whatever_it_says:

  - during reuse phase (0.01 seconds):
    - 2 passing, 0 failing, and 0 invalid test cases
  - during generate phase (1.13 seconds):
    - 100 passing, 0 failing, and 3 invalid test cases

tests/test_files.py::TestCsv::test_x[one]:
    - 40 passing examples, 0 failing examples, 0 invalid examples
"""


def test_examples_are_counted_by_property() -> None:
    """Passing ones of every phase, in either wording of hypothesis."""
    assert examples(SAID) == {"tests/campaigns/test_ics.py::test_whatever_it_says": 102, "tests/test_files.py::TestCsv::test_x[one]": 40}  # fmt: skip


def test_examples_are_summed_by_room() -> None:
    """One row per folder of tests, those beside the folders as `tests/`, and everything together."""
    assert by_room({"tests/a/test_x.py::t": 1200, "tests/a/test_y.py::C::t": 30, "tests/test_z.py::t": 5}).splitlines()[2:] == [
        "| `tests/a/` | 2 | 1,230 |", "| `tests/` | 1 | 5 |", "| together | 3 | 1,235 |",
    ]  # fmt: skip


def test_a_property_tries_more_at_night() -> None:
    """Also one that says how many examples it tries; once only, though several tests share it."""
    tried = []

    @settings(max_examples=3, database=None)
    @given(st.integers())
    def test(number: int) -> None:
        tried.append(number)

    soak(test, 20)
    soak(test, 20)
    assert getattr(test, SETTINGS).max_examples == 60
    test()
    assert len(tried) == 60
