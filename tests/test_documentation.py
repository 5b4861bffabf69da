"""Documentation that cannot drift: what the pages say exists, and what exists is on the pages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer

from benchmarks import rounds
from helpers import files
from helpers.cli import app
from helpers.intake import checking
from helpers.parameters import NOTEBOOKS, Parameters

ROOT = Path(__file__).parents[1]
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def page(name: str) -> str:
    """The text of a page of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_is_documented(name: str) -> None:
    """docs/commands.md has a section per command that names each of its options."""
    section = re.search(rf"## `retention {name}\b.*?(?=\n## |\Z)", page("docs/commands.md"), re.DOTALL)
    assert section, name
    for parameter in COMMANDS[name].params:
        if parameter.param_type_name == "option":
            for option in (*parameter.opts, *parameter.secondary_opts):
                assert f"`{option}`" in section.group(), f"{name} {option}"


def test_no_command_is_documented_that_is_not_there() -> None:
    """A section of docs/commands.md whose command was removed is found."""
    assert set(re.findall(r"^## `retention (\w+)", page("docs/commands.md"), re.MULTILINE)) == set(COMMANDS)


def test_every_parameter_is_documented_with_its_default() -> None:
    """docs/parameters.md has one row per notebook parameter, with type, default and meaning."""
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| (\w+) \| (\S+) \| [^|]* \| (.+) \|$", page("docs/parameters.md"), re.MULTILINE
    )
    told = {(book, name): (kind, default, text) for book, name, kind, default, text in rows}
    real = {
        (book, name): (field.annotation.__name__, str(field.default), field.description)  # type: ignore[union-attr]
        for book, model in NOTEBOOKS.items()
        for name, field in model.model_fields.items()
        if name not in Parameters.model_fields
    }
    assert told == real


def test_every_module_has_a_line_in_the_architecture() -> None:
    """A new module or room without a line in docs/architecture.md is found, and so is a line without a module."""
    package = ROOT / "src" / "helpers"
    rooms = {p.name for p in package.glob("*.py") if p.name != "__init__.py"}
    rooms |= {
        f"{p.name}/" for p in package.iterdir() if p.is_dir() and p.name not in {"__pycache__", "locale", "_bundle"}
    }
    assert set(re.findall(r"^\| `helpers/([\w./]+)` \|", page("docs/architecture.md"), re.MULTILINE)) == rooms


def test_commands_in_the_readmes_exist() -> None:
    """Whatever `retention …` or `make …` the READMEs tell people to type is there."""
    targets = set(re.findall(r"^(\w+):.*##", page("Makefile"), re.MULTILINE))
    for name in ("README.md", "README.vi.md", "CONTRIBUTING.md"):
        typed = re.findall(r"(?:^ {4,}|`|\\)(retention|make) (\w+)", page(name), re.MULTILINE)
        for tool, word in typed:
            assert word in (COMMANDS if tool == "retention" else targets), f"{name}: {tool} {word}"


def test_the_tree_in_the_readme_exists() -> None:
    """Every path of the annotated tree is a path of the repository."""
    tree = page("README.md").split("## The tree", 1)[1]
    paths = re.findall(r"^ {4}(\S+) {2,}", tree, re.MULTILINE)
    assert len(paths) > 8
    for path in paths:
        assert (ROOT / path).exists(), path


def test_links_between_pages_lead_somewhere() -> None:
    """Relative links of the pages point at files that exist."""
    for path in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        ROOT / "data" / "README.md",
        *(ROOT / "playbook").glob("*.md"),
    ]:
        for link in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_every_key_of_metrics_json_is_documented(example_metrics: Path) -> None:
    """docs/metrics-json.md names each top-level key of a real run's metrics.json, and no others."""
    told = set(
        re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\| (.+?) \|", page("docs/metrics-json.md"), re.MULTILINE)))
    )
    assert told == set(json.loads(example_metrics.read_text(encoding="utf-8")))


def test_every_limit_of_the_intake_is_documented_with_its_figure() -> None:
    """docs/intake-limits.md has one row per limit, with the figure that is in force, and every ending that is read."""
    told = dict(re.findall(r"\| `([A-Z_]+)` \| ([\d,]+) \|$", page("docs/intake-limits.md"), re.MULTILINE))
    real = {
        name: value
        for module in (checking, files)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, int) and not name.startswith("_")
    }
    del real["GIGABYTE"], real["PRIVATE"]
    assert {name: int(figure.replace(",", "")) for name, figure in told.items()} == real
    endings = set(re.findall(r" (\.\w+)\b(?=[ .\w]* \|)", page("docs/intake-limits.md")))
    assert set(checking.KNOWN) == endings


def test_a_benchmark_writes_its_own_table_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables go between the marks of their part; every part has its marks in docs/benchmarks.md, and one without is refused."""
    real = page("docs/benchmarks.md")
    copy = tmp_path / "benchmarks.md"
    copy.write_text(real, "utf-8")
    monkeypatch.setattr(rounds, "DOCUMENT", copy)
    for part in "abcdef":
        rounds.record(part, f"table of {part}", "python -m benchmarks.metrics")
    found = copy.read_text("utf-8")
    assert [found.count(f"table of {part}") for part in "abcdef"] == [1] * 6
    between = r"<!-- begin (\w) -->.*?<!-- end \1 -->"
    assert re.sub(between, "", found, flags=re.DOTALL) == re.sub(between, "", real, flags=re.DOTALL)
    with pytest.raises(SystemExit, match="part z"):
        rounds.record("z", "", "")
