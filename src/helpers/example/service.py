"""What happened around the orders: complaints and feedback scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.example.invoices import COMPLETED
from helpers.example.process import DELIVERY, Floats, Ints, Process

ANONYMOUS_COMPLAINTS = 24
COMPLAINT_CHANNELS = ("Zalo", "Facebook", "Điện thoại", "Tại quán")
LATE, KINDS = "Giao trễ", ("Sai món", "Chất lượng nước", "Chờ lâu", "Thái độ phục vụ", "Hóa đơn")
OPEN, OUTCOMES = "Chưa giải quyết", ("Đã xin lỗi", "Đổi món", "Hoàn tiền", "Tặng voucher")
REFUSED_SHARE, ALTERNATIVE_SHARE = 0.34, 0.42
"""Complaints in which a wish was refused; refusals that came with an alternative."""

SCORES_GOOD = (0.02, 0.04, 0.11, 0.38, 0.45)
SCORES_LATE = (0.26, 0.30, 0.23, 0.14, 0.07)
REMARKS_GOOD = ("", "", "", "Ngon", "Nhân viên dễ thương", "Quán yên tĩnh", "Sẽ quay lại", "Nước vừa vị")
REMARKS_BAD = ("", "", "Chờ hơi lâu", "Đá tan hết", "Ngọt quá", "Không giống lần trước")


def make_complaints(invoices: pd.DataFrame, process: Process, rng: np.random.Generator) -> pd.DataFrame:
    """Complaints in the order in which they were opened.

    Returns:
        One row per complaint: invoice (position), customer (−1 unknown), opened, answered, solved (missing while
        open), channel, kind, branch, outcome, refused, alternative (missing when nothing was refused).
    """
    known = np.flatnonzero(invoices["complaint"].to_numpy(dtype=np.bool_))
    strangers = np.flatnonzero(((invoices["kind"] == "walk_in") & (invoices["status"] == COMPLETED)).to_numpy())
    about = np.concatenate((known, rng.choice(strangers, ANONYMOUS_COMPLAINTS, replace=False)))
    paper = invoices.iloc[about].reset_index(drop=True)
    n = len(paper)
    hours = paper["response_hours"].to_numpy(dtype=np.float64).copy()
    unknown = (paper["customer"] < 0).to_numpy()
    hours[unknown] = (process.response_median_hours * np.exp(rng.normal(0.0, process.response_sigma, n)))[unknown]
    start = paper["delivered"].fillna(paper["at"]).to_numpy(dtype="M8[s]")
    opened = start + _minutes(3.0 + rng.exponential(90.0, n).clip(0, 1200))
    answered = opened + _minutes(hours * 60.0)
    solved = answered + _minutes(5.0 + hours.clip(0, 48) * 60.0 * rng.exponential(0.8, n))
    end = np.datetime64(process.last_day, "s") + np.timedelta64(process.export_minute, "m")
    answered = np.where(answered <= end, answered, np.datetime64("NaT", "s"))
    unsolved = np.isnat(answered) | ~(solved <= end) | (rng.random(n) < 0.08)
    solved = np.where(unsolved, np.datetime64("NaT", "s"), solved)
    refused = rng.random(n) < REFUSED_SHARE
    late = paper["late"].to_numpy(dtype=np.bool_) & (rng.random(n) < 0.85)
    frame = pd.DataFrame(
        {
            "invoice": about,
            "customer": paper["customer"].to_numpy(),
            "opened": np.minimum(opened, end),
            "answered": answered,
            "solved": solved,
            "channel": _complaint_channel(hours, rng),
            "kind": np.where(late, LATE, rng.choice(KINDS, size=n, p=(0.26, 0.26, 0.24, 0.16, 0.08))),
            "branch": paper["branch"].to_numpy(),
            "outcome": np.where(unsolved, OPEN, rng.choice(OUTCOMES, size=n, p=(0.40, 0.28, 0.14, 0.18))),
            "refused": refused,
            "alternative": pd.Series(rng.random(n) < ALTERNATIVE_SHARE).astype("boolean").where(refused),
        }
    )
    return frame.sort_values(["opened", "invoice"], kind="stable", ignore_index=True)


def make_feedback(invoices: pd.DataFrame, process: Process, rng: np.random.Generator) -> pd.DataFrame:
    """Scores left after an order, mostly by known customers; late deliveries score lower.

    Returns:
        One row per score, by time: invoice (position), at, score (1–5), channel, remark.
    """
    done = (invoices["status"] == COMPLETED).to_numpy()
    weight = np.where(done, np.where(invoices["customer"] >= 0, 1.0, 0.25), 0.0)
    chosen = rng.choice(len(invoices), size=process.feedback_rows, replace=False, p=weight / weight.sum())
    paper = invoices.iloc[chosen].reset_index(drop=True)
    n = len(paper)
    bad = (paper["late"].to_numpy(dtype=np.bool_)) | (paper["complaint"].to_numpy(dtype=np.bool_))
    score = np.where(bad, _score(SCORES_LATE, n, rng), _score(SCORES_GOOD, n, rng))
    start = paper["delivered"].fillna(paper["at"]).to_numpy(dtype="M8[s]")
    at = start + _minutes(10.0 + rng.exponential(200.0, n).clip(0, 2000))
    end = np.datetime64(process.last_day, "s") + np.timedelta64(process.export_minute, "m")
    remark = np.where(score >= 4, rng.choice(REMARKS_GOOD, size=n), rng.choice(REMARKS_BAD, size=n))
    channel = np.where(
        paper["channel"] == DELIVERY, "Zalo", rng.choice(("Mã QR tại bàn", "Zalo"), size=n, p=(0.7, 0.3))
    )
    frame = pd.DataFrame(
        {"invoice": chosen, "at": np.minimum(at, end), "score": score, "channel": channel, "remark": remark}
    )
    return frame.sort_values(["at", "invoice"], kind="stable", ignore_index=True)


def _complaint_channel(hours: Floats, rng: np.random.Generator) -> NDArray[np.str_]:
    """Complaints at the counter are answered on the spot; the others are not."""
    n = len(hours)
    written = rng.choice(COMPLAINT_CHANNELS[:3], size=n, p=(0.48, 0.30, 0.22))
    return np.where((hours <= 0.5) & (rng.random(n) < 0.8), COMPLAINT_CHANNELS[3], written)


def _score(shares: tuple[float, ...], n: int, rng: np.random.Generator) -> Ints:
    return rng.choice(len(shares), size=n, p=shares) + 1


def _minutes(amount: Floats) -> NDArray[np.timedelta64]:
    whole = np.where(np.isnan(amount), 0.0, np.floor(amount)).astype(np.int64).astype("m8[m]")
    return np.where(np.isnan(amount), np.timedelta64("NaT", "m"), whole)
