"""The log for those who follow it: offers, proofs, the codes of receipts, and what tills report."""

from __future__ import annotations

import uuid
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import terminals
from ledger.seal import keys
from ledger.seal.alarms import alarms, count_open
from ledger.seal.note import parse_head, parse_note
from ledger.seal.recovery import adopt
from ledger.seal.tree import verify_consistency
from ledger.sql import Sql
from pos.refunds import refund
from tests.support.code_reader import read_code
from tests.support.http import code_of
from tests.support.log import copy_of, put_back
from tests.support.members import jwk_of, new_device
from tests.support.sealed_town import SealedTown, begin
from tests.support.town import HERE

_ACTS = Sql(
    "SELECT actor_kind, subject FROM audit WHERE community_id = :community_id AND act = :act"
)


@pytest.fixture
def sealed(sqlite_url: str, tmp_path: Path) -> Iterator[SealedTown]:
    """A town whose first sales wait to be sealed."""
    db = Database(sqlite_url)
    yield begin(db, tmp_path)
    db.close()


def code_for(sealed: SealedTown, ref: str) -> dict[str, Any]:
    answer = sealed.till.call("GET", f"/api/v1/log/receipts/{ref}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.get_json())


def vkey(sealed: SealedTown) -> str:
    with sealed.town.db.read() as tx:
        return keys.verifiers(tx, HERE)[0].text


def head_in(note: str) -> Any:
    return parse_head(parse_note(note).text)


# --- following


def test_before_the_log_has_a_key_there_is_nothing_to_follow(sealed: SealedTown) -> None:
    offer = sealed.follow()
    assert (offer["origin"], offer["keys"], offer["checkpoint"]) == (None, [], None)


def test_each_offer_proves_that_the_log_grew_out_of_the_one_before(sealed: SealedTown) -> None:
    sealed.sign()
    before = sealed.follow()
    assert before["keys"] == [vkey(sealed)]
    for _ in range(4):
        sealed.sell()
        sealed.sign()
        old, offer = (
            head_in(before["checkpoint"]),
            sealed.follow(head_in(before["checkpoint"]).size),
        )
        new = head_in(offer["checkpoint"])
        path = [b64decode(step) for step in offer["path"]]
        assert new.size > old.size
        assert verify_consistency(old.size, old.root, new.size, new.root, path)
        before = offer


def test_nothing_is_proven_to_a_device_that_is_ahead(sealed: SealedTown) -> None:
    size = sealed.sign().size
    assert sealed.follow(size + 5)["path"] == []
    assert sealed.follow(size)["path"] == []


def test_a_changed_key_comes_with_the_note_by_which_the_old_one_named_it(
    sealed: SealedTown,
) -> None:
    sealed.sign()
    sealed.town.db.write(
        lambda tx: keys.change_key(tx, sealed.town.vault, HERE, by=SYSTEM, at=sealed.town.at)
    )
    sealed.sell()
    sealed.sign()
    offer = sealed.follow()
    assert len(offer["keys"]) == 2
    (handover,) = offer["handovers"]
    assert handover.startswith(f"jifen-log-key/1\njifen/CA01\n{offer['keys'][1]}\n\n")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("community=ZZ99", "community_not_found"),
        ("community=CA01&size=-1", "bad_input"),
        ("community=CA01&size=1e3", "bad_input"),
        ("community=CA01&size=99999999999999999999", "bad_input"),
        ("community=CA01&more=1", "bad_input"),
        ("", "bad_input"),
    ],
)
def test_odd_questions_are_refused(sealed: SealedTown, query: str, code: str) -> None:
    sealed.sign()
    answer = sealed.server.call("GET", f"/api/v1/log/follow?{query}")
    assert code_of(answer) == code


# --- receipts


