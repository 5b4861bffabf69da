"""What the last run says about a mistake: one sentence with n and interval, and how it reads against the playbook's marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from helpers.errors import key
from helpers.language import Language
from helpers.playbook import Mistake
from helpers.playbook.diagnosis import REGULARS, at_hundred, measured

Level = Literal["fine", "watch", "act"]
READS: Mapping[Level, str] = {
    "fine": key("Against our starting mark this looks in order."),
    "watch": key("Against our starting mark this is worth a look."),
    "act": key("Against our starting mark it is time to act."),
}
"""Level → how it reads (catalog keys)."""


@dataclass(frozen=True)
class Evidence:
    """One measured value.

    Attributes:
        sentence: what was counted, worded. level: of the value. best, worst: of the ends of its interval, the kinder one first; those
            of the value where it is counted in full.
    """

    sentence: str
    level: Level
    best: Level
    worst: Level


def evidence(mistake: Mistake, numbers: Mapping[str, Any] | None, say: Language) -> Evidence | None:
    """What the data say about a mistake; None where no number settles it or nothing is recorded.

    Args:
        numbers: the last run's `metrics.json`, None before the first run.
    """
    limits = mistake.thresholds
    if limits is None or not numbers:
        return None
    value = measured(numbers).get(limits.metric_key)
    read = _RATES.get(limits.metric_key)
    found = read(numbers) if read else None
    if value is None or limits.metric_key not in _SENTENCES:
        return None
    low, high = (found["low"], found["high"]) if found else (value, value)
    best, worst = (high, low) if limits.better == "higher" else (low, high)
    sentence = _SENTENCES[limits.metric_key](numbers, found or {}, value, say)
    return Evidence(sentence, limits.level(value), limits.level(best), limits.level(worst))


Rate = Mapping[str, Any]
Numbers = Mapping[str, Any]


def _rate(*path: str) -> Callable[[Numbers], Rate | None]:
    def read(numbers: Numbers) -> Rate | None:
        found: Any = numbers
        for name in path:
            found = (found or {}).get(name)
        return found if found and "low" in found else None

    return read


def _slowest_branch(numbers: Numbers) -> Rate | None:
    shown = [{**g["rate"], "group": g["group"]} for g in numbers.get("on_time") or () if "value" in g["rate"]]
    return min(shown, key=lambda g: float(g["value"])) if shown else None


_RATES: Mapping[str, Callable[[Numbers], Rate | None]] = {
    "repeat_rate": _rate("repeat_rate", "90"),
    "time_to_second_order": lambda numbers: at_hundred(numbers.get("return_curve")),
    "on_time_rate": _slowest_branch,
    "recovery_rate": _rate("complaints", "recovered"),
    "alternative_share": _rate("complaints", "alternative"),
    "contact_gap": _rate("presence", "untouched"),
}
"""Metric key → the rate with its interval, where it is one."""


def _share(rate: Rate, say: Language) -> dict[str, Any]:
    return {
        "share": say.percent(rate["value"]),
        "low": say.percent(rate["low"]),
        "high": say.percent(rate["high"]),
        "n": rate["n"],
    }


def _repeat(_: Numbers, rate: Rate, __: float, say: Language) -> str:
    return say.text("Of {n} first-time buyers {share} came back within 90 days ({low}–{high}).", **_share(rate, say))


def _hundred(_: Numbers, rate: Rate, __: float, say: Language) -> str:
    return say.text(
        "Of {n} new customers followed, {share} were back within 100 days ({low}–{high}).", **_share(rate, say)
    )


def _on_time(_: Numbers, rate: Rate, __: float, say: Language) -> str:
    where = rate["group"] if rate["group"] != "–" else say.text("the whole business")
    return say.text("On time: {share} of {n} deliveries ({low}–{high}) – {where}.", where=where, **_share(rate, say))


def _recovery(_: Numbers, rate: Rate, __: float, say: Language) -> str:
    return say.text(
        "Of {n} customers who complained {share} bought again within 90 days ({low}–{high}).", **_share(rate, say)
    )


def _alternative(_: Numbers, rate: Rate, __: float, say: Language) -> str:
    return say.text("Of {n} refusals written down {share} came with another way ({low}–{high}).", **_share(rate, say))


def _reply(numbers: Numbers, _: Rate, value: float, say: Language) -> str:
    n = numbers["complaints"]["complaints"]
    return say.text("Of {n} complaints half had a first answer within {hours} hours.", n=n, hours=say.number(value, 1))


def _contact(numbers: Numbers, rate: Rate, __: float, say: Language) -> str:
    days = numbers["presence"]["quiet_days"]
    return say.text(
        "Of {n} active customers {share} have heard nothing for {days} days ({low}–{high}).",
        days=days,
        **_share(rate, say),
    )


def _selling(numbers: Numbers, _: Rate, value: float, say: Language) -> str:
    found = numbers["presence"]
    return say.text(
        "For each message that cares there are {ratio} that sell ({sells} against {cares}).",
        ratio=say.number(value, 1), sells=found["sells"], cares=found["cares"],
    )  # fmt: skip


def _money(numbers: Numbers, _: Rate, value: float, say: Language) -> str:
    months = numbers["spending"]["months"]
    return say.text(
        "Of the marketing money of {months} months {share} went to existing customers.", months=months, share=say.percent(value)
    )  # fmt: skip


def _known(_: Numbers, __: Rate, value: float, say: Language) -> str:
    return say.text("{share} of revenue comes with a known customer.", share=say.percent(value))


def _decline(numbers: Numbers, _: Rate, value: float, say: Language) -> str:
    n = sum(s["customers"] for s in numbers.get("segments") or () if s["segment"] in REGULARS)
    return say.text("Of {n} regulars {share} spend less than half of before.", n=n, share=say.percent(value))


_SENTENCES: Mapping[str, Callable[[Numbers, Rate, float, Language], str]] = {
    "repeat_rate": _repeat,
    "time_to_second_order": _hundred,
    "on_time_rate": _on_time,
    "recovery_rate": _recovery,
    "alternative_share": _alternative,
    "response_time": _reply,
    "contact_gap": _contact,
    "sell_care_ratio": _selling,
    "acquisition_retention_spend": _money,
    "identified_share": _known,
    "decline": _decline,
}
"""Metric key of the playbook's thresholds → its sentence."""
