"""What if: the plan of `4_campaign_design` under other limits and another effect, without running or writing anything.

Each control is named after the notebook's parameter and offers values that this parameter takes, so what is seen here is what a
run with `--parameter` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as w
import numpy as np

from helpers.campaigns.desk import Desk, supposing
from helpers.errors import key
from helpers.page import look
from helpers.page.elements import box, markup, wide
from helpers.playbook import Playbook
from helpers.report.findings import design
from helpers.run import Run
from helpers.segments import Rules

LABELS = {
    "budget": key("Money for messages and offers"),
    "weekly_minutes": key("Staff minutes a week, each team"),
    "lift_factor": key("Effect, of what the playbook assumes"),
}
"""Parameter of `4_campaign_design` → what its control is called."""
STATED = -1.0
"""Of a limit: what business.yml says."""
EFFECTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
STEPS = 10

Option = tuple[str, float]


def what_if(desk: Desk, book: Playbook, rules: Rules, run: Run) -> w.VBox:
    """Three controls, and below them the plan they would give.

    Args:
        desk: the plan as laid out. book, rules: the playbook. run: for words and money.
    """
    shown = w.HTML(_told(desk, desk, book, rules, run))
    controls = {
        name: _control(run.say.text(LABELS[name]), options, getattr(desk.params, name))
        for name, options in _options(desk, run).items()
    }

    def moved(_: object) -> None:
        asked = {name: control.value for name, control in controls.items()}
        supposed = supposing(desk, desk.params.model_copy(update=asked))
        shown.value = _told(supposed, desk, book, rules, run)

    for control in controls.values():
        control.observe(moved, names="value")
    title = w.HTML(markup("h3", run.say.text("What if …")))
    return box([w.HTML(look.style()), title, *controls.values(), shown], "retention")


def _options(desk: Desk, run: Run) -> dict[str, list[Option]]:
    say, stated = run.say, desk.business.planning
    every_week = ", ".join(say.number(minutes) for minutes in dict.fromkeys(stated.minutes.values()))
    offered = {
        "budget": [
            (say.text("as in business.yml: {what}", what=run.money(stated.budget) if stated.budget is not None else say.text("no limit")), STATED),
            *((run.money(amount), amount) for amount in _amounts(desk)),
        ],
        "weekly_minutes": [
            (say.text("as in business.yml: {what}", what=every_week or say.text("no limit")), STATED),
            *((say.number(minutes), float(minutes)) for minutes in (0, 30, 60, 120, 180, 240, 300, 420, 600, 900)),
        ],
        "lift_factor": [(say.percent(factor), factor) for factor in EFFECTS],
    }  # fmt: skip
    wordings: dict[str, Callable[[float], str]] = {
        "budget": run.money,
        "weekly_minutes": say.number,
        "lift_factor": say.percent,
    }
    return {name: _with(options, getattr(desk.params, name), wordings[name]) for name, options in offered.items()}


def _with(options: list[Option], value: float, wording: Callable[[float], str]) -> list[Option]:
    """The options, with the run's own value among them."""
    if value in [number for _, number in options]:
        return options
    return sorted([*options, (wording(value), value)], key=lambda option: option[1])


def _amounts(desk: Desk) -> Sequence[float]:
    """Amounts from nothing to what every group together would cost, in round steps."""
    free = supposing(desk, desk.params.model_copy(update={"budget": 1e15, "weekly_minutes": 100_000.0}))
    most = max(sum(p.cash or 0.0 for p in free.proposals), desk.business.planning.budget or 0.0)
    if most <= 0:
        return (0.0,)
    step = most / STEPS
    size = 10 ** np.floor(np.log10(step))
    step = float(np.ceil(step / size) * size)
    return tuple(step * at for at in range(STEPS + 1))


def _control(label: str, options: list[Option], value: float) -> w.SelectionSlider:
    made = w.SelectionSlider(
        options=options, value=value, description=label, continuous_update=False, layout=wide(), readout=True
    )
    made.add_class("asked")
    return made


def _told(supposed: Desk, laid: Desk, book: Playbook, rules: Rules, run: Run) -> str:
    """The plan that is shown: gain against the plan as laid out, its table, its limits, and how to keep it."""
    say = run.say
    now, before = _gain(supposed), _gain(laid)
    told = [say.text("Expected to remain after costs: {gain}.", gain=run.money(now))]
    if round(now) != round(before):
        more = key("{amount} more than the plan above.") if now > before else key("{amount} less than the plan above.")
        told.append(say.text(more, amount=run.money(abs(now - before))))
    changed = [
        f"--parameter {name}={_typed(getattr(supposed.params, name))}"
        for name in LABELS
        if getattr(supposed.params, name) != getattr(laid.params, name)
    ]
    parts = [
        markup("p", " ".join(told), "gain", role="status"),
        *(
            str(piece.html())
            for piece in (
                design.plan_table(supposed.proposals, rules, book, run),
                design.within_limits(supposed.proposals, supposed.limits, run),
            )
            if piece is not None
        ),
    ]
    if changed:
        parts.append(markup("p", say.text("To keep it, add to the run: {options}", options=" ".join(changed)), "small"))
    return "".join(f'<div class="gap">{part}</div>' for part in parts)


def _typed(value: float) -> str:
    """The value to the last digit, as the command line reads it: without an exponent, which YAML may take for a word."""
    return np.format_float_positional(value, trim="-")


def _gain(desk: Desk) -> float:
    return sum(p.gain for p in desk.proposals if p.status == "chosen")
