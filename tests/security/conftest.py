"""A business in which every name is an attack, run as a person runs it, on a machine that can reach nobody."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import shops
import yaml
from live import serve

SCRIPT = "<script>window.pwned=1;alert(1)</script>"
IMAGE = '"><img src=x onerror="window.pwned=1;alert(2)">'
STYLE = "</style><svg onload=alert(3)>"
FORMULA = "=cmd|' /C calc'!A0"
PATH = "../../../../outside"
LINK = "[giảm giá](javascript:window.pwned=1)"
RIGHT_TO_LEFT = "\u202egnp.\u2066exe"
LINES = "BEGIN:VEVENT\r\nATTACH:http://example.com/x"
LONG = "rất dài " * 400
NASTY = (
    SCRIPT,
    IMAGE,
    STYLE,
    FORMULA,
    PATH,
    LINK,
    RIGHT_TO_LEFT,
    LINES,
    LONG,
    "a\x00b",
    "{{ 7*7 }} {%x%} ${7*7} $x^2$",
)

GUARD = """
import os, socket
_real = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")}
def _guarded(name):
    def call(self, *given):
        to = given[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and str(to[0]) not in ("127.0.0.1", "::1", "localhost"):
            with open(os.environ["GUARD_LOG"], "a") as log:
                log.write(f"{name} {to}\\n")
            raise OSError("this machine reaches nobody")
        return _real[name](self, *given)
    return call
for _name in _real:
    setattr(socket.socket, _name, _guarded(_name))
_lookup = socket.getaddrinfo
def _looked_up(host, *given, **named):
    if host not in (None, "", "127.0.0.1", "::1", "localhost", b"localhost"):
        with open(os.environ["GUARD_LOG"], "a") as log:
            log.write(f"getaddrinfo {host}\\n")
        raise OSError("this machine reaches nobody")
    return _lookup(host, *given, **named)
socket.getaddrinfo = _looked_up
with open(os.environ["GUARD_LOG"] + ".on", "a") as log:
    log.write("on\\n")
"""
"""Loaded by every Python that is started with it on its path: a call to anybody but this machine is noted and refused."""


@dataclass(frozen=True)
class Attacked:
    """The client's folder, its run, and what the guard of the network noted (`guards`: how many Pythons it watched)."""

    client: Path
    run: Path
    calls: str
    guards: int


def _rows() -> list[list[object]]:
    rows: list[list[object]] = []
    for number, (day, phone, money) in enumerate(sorted(shops.small()), 1):
        word = NASTY[number % len(NASTY)]
        name = NASTY[int(phone[5:]) % len(NASTY)]
        code = f"KH{phone[5:]}{('<b>', '=1+1', '../', '')[int(phone[5:]) % 4]}"
        rows.append(
            [
                f"HD{number}{word[:12]}",
                f"{day} 09:15",
                code,
                name,
                phone,
                word,
                NASTY[number % 5],
                NASTY[number % 3],
                money,
            ]
        )
    return rows


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    """The business after a run through the command line."""
    base = tmp_path_factory.mktemp("attacked")
    client = base / "clients" / "tiem"
    (client / "files").mkdir(parents=True, mode=0o700)
    head = ("order_id", "ordered_at", "customer_id", "name", "phone", "product", "branch", "staff", "net_revenue")
    with (client / "files" / "don hang.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *_rows()])
    (client / "files" / "don hang.csv").chmod(0o600)
    day = shops.END - timedelta(days=30)
    with (client / "files" / "gop-y.csv").open("w", newline="", encoding="utf-8") as file:
        said = [(f"KH{n:05d}", f"{day}", 1 + n % 5, NASTY[n % len(NASTY)]) for n in range(40)]
        csv.writer(file).writerows([("customer_id", "given_at", "score", "comment"), *said])
    (client / "files" / "gop-y.csv").chmod(0o600)
    told = {
        "name": f"{SCRIPT}{IMAGE}", "sector": "shop", "lang": "vi",
        "sources": {"orders": [{"file": "files/don hang.csv"}], "feedback": [{"file": "files/gop-y.csv"}]},
        "changes": [{"id": "x", "name": f"{STYLE}{LINK}", "on": day}],
        "planning": {"words": {"staff": IMAGE, "offer": LINES, "opt_out": SCRIPT}},
    }  # fmt: skip
    (client / "business.yml").write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    promise = {"what": f"{SCRIPT}{LINK}", "owner": IMAGE, "first_step": f"{STYLE}{FORMULA}"}
    note = {"repeat-count-known": {"score": 1, "note": f"{SCRIPT} {LINK} {RIGHT_TO_LEFT}"}}
    session = {"schema_version": 2, "version": 1, "answers": note, "commitments": [promise]}
    (client / "session.yml").write_text(yaml.safe_dump(session, allow_unicode=True), "utf-8")
    guard, log = base / "guard", base / "calls"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(GUARD, "utf-8")
    environment = {
        **os.environ, "GUARD_LOG": str(log), "PYTHONPATH": os.pathsep.join([str(guard), *sys.path]), "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip
    words = [sys.executable, "-m", "helpers.cli", "run", "tiem", "--with-code", "--workspace", str(client.parent)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    guards = (base / "calls.on").read_text("utf-8").count("on")
    (run,) = [path for path in (client / "runs").iterdir() if path.is_dir()]
    return Attacked(client, run, log.read_text("utf-8") if log.exists() else "", guards)


@pytest.fixture(scope="module")
def served(attacked: Attacked) -> Iterator[tuple[str, Path]]:
    """The live session of that business: its address with the token, and the client's folder."""
    with serve(attacked.client) as (address, _):
        yield address, attacked.client
