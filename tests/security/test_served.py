"""The live session: for whoever holds the token, on this machine, and nothing but its page."""

from __future__ import annotations

import http.client
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

SECRETS = ("root:x:0", "net_revenue", "KH000", "schema_version", "sources:")


def ask(address: str, path: str, *, method: str = "GET", **headers: str) -> tuple[int, str]:
    """One raw request, the path sent as it stands."""
    where = urlsplit(address)
    line = http.client.HTTPConnection("127.0.0.1", where.port, timeout=60)
    line.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        line.putheader(name, value)
    line.endheaders()
    answer = line.getresponse()
    return answer.status, answer.read().decode("utf-8", "replace")


def token(address: str) -> str:
    """The token in the address."""
    found = re.search(r"token=([\w\-]+)", address)
    assert found
    return found.group(1)


CLIMBING = (
    "/files/../../etc/passwd", "/files/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/files/..%2f..%2f..%2fetc%2fpasswd", "/voila/files/../../../etc/passwd",
    "/voila/files/business.yml", "/voila/files/%2e%2e/business.yml", "/files/business.yml", "/voila/static/../../../../etc/passwd",
    "/voila/static/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/static/..%5c..%5c..%5cetc%5cpasswd", "/..%00/etc/passwd",
    "/voila/templates/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", "//etc/passwd", "/voila/render/..%2f..%2fetc%2fpasswd", "/api/contents/business.yml",
    "/nbextensions/..%2f..%2f..%2f..%2fetc/passwd",
)  # fmt: skip


@pytest.mark.parametrize("path", CLIMBING)
def test_no_path_leads_out_of_the_page(served: tuple[str, Path], path: str) -> None:
    """Dots plain and encoded, the contents interface, static files: with the token or without it, no file of the machine comes."""
    address, _ = served
    for asked in (path, f"{path}?token={token(address)}"):
        status, text = ask(address, asked)
        assert status >= 300 or not any(word in text for word in SECRETS), asked
        assert not any(word in text for word in SECRETS), asked


def test_without_the_token_nothing_comes(served: tuple[str, Path]) -> None:
    """No token, a wrong one, an empty one, one in the wrong place: the page is not shown."""
    address, _ = served
    for path, headers in (
        ("/", {}), ("/?token=", {}), ("/?token=wrong", {}), ("/", {"Authorization": "token wrong"}),
        ("/", {"Cookie": f"token={token(address)}"}), ("/api/kernels", {}), ("/api/kernels?token=", {}),
    ):  # fmt: skip
        status, text = ask(address, path, **headers)
        assert status in (302, 401, 403, 404), (path, status)
        assert "guided_session" not in text


def test_another_host_name_is_refused(served: tuple[str, Path]) -> None:
    """A page elsewhere that lets its own name point to this machine (DNS rebinding) gets nothing, not even with the token."""
    address, _ = served
    for host in ("evil.example.com", "evil.example.com:80", "127.0.0.1.evil.example.com"):
        status, text = ask(address, f"/?token={token(address)}", Host=host)
        assert status == 403, host
        assert "guided_session" not in text


def test_a_foreign_page_cannot_speak_to_the_kernel(served: tuple[str, Path]) -> None:
    """A web socket asked for by another origin is refused."""
    address, _ = served
    upgrade = {
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
        "Origin": "http://evil.example.com",
    }  # fmt: skip
    status, _ = ask(address, f"/api/kernels/00000000-0000-0000-0000-000000000000/channels?token={token(address)}", **upgrade)  # fmt: skip
    assert status in (401, 403, 404)


def test_it_listens_on_loopback_alone(served: tuple[str, Path]) -> None:
    """Nothing on this machine's other addresses answers at its port."""
    address, _ = served
    port = urlsplit(address).port
    listening = {c.laddr.ip for c in psutil.net_connections("inet") if c.status == "LISTEN" and c.laddr.port == port}
    assert listening == {"127.0.0.1"}
    for name in {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)} - {"127.0.0.1"}:
        if not str(name).startswith("127."):
            with socket.socket() as probe:
                probe.settimeout(2)
                assert probe.connect_ex((str(name), port)) != 0
