"""The gates every request passes: form, size, origin, pace; and what every answer carries."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.app import create_app
from kiosk.config import read_settings, settings_from
from kiosk.limits import Limits
from kiosk.logs import JsonLines
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from tests.support.http import VAULT, Server, code_of
from tests.support.members import MORNING, jwk_of, new_device

ENROL = "/api/v1/terminals/enrol"


@pytest.fixture
def server(sqlite_url: str) -> Iterator[Server]:
    """A server with no community at all."""
    db = Database(sqlite_url)
    yield Server(db)
    db.close()


def enrolment(**change: object) -> dict[str, object]:
    return {"community": "CA01", "code": "X", "public_jwk": jwk_of(new_device()), **change}


# --- bodies


BODIES = {
    "no JSON": (b"{", 400, "not_json"),
    "nothing": (b"", 400, "not_json"),
    "GBK": ('{"community": "常"}'.encode("gbk"), 400, "not_json"),
    "a list": (b"[]", 400, "not_json"),
    "a text with JSON in it": (b'"{}"', 400, "not_json"),
    "NaN": (b'{"a": NaN}', 400, "not_json"),
    "a key twice": (b'{"a": 1, "a": 2}', 400, "not_json"),
    "brackets without end": (b'{"a":' * 100_000, 400, "not_json"),
    "a number of 5,000 digits": (b'{"a": ' + b"9" * 5_000 + b"}", 400, "not_json"),
    "no field": (b"{}", 422, "bad_input"),
    "two megabytes": (b'{"a": "' + b"x" * 2_000_000 + b'"}', 413, "body_too_large"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_plain_json_object_is_refused(server: Server, name: str) -> None:
    raw, status, code = BODIES[name]

    answer = server.call("POST", ENROL, data=raw, content_type="application/json")

    assert (answer.status_code, code_of(answer)) == (status, code)


def test_another_kind_of_content_is_refused(server: Server) -> None:
    answer = server.call("POST", ENROL, data={"community": "CA01"})

    assert (answer.status_code, code_of(answer)) == (415, "media_not_supported")


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"community": 7}, "community", "text is wanted"),
        ({"community": "CA"}, "community", "the text is too short"),
        ({"code": None}, "code", "text is wanted"),
        ({"extra": 1}, "extra", "there is no such field"),
        ({"public_jwk": "key"}, "public_jwk", "an object is wanted"),
        ({"public_jwk": {"kty": "EC"}}, "public_jwk.crv", "this field is missing"),
    ],
)
def test_each_wrong_field_is_named_with_its_reason_and_never_its_value(
    server: Server, change: dict[str, object], field: str, reason: str
) -> None:
    answer = server.call("POST", ENROL, json=enrolment(**change))

    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (422, "bad_input")
    said = {entry["field"]: entry["reason_en"] for entry in problem["errors"]}
    assert said[field] == reason
    assert "CA01" not in answer.get_data(as_text=True)


def test_an_upload_of_a_hundred_megabytes_is_refused_unread(server: Server) -> None:
    answer = server.call(
        "POST",
        "/office/imports",
        headers={"Accept": "application/json"},
        environ_overrides={"CONTENT_LENGTH": "100000000"},
    )

    assert (answer.status_code, code_of(answer)) == (413, "body_too_large")


# --- addresses


def test_programs_get_problems_and_people_get_pages(server: Server) -> None:
    program = server.call("GET", "/api/v1/nothing")
    person = server.call("GET", "/nothing")
    other = server.call("GET", "/nothing", headers={"Accept": "application/json"})

    assert (program.status_code, code_of(program)) == (404, "route_not_found")
    assert (person.status_code, person.mimetype) == (404, "text/html")
    assert "这个地址没有内容" in person.get_data(as_text=True)
    assert code_of(other) == "route_not_found"


def test_a_wrong_method_names_the_right_one(server: Server) -> None:
    answer = server.call("DELETE", ENROL)

    assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


# --- origins


@pytest.mark.parametrize(
    ("headers", "is_refused"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "http://localhost.evil.example"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "http://localhost"}, False),
        ({}, False),
    ],
)
def test_a_write_from_another_site_is_refused(
    server: Server, headers: dict[str, str], *, is_refused: bool
) -> None:
    answer = server.call("POST", ENROL, json=enrolment(), headers=headers)

    assert (code_of(answer) == "cross_site") is is_refused


def test_reading_from_another_site_is_not_a_write(server: Server) -> None:
    assert (
        server.call("GET", "/healthz", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
    )


# --- pace


def test_an_address_that_calls_far_too_often_waits(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    server = Server(db, settings={"requests_a_minute": 20})

    said = [server.call("GET", "/healthz", headers={"Accept": "text/plain"}) for _ in range(11)]
    server.at += 3 * SECOND_US
    later = server.call("GET", "/healthz")

    assert [answer.status_code for answer in said] == [200] * 10 + [429]
    assert said[-1].headers["Retry-After"] == "3"
    assert later.status_code == 200
    db.close()


def test_one_caller_does_not_use_up_anothers_measure() -> None:
    limits = Limits(2)

    limits.check("a", at=MORNING)
    with pytest.raises(Refusal, match="too_many_requests"):
        limits.check("a", at=MORNING)
    limits.check("b", at=MORNING)
    limits.check("a", at=MORNING + 30 * SECOND_US)


def test_the_memory_of_callers_is_bounded() -> None:
    limits = Limits(100)

    for number in range(10_050):
        limits.check(str(number), at=MORNING + number)

    assert len(limits._buckets) == 10_000


# --- answers


def test_every_answer_carries_time_name_and_protection(server: Server) -> None:
    for answer in (server.call("GET", "/healthz"), server.call("GET", "/nothing")):
        assert answer.headers["Jifen-Time"] == str(MORNING // 1_000)
        assert len(answer.headers["Jifen-Request-Id"]) == 36
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Server" not in answer.headers


def test_a_request_keeps_the_name_it_came_with(server: Server) -> None:
    good = server.call("GET", "/healthz", headers={"Jifen-Request-Id": "0190-abcd-1234"})
    bad = server.call("GET", "/healthz", headers={"Jifen-Request-Id": "<script>"})

    assert good.headers["Jifen-Request-Id"] == "0190-abcd-1234"
    assert bad.headers["Jifen-Request-Id"] != "<script>"


def test_a_bug_is_answered_without_a_word_of_its_inside(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("the inside of the server")

    monkeypatch.setattr("ledger.members.communities.get_by_issuer", broken)
    answer = server.call("POST", ENROL, json=enrolment())

    assert (answer.status_code, code_of(answer)) == (500, "server_error")
    assert "inside" not in answer.get_data(as_text=True)
    assert answer.get_json()["request_id"] in caplog.text


def test_the_log_names_the_route_and_never_what_stood_in_the_address(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    answer = server.call("GET", "/api/v1/sales/M01T1-260302-00457-I?token=71123")

    [record] = [record for record in caplog.records if record.name == "jifen.access"]
    line = json.loads(JsonLines().format(record))
    assert line["request_id"] == answer.headers["Jifen-Request-Id"]
    assert (line["route"], line["status"], line["actor"]) == ("/api/v1/sales/<string:ref>", 401, "")
    assert "71123" not in caplog.text + json.dumps(line)
    assert "00457" not in caplog.text + json.dumps(line)


def test_a_write_that_was_outrun_every_time_asks_to_try_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outrun(*_args: object, **_more: object) -> None:
        raise GuardMissedError("test")

    monkeypatch.setattr("ledger.members.communities.get_by_issuer", outrun)
    answer = server.call("POST", ENROL, json=enrolment())

    assert (answer.status_code, code_of(answer)) == (503, "server_busy")


def test_the_description_names_every_call_and_its_refusals(server: Server) -> None:
    document = server.call("GET", "/api/v1/openapi.json").get_json()

    assert document["openapi"] == "3.1.0"
    calls = {
        rule.rule
        for rule in server.app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and "<" not in rule.rule
    } - {"/api/v1/openapi.json"}
    assert calls <= set(document["paths"])
    enrol = document["paths"][ENROL]["post"]
    assert "application/problem+json" in enrol["responses"]["default"]["content"]
    assert "422" not in enrol["responses"]


# --- settings of the server


def test_a_folder_is_all_a_small_server_needs(tmp_path: Path) -> None:
    settings = read_settings({"JIFEN_DATA_DIR": str(tmp_path)})

    assert settings.database_url == f"sqlite:///{tmp_path}/jifen.db"
    assert settings.master_secret_file == tmp_path / "master.key"
    assert not settings.is_https


def test_the_environment_stands_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "jifen.toml"
    file.write_text('[server]\ndata_dir = "d"\nport = 9000\nhost = "192.0.2.7"\n', encoding="utf-8")

    settings = read_settings({"JIFEN_CONFIG": str(file), "JIFEN_PORT": "9001"})

    assert (settings.host, settings.port, settings.data_dir) == ("192.0.2.7", 9001, Path("d"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("data_dir = ", "config_bad"),
        ("[server]\ndata_dir = 7", "config_bad"),
        ('[server]\ndata_dir = "d"\nport = "9000"', "config_bad"),
        ('[server]\ndata_dir = "d"\nport = 70000', "config_bad"),
        ('[server]\ndata_dir = "d"\npart = 9000', "config_bad"),
        ('[sever]\ndata_dir = "d"', "config_bad"),
        ('server = "d"', "config_bad"),
        ("[server]\nport = 9000", "config_missing"),
        ('[server]\ndata_dir = "d"\ntls_key = "k"', "config_missing"),
    ],
)
def test_a_wrong_configuration_stops_the_start(tmp_path: Path, text: str, code: str) -> None:
    file = tmp_path / "jifen.toml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(Refusal) as refused:
        read_settings({"JIFEN_CONFIG": str(file)})

    assert refused.value.code == code


def test_without_its_master_key_the_server_does_not_start(sqlite_url: str, tmp_path: Path) -> None:
    db = Database(sqlite_url)

    with pytest.raises(Refusal, match="keys_master_missing"):
        create_app(db, settings_from({"data_dir": str(tmp_path)}), None)

    assert create_app(db, settings_from({"data_dir": str(tmp_path)}), None, vault=VAULT)
    db.close()
