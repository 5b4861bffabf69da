"""What is installed is what was meant: dependencies agree, and a wheel carries everything a run needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import pytest
import shops
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import helpers

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCKS = {name: (ROOT / name).read_text("utf-8") for name in ("requirements.lock", "requirements-warehouse.lock")}
WAREHOUSE = "requirements-warehouse.lock"
"""What the extras of warehouses need on top of the first lock."""
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
WANTED = [
    Requirement(text) for text in [*PROJECT["dependencies"], *(one for extra in EXTRAS.values() for one in extra)]
]


def locked(lock: str) -> dict[str, list[tuple[Requirement, str]]]:
    """Name → a lock's entries of that package (one per platform where they differ), each with its hashes."""
    entries: dict[str, list[tuple[Requirement, str]]] = {}
    for entry in re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n?", "", LOCKS[lock], flags=re.MULTILINE).strip()):
        words, *hashes = re.split(r"\\\n", entry)
        found = Requirement(words.strip())
        entries.setdefault(canonicalize_name(found.name), []).append((found, " ".join(hashes)))
    return entries


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_every_dependency_is_locked_within_its_bound(wanted: Requirement) -> None:
    """pyproject.toml and the locks agree, so the tested versions are allowed versions."""
    of_a_warehouse = any(str(wanted) in EXTRAS[name] for name in ("postgres", "spark"))
    entries = locked(WAREHOUSE if of_a_warehouse else "requirements.lock")[canonicalize_name(wanted.name)]
    for found, _ in entries:
        (pin,) = found.specifier
        assert pin.operator == "=="
        assert wanted.specifier.contains(pin.version), f"{found} is outside {wanted}"


def test_dependencies_have_lower_bounds_only() -> None:
    """Bounds are loose, so that the package lives beside others; what is held back has its reason on the line."""
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    for wanted in WANTED:
        if {rule.operator for rule in wanted.specifier} != {">="}:
            (line,) = (line for line in lines if f'"{wanted}"' in line)
            assert "  # " in line, f"{wanted} is held back and nothing says why"


def test_no_package_is_pinned_in_both_locks() -> None:
    """The lock for warehouses goes on top of the other one, so it changes nothing that is there already."""
    first, on_top = locked("requirements.lock"), locked(WAREHOUSE)
    assert not first.keys() & on_top.keys()
    for entries in on_top.values():
        for found, _ in entries:
            needed = [Requirement(text) for text in requires(found.name) or []]
            for one in needed:
                if one.marker is None or one.marker.evaluate({"extra": ""}):
                    assert canonicalize_name(one.name) in first.keys() | on_top.keys(), f"{found.name} needs {one}"


