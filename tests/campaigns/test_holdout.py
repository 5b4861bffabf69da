"""Who is left out, decided before sending, the same on every re-run."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from businesses import made, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from helpers.campaigns.holdout import draw, fingerprint


def audience(con: Any, *ids: str) -> Any:
    """A table of customer ids."""
    return made(con, {"customer_id": pa.array(ids, pa.string())})


def held(con: Any, ids: list[str], **options: Any) -> set[str]:
    """Customers of the holdout."""
    found = draw(audience(con, *ids), **{"campaign": "win-back", "share": 0.2, "seed": 7, **options})
    return {who for who, arm in rows(found, "customer_id", "arm") if arm == "holdout"}


CROWD = [f"KH{i:06d}" for i in range(5000)]


def test_the_draw_is_the_published_hash(con: Any) -> None:
    """Left out is whoever's SHA-256 of seed, campaign and id begins below the share: anybody can check it by hand."""
    by_hand = {
        who
        for who in CROWD
        if int(hashlib.sha256(f"7|win-back|{who}".encode()).hexdigest()[:8], 16) < round(0.2 * 16**8)
    }
    assert held(con, CROWD) == by_hand


def test_everybody_is_in_exactly_one_arm(con: Any) -> None:
    """Treated and left out together are the audience, and nobody is in both."""
    found = rows(draw(audience(con, *CROWD), campaign="x", share=0.3))
    assert len(found) == len({who for who, _ in found}) == len(CROWD)
    assert {arm for _, arm in found} == {"treated", "holdout"}


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.5])
def test_balanced(con: Any, share: float) -> None:
    """The part left out is what chance allows for the share asked."""
    assert binomtest(len(held(con, CROWD, share=share)), len(CROWD), share).pvalue > 0.001


@given(st.sets(st.sampled_from(CROWD[:300]), min_size=1), st.sets(st.sampled_from(CROWD[:300])))
@settings(max_examples=15, deadline=None)
def test_others_coming_and_going_change_nobodys_arm(con: Any, first: set[str], second: set[str]) -> None:
    """A customer in two audiences has the same arm in both, whoever else is there."""
    both = first & second
    assert held(con, sorted(first)) & both == held(con, sorted(second, reverse=True)) & both


def test_a_larger_share_keeps_those_already_left_out(con: Any) -> None:
    """Raising the share adds people to the holdout and moves none back."""
    assert held(con, CROWD, share=0.1) < held(con, CROWD, share=0.2)


@pytest.mark.parametrize("other", [{"seed": 8}, {"campaign": "second-order"}])
def test_other_campaigns_and_seeds_leave_out_others(con: Any, other: dict[str, Any]) -> None:
    """The overlap of two draws is what chance gives: a fifth of a fifth, not the same unlucky people again."""
    overlap = len(held(con, CROWD) & held(con, CROWD, **other))
    assert binomtest(overlap, len(CROWD), 0.04).pvalue > 0.001


@pytest.mark.parametrize(("share", "left_out"), [(0.0, 0), (1.0, len(CROWD))])
def test_nobody_and_everybody(con: Any, share: float, left_out: int) -> None:
    """A share of 0 leaves nobody out, a share of 1 everybody."""
    assert len(held(con, CROWD, share=share)) == left_out


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_shares_that_cannot_be(con: Any, share: float) -> None:
    """A share outside 0–1 is refused."""
    with pytest.raises(ValueError, match="within 0-1"):
        held(con, CROWD, share=share)


def test_fingerprint(tmp_path: Path) -> None:
    """The mark of a list is the SHA-256 anybody's tools give, and a changed list has another."""
    path = tmp_path / "list.csv"
    path.write_bytes(b"customer_id\nKH1\n")
    first = fingerprint(path)
    assert first.sha256 == hashlib.sha256(b"customer_id\nKH1\n").hexdigest()
    path.write_bytes(b"customer_id\nKH2\n")
    assert fingerprint(path).sha256 != first.sha256
