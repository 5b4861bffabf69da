"""The holdout: who is deliberately left out, decided before sending, and never decided again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

MINIMUM = 20
"""Fewer people left out than this cannot tell a good campaign from luck; the plan then says so instead of drawing one."""
BANDS = 3
"""Strata: those who spend little, middling and much; fewer where a band would have under :data:`MINIMUM` people."""
ARMS = ibis.schema(
    {"campaign": "string", "seed": "int64", "customer_id": "string", "stratum": "int64", "arm": "string"}
)
"""Columns of the run's ``tables/arms.parquet``: every customer who was ever drawn for a campaign."""


def draw(
    audience: ir.Table, *, campaign: str, share: float, seed: int = 0, earlier: ir.Table | None = None
) -> ir.Table:
    """Add `stratum` (from 0) and `arm` (``treated`` or ``holdout``) to an audience.

    Customers are ordered by the SHA-256 of seed, campaign and customer id, and in each stratum of `worth` the first
    ``share`` of them, rounded, are left out: the split is exact in every band of spending, anybody can check it by hand,
    and it does not depend on the engine. Who was drawn in an earlier run keeps arm and stratum; newcomers of a campaign
    that was drawn before join by their hash alone (left out when it falls below the share), so that nobody's arm ever depends
    on who else came or went.

    Args:
        audience: needs customer_id; `worth` decides the strata where it is there. share: part to leave out, 0–1.
        earlier: rows of :data:`ARMS`, those of other campaigns and seeds among them.

    Raises:
        ValueError: the share is not within 0–1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"need a share within 0-1, got {share}")
    key = ibis.literal(f"{seed}|{campaign}|") + audience.customer_id
    # the first 8 hex digits order like numbers below 16^8
    table = audience.mutate(digits=key.hexdigest("sha256").substr(0, 8), band=_band(audience))
    cut = f"{min(round(share * 16**8), 16**8 - 1):08x}"
    if earlier is None:
        return _first(table, share).drop("digits", "band")
    own = earlier.filter((earlier.campaign == campaign) & (earlier.seed == seed))
    kept = own.select("customer_id", kept_arm="arm", kept_stratum="stratum").distinct(on="customer_id", keep="first")
    joined = table.left_join(kept, "customer_id").drop("customer_id_right")
    first = _first(joined, share)
    drawn_before = own.count().as_scalar() > 0
    by_hash = (first.digits < cut).ifelse("holdout", "treated")
    arm = ibis.coalesce(first.kept_arm, drawn_before.ifelse(by_hash, first.arm))
    chosen = first.mutate(arm=arm, stratum=ibis.coalesce(first.kept_stratum, first.stratum))
    return chosen.drop("digits", "band", "kept_arm", "kept_stratum")


def _band(audience: ir.Table) -> Any:
    """The stratum of each customer: equal shares by worth, as many as leave :data:`MINIMUM` people in each."""
    if "worth" not in audience.columns:
        return ibis.literal(0).cast("int64")
    everybody = ibis.window()
    n = audience.customer_id.count().over(everybody)
    bands = ibis.greatest(1, ibis.least(BANDS, (n / MINIMUM).floor())).cast("int64")
    place = ibis.row_number().over(order_by=[audience.worth, audience.customer_id])
    return (place * bands / n).floor().cast("int64")


def _first(table: ir.Table, share: float) -> ir.Table:
    """A draw that is exact in each band to the next whole customer, and exact in all bands together."""
    until = table.customer_id.count().over(ibis.range_window(order_by=table.band, preceding=None, following=0))
    n = table.customer_id.count().over(group_by="band")
    place = ibis.row_number().over(group_by="band", order_by=["digits", "customer_id"])
    held = place < (until * share).round().cast("int64") - ((until - n) * share).round().cast("int64")
    return table.mutate(stratum=table.band, arm=held.ifelse("holdout", "treated"))


@dataclass(frozen=True)
class Frozen:
    """A drawn campaign on disk: the file and the fingerprint the proof checks it by."""

    path: Path
    sha256: str


def fingerprint(path: Path) -> Frozen:
    """SHA-256 of a list as it was written."""
    with path.open("rb") as file:
        return Frozen(path, hashlib.file_digest(file, "sha256").hexdigest())
