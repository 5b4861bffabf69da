"""Warehouses that tests may use: a PostgreSQL server and a local Spark session, each started once and gone afterwards."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import ibis
import pytest

USER, DATABASE = "shop", "sales"


@dataclass(frozen=True)
class Postgres:
    """A running server: where it listens, and the password of its only user."""

    port: int
    password: str

    @property
    def url(self) -> str:
        """What `ibis.connect` and ``url:`` in business.yml take."""
        return f"postgres://{USER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def connect(self) -> Any:
        """A new Ibis backend on the server."""
        return ibis.connect(self.url)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of our own on a free port, with its data in a temporary folder."""
    psycopg = pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    programs, prefix = _server_programs(), _as_somebody()
    folder = Path(tempfile.mkdtemp(prefix="retention-postgres-"))
    server = None
    try:
        made = Postgres(_free_port(), secrets.token_urlsafe(12))
        secret = folder / "password"
        secret.write_text(made.password, "utf-8")
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
            shutil.chown(secret, "postgres", "postgres")
        begin = ["-D", folder / "data", "-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}", "-E", "UTF8"]
        made_ready = subprocess.run(
            [*prefix, programs / "initdb", *begin, "--no-sync", "--locale=C.UTF-8"], capture_output=True, cwd=folder
        )
        assert made_ready.returncode == 0, made_ready.stderr.decode()
        quick = ("fsync=off", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "shared_buffers=32MB")
        options = [word for setting in quick for word in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [*prefix, programs / "postgres", "-D", folder / "data", "-p", str(made.port), *options],
                stdout=log, stderr=log, cwd=folder,
            )  # fmt: skip
        with _first_connection(psycopg, made, server, folder / "log") as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        yield made
    finally:
        if server is not None:
            server.terminate()
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:  # a connection is still open: the polite request waits for it
                server.send_signal(2)
                server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _first_connection(psycopg: Any, made: Postgres, server: subprocess.Popen[bytes], log: Path) -> Any:
    until = monotonic() + 60
    while True:
        assert server.poll() is None, log.read_text("utf-8")
        try:
            return psycopg.connect(made.url.replace(f"/{DATABASE}", "/postgres"), autocommit=True)
        except psycopg.OperationalError:
            assert monotonic() < until, log.read_text("utf-8")
            sleep(0.1)


def _server_programs() -> Path:
    """The folder of initdb and postgres; Debian keeps them off the path."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    folders = [folder for folder in folders if (folder / "initdb").is_file() and (folder / "postgres").is_file()]
    if not folders:
        pytest.skip("no PostgreSQL server programs on this machine (Debian: apt-get install postgresql)")
    return folders[-1]


def _as_somebody() -> list[str]:
    """What goes before the server's programs: it refuses to run as root, and it ends when the tests are killed."""
    setpriv = shutil.which("setpriv")
    if os.getuid() != 0:
        return [setpriv, "--pdeathsig", "INT"] if setpriv else []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        setpriv = None
    if setpriv is None:
        pytest.skip("PostgreSQL does not run as root, and there is no user “postgres” or no setpriv")
    return [setpriv, "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--pdeathsig", "INT"]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """An Ibis backend on a small local Spark session; ``pyspark://`` reaches the same session while it lives."""
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("no Java on this machine (Debian: apt-get install default-jre-headless)")
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "local"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        # a few hundred rows: compiling each query to byte code takes far longer than running it
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
    }
    builder = SparkSession.builder.master("local[1]").appName("retention-tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        yield ibis.pyspark.connect(session)
    finally:
        session.stop()