def test_a_receipt_is_promised_then_sealed_then_proven_under_its_board(sealed: SealedTown) -> None:
    sealed.sign()
    sold = sealed.sell(total_fen=5_000, offset_units=20_000)

    promised = code_for(sealed, sold["ref"])
    at_once = read_code(promised["text"], vkey(sealed))
    sealed.sign()
    later = code_for(sealed, sold["ref"])
    code = read_code(later["text"], vkey(sealed))
    sealed.close(202603)
    board = sealed.put_up(202603)
    sealed.sign_in()
    last = code_for(sealed, sold["ref"])
    proven = read_code(last["text"], vkey(sealed))

    assert (promised["state"], at_once.size, at_once.signed) == ("promised", 0, True)
    assert (later["state"], code.signed, code.leaf) == ("sealed", True, at_once.leaf)
    assert code.facts["ref"] == sold["ref"]
    figures = ("total_fen", "offset_fen", "offset_units", "paid_fen", "earned_units")
    assert [int(code.facts[name]) for name in figures] == [5_000, 1_000, 20_000, 4_000, 4_000]
    assert (last["state"], last["month"], last["published_on"]) == (
        "published",
        202603,
        "2026-04-05",
    )
    assert (proven.size, proven.root, proven.leaf) == (board.size, board.root, at_once.leaf)
    assert proven.signed
    assert last["text"].startswith("HTTPS://POINTS.EXAMPLE:8443/CHECK/JP1.")


def test_refunds_are_proven_too_and_name_their_sale(sealed: SealedTown) -> None:
    sold = sealed.sell(total_fen=5_000, offset_units=20_000)
    sealed.to(sealed.town.later(60))
    back = refund(sealed.town.desk, sealed.town.refund(sold["ref"], 2_500), at=sealed.town.at)
    sealed.sign()
    code = read_code(code_for(sealed, back["ref"])["text"], vkey(sealed))
    assert code.facts["kind"] == "refund"
    assert code.facts["original_ref"] == sold["ref"]
    assert (code.facts["goods_fen"], code.facts["cash_fen"], code.facts["units_back"]) == (
        "2500",
        "2000",
        "10000",
    )


def test_a_code_names_nobody(sealed: SealedTown) -> None:
    sealed.sign()
    sold = sealed.sell(person=7)
    code = read_code(code_for(sealed, sold["ref"])["text"], vkey(sealed))
    names = {"kind", "ref", "day", "total_fen", "paid_fen", "earned_units", "signed_at"}
    assert set(code.facts) == names


def test_another_shops_receipt_is_none_of_this_till(sealed: SealedTown) -> None:
    sealed.sign()
    sold = sealed.sell(till=1)
    answer = sealed.till.call("GET", f"/api/v1/log/receipts/{sold['ref']}")
    assert (answer.status_code, code_of(answer)) == (404, "receipt_not_found")
    nobody = sealed.server.call("GET", f"/api/v1/log/receipts/{sold['ref']}")
    assert nobody.status_code == 401


# --- leaves


def test_a_leaf_is_proven_to_whoever_knows_it(sealed: SealedTown) -> None:
    sealed.sign()
    sold = sealed.sell()
    promised = read_code(code_for(sealed, sold["ref"])["text"], vkey(sealed))
    signed = sealed.sign()

    def ask(leaf: bytes, size: int, which: str) -> Any:
        query = (
            f"community=CA01&size={size}&leaf={quote(b64encode(leaf).decode(), safe='')}&{which}"
        )
        return sealed.server.call("GET", f"/api/v1/log/leaf?{query}")

    found = ask(promised.leaf, signed.size, f"ref={sold['ref']}").get_json()
    assert ask(promised.leaf, signed.size, f"index={found['index']}").get_json() == found
    wrong = [
        ask(bytes(32), signed.size, f"ref={sold['ref']}"),
        ask(bytes(32), signed.size, f"index={found['index']}"),
        ask(promised.leaf, signed.size, "index=0"),
        ask(promised.leaf, int(found["index"]), f"index={found['index']}"),
        ask(promised.leaf, signed.size + 1, f"index={found['index']}"),
        ask(promised.leaf, signed.size, "ref=M01T1-260302-99999-A"),
        ask(promised.leaf, signed.size, "ref="),
    ]
    assert [code_of(answer) for answer in wrong] == ["leaf_not_found"] * len(wrong)


