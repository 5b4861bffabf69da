"""What if, beside the plan in JupyterLab."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets as w
import pytest

from helpers import playbook, segments
from helpers.notebook import open_run
from helpers.page.plan_sliders import LABELS, what_if
from helpers.parameters import NOTEBOOKS, check
from helpers.report.findings import design, planning
from helpers.run import Run
from helpers.terminal import typed

PLAN = "4_campaign_design"
BOOK = playbook.load()


def laid(folder: Path, **params: Any) -> tuple[Run, Any, Any]:
    """The run, its rules and its plan as papermill lays it out with these parameters."""
    run = open_run(PLAN, run_dir=str(folder), lang="en", **params)
    rules = segments.rules_for(run.business, run.client)
    return run, rules, planning.lay_out(run, BOOK, rules)


@pytest.fixture(scope="module")
def plan(example_folder: Path) -> tuple[Run, Any, Any]:
    """The example café's plan."""
    return laid(example_folder)


def sat_at(plan: tuple[Run, Any, Any]) -> tuple[dict[str, w.SelectionSlider], w.HTML]:
    """The controls by parameter, and what stands below them."""
    run, rules, desk = plan
    view = what_if(desk, BOOK, rules, run)
    controls = [child for child in view.children if isinstance(child, w.SelectionSlider)]
    return dict(zip(LABELS, controls, strict=True)), view.children[-1]


def offered(control: w.SelectionSlider) -> list[float]:
    """The values that can be chosen."""
    return [value for _, value in control.options]


def kept(shown: w.HTML) -> dict[str, Any]:
    """The parameters the page tells to add to the run, as the command line reads and a run checks them."""
    given = typed(re.findall(r"--parameter (\S+?=[^\s<]+)", shown.value))
    checked = check(NOTEBOOKS[PLAN], given)
    return {name: getattr(checked, name) for name in given}


@pytest.mark.parametrize(
    "asked", [{"budget": 1}, {"weekly_minutes": 2}, {"lift_factor": 0}, {"budget": 3, "weekly_minutes": 1}]
)
def test_it_shows_what_a_run_would_plan(
    plan: tuple[Run, Any, Any], example_folder: Path, asked: dict[str, int]
) -> None:
    """Moving a control shows the very table and limits that a run with that parameter prints, and how to keep it."""
    controls, shown = sat_at(plan)
    values = {name: offered(controls[name])[at] for name, at in asked.items()}
    for name, value in values.items():
        controls[name].value = value
    run, rules, desk = laid(example_folder, **values)
    assert str(design.plan_table(desk.proposals, rules, BOOK, run).html()) in shown.value
    assert str(design.within_limits(desk.proposals, desk.limits, run).html()) in shown.value
    assert kept(shown) == values


@pytest.mark.parametrize("budget", [1_234_567.0, 20_000_000.0, 1e15, 0.25])
def test_what_is_to_be_kept_is_taken_by_the_command_line(plan: tuple[Run, Any, Any], budget: float) -> None:
    """The words a coach copies give the very value on the screen, however large or odd."""
    run, rules, desk = plan
    odd = replace(desk, params=desk.params.model_copy(update={"budget": budget}))
    controls, shown = sat_at((run, rules, odd))
    controls["lift_factor"].value = 0.25
    controls["budget"].value = -1.0
    assert kept(shown) == {"budget": -1.0, "lift_factor": 0.25}
    controls, shown = sat_at(plan)
    controls["budget"].options = [*controls["budget"].options, ("odd", budget)]
    controls["budget"].value = budget
    assert kept(shown) == {"budget": budget}


def test_back_at_the_start_nothing_is_to_be_kept(plan: tuple[Run, Any, Any]) -> None:
    """As laid out there is nothing to keep; without a đồng nothing that costs is planned, and the page says how much less that is."""
    controls, shown = sat_at(plan)
    before = shown.value
    assert "--parameter" not in before
    controls["budget"].value = 0.0
    assert "less than the plan above" in shown.value
    assert "--parameter budget=0<" in shown.value
    controls["budget"].value = -1.0
    assert shown.value == before


def test_every_control_is_a_parameter(plan: tuple[Run, Any, Any]) -> None:
    """Whatever can be chosen, a run takes; the value a run was given is among the choices."""
    controls, _ = sat_at(plan)
    for name, control in controls.items():
        for value in offered(control):
            assert getattr(check(NOTEBOOKS[PLAN], {name: value}), name) == value
    run, rules, desk = plan
    odd = {"budget": 1_234_567.0, "weekly_minutes": 77.0, "lift_factor": 0.33}
    given = desk.params.model_copy(update=odd)
    controls, _ = sat_at((run, rules, replace(desk, params=given)))
    assert {name: control.value for name, control in controls.items()} == odd


def test_trying_out_writes_nothing(plan: tuple[Run, Any, Any]) -> None:
    """However much is tried, the run's folder stays as it was."""
    run = plan[0]
    stamps = lambda: {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}  # noqa: E731
    before = stamps()
    controls, _ = sat_at(plan)
    for control in controls.values():
        control.value = offered(control)[-1]
    assert stamps() == before
