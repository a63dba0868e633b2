"""Static files go packed to browsers that take them so, and as they are to all others."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk import packed

SCRIPT = b"export const yuan = 1;\n" * 400
PICTURE = bytes(range(256)) * 8


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    (tmp_path / "till.js").write_bytes(SCRIPT)
    (tmp_path / "till.png").write_bytes(PICTURE)
    (tmp_path / "small.js").write_bytes(b"1")
    app = Flask("packing", static_folder=str(tmp_path), static_url_path="/static")
    packed.install(app)
    app.add_url_rule("/api/balance", view_func=lambda: {"points": "7" * 2_000})
    return app.test_client()


def test_a_script_comes_packed_and_whole(client: FlaskClient) -> None:
    answer = client.get("/static/till.js", headers={"Accept-Encoding": "gzip, br"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.data) == SCRIPT
    assert len(answer.data) < len(SCRIPT) / 10
    assert answer.mimetype == "text/javascript"


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        ("/static/till.js", "identity"),
        ("/static/till.js", "gzip;q=0"),
        ("/static/till.png", "gzip"),
        ("/static/small.js", "gzip"),
        ("/api/balance", "gzip"),
    ],
)
def test_everything_else_comes_as_it_is(client: FlaskClient, path: str, accepted: str) -> None:
    with client.get(path, headers={"Accept-Encoding": accepted}) as answer:
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers


def test_a_file_that_changed_is_packed_anew_and_one_that_stands_is_not_sent(
    client: FlaskClient, tmp_path: Path
) -> None:
    asked = {"Accept-Encoding": "gzip"}
    with client.get("/static/till.js", headers=asked) as first:
        known = {**asked, "If-None-Match": first.headers["ETag"]}
    with client.get("/static/till.js", headers=known) as again:
        assert again.status_code == 304
    (tmp_path / "till.js").write_bytes(SCRIPT + b"// new")
    with client.get("/static/till.js", headers=known) as third:
        assert gzip.decompress(third.data).endswith(b"// new")
