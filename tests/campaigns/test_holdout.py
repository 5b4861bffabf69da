"""Who is left out, decided before sending, the same on every re-run."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from businesses import made, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from helpers.campaigns.holdout import draw, fingerprint


def audience(con: Any, ids: list[str], worth: list[float] | None = None) -> Any:
    """Customers, perhaps with what they are worth."""
    columns = {"customer_id": pa.array(ids, pa.string())}
    if worth is not None:
        columns["worth"] = pa.array(worth, pa.float64())
    return made(con, columns)


def held(con: Any, ids: list[str], **options: Any) -> set[str]:
    """Customers of the holdout."""
    found = draw(audience(con, ids), **{"campaign": "win-back", "share": 0.2, "seed": 7, **options})
    return {who for who, arm in rows(found, "customer_id", "arm") if arm == "holdout"}


def kept(con: Any, found: Any, campaign: str = "win-back", seed: int = 7) -> Any:
    """A draw as an earlier run keeps it."""
    told = rows(found, "customer_id", "stratum", "arm")
    return made(con, {
        "campaign": pa.array([campaign] * len(told), pa.string()), "seed": pa.array([seed] * len(told), pa.int64()),
        "customer_id": pa.array([r[0] for r in told], pa.string()), "stratum": pa.array([r[1] for r in told], pa.int64()),
        "arm": pa.array([r[2] for r in told], pa.string()),
    })  # fmt: skip


CROWD = [f"KH{i:06d}" for i in range(5000)]


def fraction(who: str, campaign: str = "win-back", seed: int = 7) -> str:
    """The published hash that orders customers."""
    return hashlib.sha256(f"{seed}|{campaign}|{who}".encode()).hexdigest()[:8]


def test_the_draw_can_be_checked_by_hand(con: Any) -> None:
    """Left out is the fifth of the customers whose SHA-256 of seed, campaign and id comes first."""
    assert held(con, CROWD) == set(sorted(CROWD, key=lambda who: (fraction(who), who))[:1000])


def test_everybody_is_in_exactly_one_arm(con: Any) -> None:
    """Treated and left out together are the audience, and nobody is in both."""
    found = rows(draw(audience(con, CROWD), campaign="x", share=0.3))
    assert len(found) == len({row[0] for row in found}) == len(CROWD)
    assert {row[-1] for row in found} == {"treated", "holdout"}


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.5])
def test_exact_in_every_band_of_spending(con: Any, share: float) -> None:
    """Among those who spend little, middling and much the part left out is the share asked, to the customer, and exactly so in all."""
    worth = [float(i % 977) for i in range(len(CROWD))]
    found = rows(draw(audience(con, CROWD, worth), campaign="x", share=share), "stratum", "arm")
    for band in range(3):
        arms = [arm for stratum, arm in found if stratum == band]
        assert abs(len(arms) - len(CROWD) / 3) < 1
        assert abs(arms.count("holdout") - share * len(arms)) <= 1
    assert abs(sum(arm == "holdout" for _, arm in found) - share * len(CROWD)) <= 0.5


def test_few_customers_are_not_cut_into_bands(con: Any) -> None:
    """39 customers are one stratum, 40 are two of twenty, 60 three."""
    bands = {
        n: {s for s, _ in rows(draw(audience(con, CROWD[:n], [1.0] * n), campaign="x", share=0.2), "stratum", "arm")}
        for n in (39, 40, 60)
    }
    assert [len(bands[n]) for n in (39, 40, 60)] == [1, 2, 3]


def test_balance_by_simulation(con: Any) -> None:
    """Over 60 draws the groups' mean spend differs by far less than a plain lot would let it, and by nought on average."""
    draws = np.random.default_rng(3)
    worth = draws.lognormal(3.0, 1.0, 300)
    gaps, plain = [], []
    for seed in range(60):
        told = rows(
            draw(audience(con, CROWD[:300], worth.tolist()), campaign="x", share=0.2, seed=seed), "customer_id", "arm"
        )
        mask = np.array([arm == "holdout" for _, arm in told])
        gaps.append(np.log(worth[mask]).mean() - np.log(worth[~mask]).mean())
        lot = draws.permutation(mask)
        plain.append(np.log(worth[lot]).mean() - np.log(worth[~lot]).mean())
    assert abs(np.mean(gaps)) < 3 * np.std(gaps) / np.sqrt(60)
    assert np.std(gaps) < 0.75 * np.std(plain)


@given(st.sets(st.sampled_from(CROWD[:300]), min_size=1), st.sets(st.sampled_from(CROWD[:300])))
@settings(max_examples=15, deadline=None)
def test_who_was_drawn_keeps_the_arm(con: Any, first: set[str], second: set[str]) -> None:
    """In a later run, whoever has come or gone, everybody who was drawn before has the arm of then."""
    before = draw(audience(con, sorted(first), [1.0] * len(first)), campaign="win-back", share=0.2, seed=7)
    arms = dict(rows(before, "customer_id", "arm"))
    later = draw(
        audience(con, sorted(second, reverse=True), [2.0] * len(second)),
        campaign="win-back",
        share=0.2,
        seed=7,
        earlier=kept(con, before),
    )
    now = dict(rows(later, "customer_id", "arm"))
    assert {who: now[who] for who in first & second} == {who: arms[who] for who in first & second}
    assert set(now) == second


def test_newcomers_join_by_their_hash_alone(con: Any) -> None:
    """Of those who come later the expected share is left out, each whatever the others do."""
    before = draw(audience(con, CROWD[:200]), campaign="win-back", share=0.2, seed=7)
    both = dict(
        rows(
            draw(audience(con, CROWD), campaign="win-back", share=0.2, seed=7, earlier=kept(con, before)),
            "customer_id",
            "arm",
        )
    )
    new = CROWD[200:]
    assert {who for who in new if both[who] == "holdout"} == {
        who for who in new if int(fraction(who), 16) < round(0.2 * 16**8)
    }


@pytest.mark.parametrize("changed", [{"campaign": "other"}, {"seed": 8}])
def test_arms_of_other_campaigns_and_seeds_do_not_count(con: Any, changed: dict[str, Any]) -> None:
    """An earlier draw of another campaign, or with another seed, leaves this one as it is."""
    before = draw(audience(con, CROWD[:400]), campaign="win-back", share=0.5, seed=7)
    earlier = kept(con, before, **{"campaign": "win-back", "seed": 7, **changed})
    assert held(con, CROWD, earlier=earlier) == held(con, CROWD)


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