def test_the_demo_downloads_no_warehouse() -> None:
    """`make demo` waits for the first lock only; `make test` for both."""
    made = dict(re.findall(r"^(demo|test): (.*?)(?: ##.*)?$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert "$(WAREHOUSES)" in made["test"]
    assert "$(WAREHOUSES)" not in made["demo"]
    assert not {"pyspark", "psycopg"} & locked("requirements.lock").keys()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_the_lock_is_pinned_with_hashes(lock: str) -> None:
    """Nothing is installed that was not looked at when the lock was made."""
    for entries in locked(lock).values():
        for found, hashes in entries:
            assert [rule.operator for rule in found.specifier] == ["=="], found
            assert re.fullmatch(r"(?:\s*--hash=sha256:[0-9a-f]{64})+\s*", hashes), found


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_the_lock_names_no_place(lock: str) -> None:
    """No index address, no file, no path of a machine: whoever installs chooses where from."""
    assert not re.search(r"https?://|file:|--(?:extra-)?index-url|--find-links|@ |/(?:home|Users|root|tmp)/", lock)
    assert not re.search(r"^-", lock, re.MULTILINE)


def test_conda_users_install_the_same_package() -> None:
    """environment.yml pins nothing a second time: the same Python, and the package with extras that exist."""
    found = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert found["name"] == PROJECT["name"]
    python, pip, installs = found["dependencies"]
    assert python == f"python{PROJECT['requires-python']}"
    assert pip == "pip"
    (editable,) = installs["pip"]
    extras = re.fullmatch(r"-e \.\[([\w,]+)\]", editable)
    assert extras
    assert set(extras[1].split(",")) == set(EXTRAS) - {"postgres", "spark"}
    assert all(f"`{name}`" in (ROOT / "environment.yml").read_text("utf-8") for name in ("postgres", "spark"))


def test_versions_agree() -> None:
    """The package, its metadata and the changelog speak of the same version."""
    assert helpers.__version__ == PROJECT["version"] == version(PROJECT["name"])
    assert PROJECT["version"] in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_this_python_is_one_the_package_is_for() -> None:
    """The lock is resolved for the oldest Python that is supported."""
    (rule,) = Requirement(f"x{PROJECT['requires-python']}").specifier
    assert Version(rule.version) <= Version(f"{sys.version_info.major}.{sys.version_info.minor}")
    assert f"--python-version {rule.version}" in (ROOT / "Makefile").read_text("utf-8")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sources at hand."""
    pytest.importorskip("build")
    out = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the wheel's package goes before the clone's."""
    target = tmp_path_factory.mktemp("site")
    words = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-compile",
        "--target",
        str(target),
        str(wheel),
    ]
    subprocess.run(words, check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": str(target), "SITE": str(target)}


def _tracked(folder: str) -> set[str]:
    """Files of a folder that are not by-products."""
    skipped = {"__pycache__", ".ipynb_checkpoints"}
    found = (
        p
        for p in (ROOT / folder).rglob("*")
        if p.is_file() and not skipped & set(p.parts) and not p.name.startswith(".")
    )
    return {p.relative_to(ROOT).as_posix() for p in found}


def test_everything_a_run_needs_travels_with_the_wheel(wheel: Path) -> None:
    """Notebooks, playbook and example; templates, fonts, catalogs and formats; the licences."""
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    for folder in ("notebooks", "playbook", "data"):
        assert {f"helpers/_bundle/{name}" for name in _tracked(folder)} <= names
    assert {name.removeprefix("src/") for name in _tracked("src/helpers")} <= names
    for kind in (".j2", ".css", ".po", ".yml", ".woff2", "py.typed"):
        assert any(name.endswith(kind) and "_bundle" not in name for name in names), kind
    assert sum("/licenses/" in name for name in names) == len(PROJECT["license-files"])


def test_nothing_else_travels_with_the_wheel(wheel: Path) -> None:
    """No client, no test, no cache."""
    with zipfile.ZipFile(wheel) as file:
        strange = [n for n in file.namelist() if not re.match(r"helpers/|retention_playbook-[\d.]+\.dist-info/", n)]
        assert strange == []
        assert not [
            n for n in file.namelist() if re.search(r"__pycache__|checkpoint|clients/|\.pyc$|retention\.log", n)
        ]


def _retention(installed: dict[str, str], folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "helpers.cli", *words],
        env=installed,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_installed_package_finds_its_own_files(installed: dict[str, str], tmp_path: Path) -> None:
    """Away from a clone, every resource is inside the package."""
    words = (
        "import helpers, helpers.resources as r, helpers.playbook as p, helpers.language as l; from helpers.intake.formats import formats; "
        "assert r.notebooks().is_dir() and r.playbook().is_dir() and r.example().is_dir(); "
        "assert len(p.load().plays) > 5 and len(formats()) > 5 and 'vi' in l.available(); print(r.root())"
    )
    said = subprocess.run(
        [sys.executable, "-c", words], env=installed, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.strip() == str(Path(installed["SITE"]) / "helpers" / "_bundle")


def test_an_installed_package_goes_from_an_export_to_a_report(installed: dict[str, str], tmp_path: Path) -> None:
    """The three commands of the README, without a clone."""
    shops.write(tmp_path / "orders.csv", shops.twelve())
    made = _retention(installed, tmp_path, "new", "Tiệm Nhỏ", "--orders", "orders.csv")
    assert (made.returncode, made.stderr) == (0, "")
    run = _retention(installed, tmp_path, "run", "tiem-nho")
    assert run.returncode == 0, run.stderr
    report = tmp_path / run.stdout.strip()
    assert report == tmp_path / "clients" / "tiem-nho" / "runs" / shops.END.isoformat() / "report.html"
    assert "Tiệm Nhỏ" in report.read_text("utf-8")
    listed = _retention(installed, tmp_path, "list")
    assert (listed.returncode, "tiem-nho" in listed.stdout) == (0, True)
    assert _tracked("notebooks") == {n.removeprefix("helpers/_bundle/") for n in _bundle(installed, "notebooks")}


def _bundle(installed: dict[str, str], folder: str) -> set[str]:
    site = Path(installed["SITE"])
    return {p.relative_to(site).as_posix() for p in (site / "helpers" / "_bundle" / folder).rglob("*") if p.is_file()}
