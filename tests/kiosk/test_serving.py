"""The server as it runs for real: started by the command, over its own TLS, stopped by a signal."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

PATIENCE_S = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def jifen(*words: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "kiosk.cli", *words], env=environment)


def ask(url: str, context: ssl.SSLContext | None = None) -> dict[str, object]:
    with urllib.request.urlopen(url, context=context, timeout=5) as response:  # noqa: S310 - our own
        answer: dict[str, object] = json.loads(response.read())
        return answer | {"policy": response.headers["Content-Security-Policy"]}


def wait_for(url: str, server: subprocess.Popen[bytes], context: ssl.SSLContext | None) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        assert server.poll() is None, "the server ended by itself"
        try:
            ask(url, context)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
        else:
            return
    pytest.fail("the server did not answer in time")


@pytest.mark.slow
def test_a_server_over_its_own_tls_answers_and_stops_on_a_signal(tmp_path: Path) -> None:
    port = free_port()
    folder = tmp_path / "server"
    environment = {**os.environ, "JIFEN_DATA_DIR": str(folder), "LANG": "C"}
    assert jifen("migrate", environment=environment).wait(60) == 0
    assert jifen("tls", "127.0.0.1", environment=environment).wait(60) == 0
    environment |= {
        "JIFEN_TLS_CERTIFICATE": str(folder / "tls/server.pem"),
        "JIFEN_TLS_KEY": str(folder / "tls/server.key"),
    }
    trusting = ssl.create_default_context(cafile=str(folder / "tls/ca.pem"))

    server = jifen("serve", "--no-clockwork", "--port", str(port), environment=environment)
    try:
        wait_for(f"https://127.0.0.1:{port}/healthz", server, trusting)
        answer = ask(f"https://127.0.0.1:{port}/healthz", trusting)
        with urllib.request.urlopen(
            f"https://127.0.0.1:{port}/ca.crt", context=trusting, timeout=5
        ) as response:
            authority = response.read()
    finally:
        server.send_signal(signal.SIGTERM)
        ended = server.wait(PATIENCE_S)

    assert answer["ok"] is True
    assert "default-src 'self'" in str(answer["policy"])
    assert authority == (folder / "tls/ca.pem").read_bytes()
    assert ended == 0
