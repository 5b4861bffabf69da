"""The invented customers and staff: names, phones, e-mails, habits."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd

from helpers.example.process import Bools, Floats, Process
from helpers.example.season import Clock

FAMILY = (
    *("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Hoàng", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ"),
    *("Hồ", "Ngô", "Dương", "Lý", "Đinh", "Mai", "Lâm", "Đoàn", "Cao", "Châu", "Tạ", "Trịnh"),
)  # fmt: skip
FEMALE = (
    ("Thị", "Ngọc", "Thu", "Bảo", "Kim", "Bích", "Phương", "Khánh", "Hồng", "Như"),
    ("Lan", "Hương", "Mai", "Linh", "Trang", "Hà", "Thảo", "Yến", "Vy", "Nhi", "Hạnh", "Trâm", "Quỳnh", "Uyên", "Diệp"),
)
MALE = (
    ("Văn", "Minh", "Quốc", "Hữu", "Đức", "Gia", "Tuấn", "Anh", "Hoàng", "Nhật"),
    ("Huy", "Khang", "Nam", "Phúc", "Dũng", "Tùng", "Sơn", "Bình", "Kiên", "Khôi", "Tâm", "Đạt", "Lộc", "Phát", "Hiếu"),
)
STAFF = (
    ("Ngọc Hân", "Minh Khôi", "Thảo Vy", "Gia Phúc"),
    ("Hải Yến", "Quốc Đạt", "Bích Trâm", "Anh Tùng"),
)
"""Sellers of each branch, in the order of the branches."""

PHONE_PREFIXES = ("030", "031", "051", "070", "079", "083", "085", "091", "096")
"""Followed by "000" and four digits: the shape is right, the block is not handed out to people."""
PHONE_FORMS = ("none", "number", "text", "float text")
PHONE_SHARES = (0.13, 0.50, 0.31, 0.06)
EMAIL_SHARE = 0.04
DELETED_CUSTOMERS = 3


def make_customers(clock: Clock, process: Process, rng: np.random.Generator) -> pd.DataFrame:
    """Everyone who ever gives a name, in order of arrival.

    Args:
        clock: when people come.
        process: the truth to obey.
        rng: random stream of this step.

    Returns:
        One row per customer: code, name, phone (ten digits or ""), phone_form, email, deleted, cohort ("regular" or
        "opening_event"), arrived (days), home (branch), rate (visits per day), dropout (chance to leave after a
        visit), delivery and takeaway (share of visits by channel), favourite (0…1, place in the menu).
    """
    arrived, event = _arrivals(clock, process, rng)
    n = len(arrived)
    opened = arrived >= process.day(process.second_branch_opens)
    lives_far = rng.random(n) < 0.28
    delivery = np.where(lives_far, rng.beta(8, 2, n), rng.beta(1, 15, n))
    phone = _phones(n, rng)
    form = rng.choice(PHONE_FORMS, size=n, p=PHONE_SHARES)
    name = _names(n, rng)
    has_email = rng.random(n) < EMAIL_SHARE
    return pd.DataFrame(
        {
            "code": [f"KH{number:06d}" for number in range(1, n + 1)],
            "name": name,
            "phone": np.where(form == "none", "", phone),
            "phone_form": form,
            "email": [
                f"{_ascii(who)}{i}@example.com" if some else ""
                for i, (who, some) in enumerate(zip(name, has_email, strict=True))
            ],
            "deleted": np.isin(np.arange(n), rng.choice(n, DELETED_CUSTOMERS, replace=False)),
            "cohort": np.where(event, "opening_event", "regular"),
            "arrived": arrived,
            "home": np.where(event, 1, opened & (rng.random(n) < process.second_branch_share)).astype(np.int64),
            "rate": rng.gamma(process.rate_shape, 1.0 / (process.rate_shape * process.mean_gap_days), n),
            "dropout": rng.beta(process.dropout_a, process.dropout_b, n),
            "delivery": np.where(event, 0.0, delivery),
            "takeaway": (1.0 - delivery) * rng.beta(2, 4, n),
            "favourite": rng.random(n),
        }
    )


def moments(clock: Clock, counts: tuple[int, ...], process: Process, rng: np.random.Generator) -> Floats:
    """Random moments (days), so many in each calendar month, spread as busily as the clock runs."""
    edges = clock.load_at(np.asarray(process.month_starts, dtype=np.float64))
    low, high = np.repeat(edges[:-1], counts), np.repeat(edges[1:], counts)
    return clock.when(low + (high - low) * rng.random(len(low)))


def _arrivals(clock: Clock, process: Process, rng: np.random.Generator) -> tuple[Floats, Bools]:
    regular = moments(clock, process.new_customers, process, rng)
    low, high = clock.load_at(
        np.array([process.day(process.event_first_day), process.day(process.event_last_day) + 1], dtype=np.float64)
    )
    event = clock.when(low + (high - low) * rng.random(process.event_customers))
    arrived = np.concatenate((regular, event))
    order = np.argsort(arrived, kind="stable")
    return arrived[order], (np.arange(len(arrived)) >= len(regular))[order]


def _names(n: int, rng: np.random.Generator) -> list[str]:
    family = rng.choice(FAMILY, size=n, p=_falling(len(FAMILY)))
    woman = rng.random(n) < 0.62
    middle = np.where(woman, rng.choice(FEMALE[0], size=n), rng.choice(MALE[0], size=n))
    given = np.where(woman, rng.choice(FEMALE[1], size=n), rng.choice(MALE[1], size=n))
    return [unicodedata.normalize("NFC", " ".join(parts)) for parts in zip(family, middle, given, strict=True)]


def _falling(n: int) -> Floats:
    weights = 1.0 / (np.arange(n) + 1.5)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _phones(n: int, rng: np.random.Generator) -> list[str]:
    drawn = rng.choice(len(PHONE_PREFIXES) * 10_000, size=n, replace=False)
    return [f"{PHONE_PREFIXES[number // 10_000]}000{number % 10_000:04d}" for number in drawn.tolist()]


def _ascii(name: str) -> str:
    family, *_, given = name.lower().replace("đ", "d").split()
    plain = unicodedata.normalize("NFD", f"{given}.{family}")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
