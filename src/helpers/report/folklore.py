"""S20: figures that are passed on, what is known about them, and the business's own figure beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from helpers.language import Language
from helpers.playbook import load
from helpers.report.document import Claim


def claims(numbers: Mapping[str, Any], say: Language, money: Callable[[float], str]) -> tuple[Claim, ...]:
    """Every claim of the playbook's ``rules/folklore.yml``.

    Args:
        numbers: `economics` and `campaigns` as a run records them. money: words an amount.
    """
    own = _own(numbers, say, money)
    return tuple(
        Claim(said.claim[say.code], said.standing[say.code], own.get(said.id, ""))
        for said in load().rules.folklore.claims
    )


def _own(numbers: Mapping[str, Any], say: Language, money: Callable[[float], str]) -> dict[str, str]:
    """Claim → the business's own figure, where there is one."""
    economics = numbers.get("economics") or {}
    won, point = economics.get("acquisition") or {}, economics.get("one_point") or {}
    found = {}
    if "cac" in won:
        found["new-costs-more"] = _cost_of_new(won, say, money)
    if "five_points" in point:
        five, kept = point["five_points"], point["kept"]
        found["five-points"] = say.text(
            "five points more would have added {share} to the last year's gross profit ({low} to {high})",
            share=say.percent(five["value"], 1), low=say.percent(five["low"], 1), high=say.percent(five["high"], 1),
        )  # fmt: skip
        found["easier-to-sell"] = say.text(
            "{share} of the {n} customers of the year before bought again in the last year",
            share=say.percent(kept["value"]), n=kept["n"],
        )  # fmt: skip
    moved = next((c for c in numbers.get("campaigns") or () if c.get("difference") is not None), None)
    if moved:
        found["half-won-back"] = say.text(
            "your campaign “{name}” moved the return rate by {points} points",
            name=moved["name"], points=say.number(100 * moved["difference"], 1),
        )  # fmt: skip
    return found


def _cost_of_new(won: Mapping[str, Any], say: Language, money: Callable[[float], str]) -> str:
    if won["times"] is None:
        return say.text("you spent {money} per new customer in the last year", money=money(won["cac"]["value"]))
    return say.text(
        "you spent {money} per new customer and {keep} per customer who came again: {times} times as much",
        money=money(won["cac"]["value"]), keep=money(won["keep"]), times=say.number(won["times"], 1 if won["times"] < 10 else 0),
    )  # fmt: skip
