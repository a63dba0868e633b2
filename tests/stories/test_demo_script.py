"""The demonstration as somebody meets it: lived, served, tried from outside by a script that tells every deviation."""

import socket
from collections.abc import Iterator

import pytest
import requests
from click.testing import CliRunner

from kiosk.demo import try_it
from kiosk.demo.folder import DemoFolder
from kiosk.demo.live import live
from kiosk.demo.serving import Running, describe, serving
from ledger.clock import now_us

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DemoFolder:
    return live(tmp_path_factory.mktemp("served") / "demo", now=now_us(), seed=5, months=2)


@pytest.fixture(scope="module")
def running(folder: DemoFolder) -> Iterator[Running]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with serving(folder, port=port, now=now_us()) as served:
        yield served


def _try(folder: DemoFolder, url: str) -> tuple[int, str]:
    said = CliRunner().invoke(try_it.command, ["--url", url, "--folder", str(folder.root)])
    return said.exit_code, said.output


def test_the_script_buys_redeems_refunds_and_reads_a_statement(
    folder: DemoFolder, running: Running
) -> None:
    for _ in range(2):
        status, said = _try(folder, running.url)

        assert status == 0, said
        for seen in (
            "200 points off 10.00, 40.00 paid, 40.00 earned",
            "the same code again: refused",
            "goods of 25.00 back, 20.00 in money, 100 points",
            "the totals agree",
            "the same in csv and json",
            "everything as it must be",
        ):
            assert seen in said


def test_the_script_stops_at_a_deviation(
    folder: DemoFolder, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(try_it, "_OFFSET_UNITS", 18_000)

    status, said = _try(folder, running.url)

    assert status == 1
    assert "offset: 900 where 1000 must be" in said


def test_the_script_fails_where_nobody_answers(folder: DemoFolder) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        status, _ = _try(folder, f"http://127.0.0.1:{closed.getsockname()[1]}")

    assert status == 1


def test_the_screen_names_every_door(running: Running) -> None:
    said = describe(running)

    assert running.till_code in said
    assert running.facts.staff_password in said
    for path in ("/till", "/counter", "/me", "/office", "/merchant"):
        assert f"{running.url}{path}" in said
        # Doors that ask for a sign-in say so; none is missing.
        assert requests.get(running.url + path, timeout=10).status_code in {200, 401}