# --- alarms


def alarm(kept: str | None, offered: str, **other: Any) -> dict[str, Any]:
    return {
        "request_id": str(uuid.uuid4()),
        "why": "forked",
        "kept": kept,
        "offered": offered,
        "path": [],
        "seen_at": "2026-03-02T09:30:00+08:00",
        **other,
    }


def test_an_alarm_is_kept_once_as_a_row_and_as_an_act(sealed: SealedTown) -> None:
    note = sealed.sign().note
    body = alarm(note, "something else\n")
    first = sealed.till.call("POST", "/api/v1/log/alarms", body)
    again = sealed.till.call("POST", "/api/v1/log/alarms", body)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    with sealed.town.db.read() as tx:
        (kept,) = alarms(tx, HERE)
        acts = tx.all(_ACTS, community_id=HERE, act="seal.alarm")
        assert count_open(tx, HERE) == 1
    assert (kept.kept_note, kept.offered_note, kept.why) == (note, "something else\n", "forked")
    assert [(act.actor_kind, act.subject) for act in acts] == [("clerk", f"alarm:{kept.alarm_id}")]


def test_selling_goes_on_after_an_alarm(sealed: SealedTown) -> None:
    note = sealed.sign().note
    sealed.till.call("POST", "/api/v1/log/alarms", alarm(note, "something else\n"))
    assert sealed.sell()["total_fen"] == 5_000


def test_a_server_that_is_shown_what_it_has_lost_signs_nothing_more(
    sealed: SealedTown, tmp_path: Path
) -> None:
    sealed.sign()
    database: Any = sealed.town
    backup = copy_of(database)
    sealed.sell()
    seen = sealed.sign()
    # Yesterday's copy on a new machine, which nothing tells that more was signed.
    put_back(database, backup)
    (tmp_path / "seal" / f"{HERE}.checkpoint").unlink()
    adopt(sealed.town.db, HERE, sealed.last_signed, by=SYSTEM, at=sealed.town.at)
    offered = sealed.sign().note  # CONTROL: it signs on
    assert sealed.follow()["checkpoint"] == offered

    body = alarm(seen.note, offered, why="older")
    assert sealed.till.call("POST", "/api/v1/log/alarms", body).status_code == 201

    with pytest.raises(Refusal, match=r"log_(behind|forked)"):
        sealed.sign()
    assert sealed.sell(total_fen=1_000)["total_fen"] == 1_000


def test_a_note_this_log_never_signed_stops_nothing(sealed: SealedTown) -> None:
    sealed.sign()
    made_up = "jifen/CA01\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u2014 x AAAAAAAA\n"
    answer = sealed.till.call("POST", "/api/v1/log/alarms", alarm(made_up, "x"))
    assert answer.status_code == 201
    sealed.sell()
    assert sealed.sign().size > 0


def test_only_a_till_can_raise_an_alarm(sealed: SealedTown) -> None:
    body = alarm(None, "x")
    answer = sealed.server.call("POST", "/api/v1/log/alarms", json=body)
    assert answer.status_code == 401


# --- enrolment


def test_a_tablet_pins_the_logs_keys_when_it_is_enrolled(sealed: SealedTown) -> None:
    sealed.sign()
    terminal = sealed.town.tills[1].terminal_id
    code = sealed.town.db.write(
        lambda tx: terminals.make_enrolment_code(tx, HERE, terminal, by=SYSTEM, at=sealed.town.at)
    )
    body = {"community": "CA01", "code": code, "public_jwk": jwk_of(new_device())}
    answer = sealed.server.call("POST", "/api/v1/terminals/enrol", json=body).get_json()
    assert answer["log"] == {"origin": "jifen/CA01", "keys": [vkey(sealed)]}
