"""Other people's libraries, each in an environment of its own under `benchmarks/.peers`, made on first use and kept outside git.

Their pins exclude each other and ours: `lifetimes` (archived in 2020) needs pandas 1, `pymc-marketing` wants the newest.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / ".peers"
TASKS = Path(__file__).resolve().parent / "peer_tasks.py"
PACKAGES = {
    "lifetimes": (
        "lifetimes==0.11.3",
        "pandas==1.5.3",
        "numpy==1.23.5",
        "scipy==1.10.1",
        "autograd==1.5",
        "pyarrow==15.0.2",
    ),
    "pymc-marketing": ("pymc-marketing==0.19.2", "pyarrow"),
    "openretailscience": ("openretailscience==0.48.1",),
    "baskets": ("mlxtend==0.23.4", "pandas<3", "pyarrow"),
    "learning": ("scikit-learn", "lifelines", "pandas", "pyarrow"),
}
"""What goes into each environment; Python 3.11."""


def python(peer: str) -> Path:
    """The interpreter of a peer's environment, made if it is not there."""
    folder = FOLDER / peer
    program, stamp = folder / "bin" / "python", folder / ".installed"
    wanted = "\n".join(PACKAGES[peer])
    if not (stamp.is_file() and stamp.read_text("utf-8") == wanted):
        print(f"making the environment of {peer} …", file=sys.stderr)
        venv.create(folder, with_pip=True)
        subprocess.run(
            [program, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES[peer]], check=True
        )
        stamp.write_text(wanted, "utf-8")
    return program


def run(peer: str, task: str, **arguments: Any) -> dict[str, Any]:
    """Run one function of `peer_tasks` in the peer's environment.

    Returns:
        What it printed last, among it `seconds`: the time of the task without starting Python and importing.
    """
    command = [str(python(peer)), str(TASKS), task, json.dumps(arguments, default=str)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{peer}, {task}:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
