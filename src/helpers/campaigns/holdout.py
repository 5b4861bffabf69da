"""The holdout: who is deliberately left out, decided before sending, the same on every re-run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir

MINIMUM = 20
"""Fewer people left out than this cannot tell a good campaign from luck; the plan then says so instead of drawing one."""


def draw(audience: ir.Table, *, campaign: str, share: float, seed: int = 0) -> ir.Table:
    """Add `arm` (``treated`` or ``holdout``) to an audience.

    Each customer's arm follows from a SHA-256 of seed, campaign and customer id alone, so a customer keeps the arm when the
    audience is drawn again with others joining or leaving, on every engine. Simple Bernoulli allocation: strata are balanced
    on average, and the read-out checks that they are.

    Args:
        audience: needs customer_id. share: part to leave out, 0–1.

    Raises:
        ValueError: the share is not within 0–1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"need a share within 0-1, got {share}")
    key = ibis.literal(f"{seed}|{campaign}|") + audience.customer_id
    # the first 8 hex digits order like numbers below 16^8, so the cut can be made on text
    digits = key.hexdigest("sha256").substr(0, 8)
    cut = f"{min(round(share * 16**8), 16**8 - 1):08x}"
    return audience.mutate(arm=(digits < cut).ifelse("holdout", "treated"))


@dataclass(frozen=True)
class Frozen:
    """A drawn campaign on disk: the file and the fingerprint the proof checks it by."""

    path: Path
    sha256: str


def fingerprint(path: Path) -> Frozen:
    """SHA-256 of a list as it was written."""
    with path.open("rb") as file:
        return Frozen(path, hashlib.file_digest(file, "sha256").hexdigest())
