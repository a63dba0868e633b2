"""Claims from a shop's own system: a key of the shop's for claims alone, same id same answer, totals held."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.database import Database
from ledger.ids import new_request_id
from ledger.members import sessions
from settlement import claim_api
from tests.kiosk.test_cli import Run, answer, open_with_shop, run
from tests.settlement.test_intake import claims, lines_of, plain
from tests.settlement.test_night_crash import rows_of_every_table
from tests.support.night_plant import Entry
from tests.support.pages_town import Served, serve
from tests.support.town import HERE

__all__ = ["run"]

PATH = "/api/v1/shop/claims"


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Served:
    return serve(Database(sqlite_url), tmp_path)


def key_of(served: Served, shop: int = 1) -> str:
    town = served.town
    return town.db.write(
        lambda tx: sessions.start(tx, HERE, "system", shop, minutes=60 * 24 * 30, at=town.at)
    )


def body_of(served: Served, entries: list[Entry], **totals: int) -> dict[str, Any]:
    return {
        "request_id": new_request_id(served.town.at),
        "business_date": "2026-03-02",
        "lines": [
            {
                "ref": one.ref,
                "offset_units": one.units,
                "offset_fen": one.fen,
                "occurred_at": _rfc(one.at),
            }
            for one in entries
        ],
        "totals": {
            "lines": len(entries),
            "offset_units": sum(one.units for one in entries),
            "offset_fen": sum(one.fen for one in entries),
            **totals,
        },
    }


def _rfc(at: int) -> str:
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).isoformat()


def send(served: Served, body: dict[str, Any], key: str | None) -> tuple[int, dict[str, Any]]:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    got = served.visitor().post(PATH, json=body, headers=headers)
    return got.status_code, got.get_json()


def test_a_system_files_claims_and_the_same_request_gives_the_same_answer(served: Served) -> None:
    lines = lines_of(served.town)
    body, key = body_of(served, lines), key_of(served)

    first = send(served, body, key)
    rows = rows_of_every_table(served.town.db)
    again = send(served, body, key)

    assert first[0] == 200, first
    assert first == again
    assert (first[1]["outcome"], first[1]["lines"], first[1]["again"]) == ("ok", 4, 0)
    assert rows_of_every_table(served.town.db) == rows
    assert claims(served.town) == plain(lines)


def test_the_same_id_with_other_claims_is_refused(served: Served) -> None:
    lines = lines_of(served.town)
    body, key = body_of(served, lines), key_of(served)
    send(served, body, key)

    other = {**body_of(served, lines[:2]), "request_id": body["request_id"]}
    status, said = send(served, other, key)

    assert (status, said["code"]) == (409, "request_id_reused")
    assert claims(served.town) == plain(lines)


def test_cut_off_after_the_id_was_taken_the_same_request_ends_the_work(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = lines_of(served.town)
    body, key = body_of(served, lines), key_of(served)

    def die(*_args: object, **_how: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr(claim_api, "store_batch", die)
        assert send(served, body, key)[0] == 500
    assert claims(served.town) == []

    assert send(served, body, key)[1]["outcome"] == "ok"
    assert claims(served.town) == plain(lines)


def test_totals_that_do_not_fit_hold_everything_and_both_figures_are_said(served: Served) -> None:
    lines = lines_of(served.town)

    status, said = send(served, body_of(served, lines, offset_fen=1), key_of(served))

    ours = sum(one.fen for one in lines)
    assert (status, said["outcome"]) == (200, "TOTALS_WRONG")
    assert said["differences"] == [{"name": "offset_fen", "sent": 1, "server": ours}]
    assert claims(served.town) == []


def test_a_line_of_two_signs_is_named_and_nothing_is_written(served: Served) -> None:
    body, key = body_of(served, lines_of(served.town)), key_of(served)
    body["lines"][2]["offset_units"] = -1
    rows = rows_of_every_table(served.town.db)

    status, said = send(served, body, key)

    assert (status, said["code"]) == (422, "claim_line_bad")
    assert "3" in said["detail"]
    assert rows_of_every_table(served.town.db) == rows


def test_without_a_key_with_an_ended_one_or_with_a_sign_in_nobody_files(served: Served) -> None:
    body, key = body_of(served, lines_of(served.town)), key_of(served)

    assert send(served, body, None)[1]["code"] == "not_signed_in"
    assert send(served, body, "1.nonsense")[1]["code"] == "session_ended"
    assert served.owner("sun").post(PATH, json=body).get_json()["code"] == "not_signed_in"
    served.town.db.write(lambda tx: sessions.end_all(tx, HERE, "system", 1, at=served.town.at))
    assert send(served, body, key)[1]["code"] == "session_ended"
    assert claims(served.town) == []


def test_a_key_opens_nothing_but_claims(served: Served) -> None:
    key = {"Authorization": f"Bearer {key_of(served)}"}

    for path in ("/office/claims", "/office/today", "/merchant", "/me"):
        assert served.visitor().get(path, headers=key).status_code in {302, 303, 401, 403}, path


def test_the_command_makes_a_key_once_shown_and_ends_all(run: Run, tmp_path: Path) -> None:
    open_with_shop(run, tmp_path, "M05")

    made = answer(run("staff", "key", "M05", "--json"))
    assert len(made["key"]) > 40
    assert answer(run("staff", "key", "M05", "--end", "--json"))["ended"] == 1
    assert run("staff", "key", "M99").exit_code != 0
