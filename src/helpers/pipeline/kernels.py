"""Fast kernels: on Linux a server process imports the heavy libraries once and forks a fresh kernel for every notebook.

Each notebook still runs in a process of its own, with nothing left over from another; only the two seconds of imports are
shared. Elsewhere, or when forking fails, notebooks run in ordinary kernels.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from helpers import engine
from helpers.parameters import NOTEBOOKS

PRELOAD = (
    "ipykernel.kernelapp", "ibis.backends.duckdb", "pandas", "matplotlib.figure", "matplotlib.backends.backend_svg",
    "helpers.notebook", "helpers.report.findings", "helpers.playbook",
)  # fmt: skip
NAME = "retention-forked"
"""The provisioner's entry point in `pyproject.toml`."""


def supported() -> bool:
    """Forking a process that has imported numerical libraries is dependable on Linux only."""
    return sys.platform == "linux"


def warm_up(*more: str) -> None:
    """Start the server so that it imports while the caller reads files; harmless to call twice.

    Args:
        more: modules to import beside those every chapter needs.
    """
    if supported():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([*PRELOAD, *more])
        from multiprocessing import forkserver

        forkserver.ensure_running()


def run_kernel(connection_file: str, environment: Mapping[str, str], folder: str) -> None:
    """Become an IPython kernel (in the forked process)."""
    os.setsid()
    Thread(target=_end_with_parent, daemon=True).start()
    # Jupyter's own watch compares with the parent of the process, which is the server, not the command line
    os.environ.update({**environment, "JPY_PARENT_PID": str(os.getppid())})
    if folder:
        os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # nobody reads a forked kernel's terminal, and its output would otherwise land between the progress lines
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(argv=["-f", connection_file])


def _end_with_parent() -> None:
    """End when the command line does, however it ends; server and kernels would otherwise keep each other alive."""
    started_by = multiprocessing.parent_process()
    if started_by is not None:
        started_by.join()
        os._exit(1)


def _memory() -> dict[str, str]:
    """What a notebook's engine may hold, with as many beside it as there are cores for."""
    share = engine.share(min(os.cpu_count() or 1, len(NOTEBOOKS)))
    return {} if share is None else {engine.MEMORY: str(share)}


class _Forked:
    """What LocalProvisioner expects of a subprocess, on a multiprocessing process."""

    stdin = stdout = stderr = None

    def __init__(self, process: BaseProcess) -> None:
        self._process = process
        self.pid = process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        self._process.join(timeout)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self._process.exitcode is None and self.pid:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()
        self._process.join(1)  # it is gone in a moment; Jupyter would look again only after a tenth of a second


class ForkedProvisioner(LocalProvisioner):
    """Jupyter's extension point for how a kernel process comes to life."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork instead of starting an interpreter; `cmd` names the connection file."""
        context = multiprocessing.get_context("forkserver")
        # the server was started with the environment of then; what has been set since, such as a password, counts
        environment = {**_memory(), **os.environ, **(kwargs.get("env") or {})}
        process = context.Process(
            target=run_kernel, args=(cmd[cmd.index("-f") + 1], environment, str(kwargs.get("cwd") or "")), daemon=True
        )
        process.start()
        self.process = _Forked(process)  # type: ignore[assignment]  # quacks like the subprocess it stands for
        self.pid = process.pid
        self.pgid = None
        return self.connection_info


def end_all() -> None:
    """End every forked kernel of this process at once."""
    for process in multiprocessing.active_children():
        process.kill()


class ForkedKernelManager(AsyncKernelManager):
    """Jupyter's kernel manager, whose kernel is forked where that is dependable."""

    @property
    def kernel_spec(self) -> KernelSpec | None:
        """The kernel's description, naming our way of starting it."""
        found = super().kernel_spec
        if found is not None and supported():
            found.metadata["kernel_provisioner"] = {"provisioner_name": NAME}
        return found
