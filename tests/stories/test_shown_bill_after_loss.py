"""A sale confirmed on the resident's page stands in the till's signed daybook, and comes back after a loss."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.clock import SECOND_US
from ledger.ids import new_request_id
from ledger.members import keys
from ledger.recovery.told import Told, is_mark
from ledger.sql import Tx
from ledger.token_keys import KeyClass
from pos.amount_code import AmountCode
from pos.amount_sale import Payer, confirm
from tests.stories.test_recovery_odd_cases import Loss, loss
from tests.support.http import VAULT
from tests.support.invariants import check_invariants
from tests.support.remembering_till import RememberingTill, hashed
from tests.support.town import HERE

__all__ = ["loss"]

SALES = "/api/v1/sales"


def shown_and_confirmed(loss: Loss, till: RememberingTill, units: int = 4_000) -> AmountCode:
    """A till shows a bill of 50.00 yuan, the first resident confirms it on their page."""
    at = loss.day.server.at
    code = AmountCode(
        community_id=HERE,
        issuer=loss.day.town.issuer,
        terminal_id=till.till.terminal_id,
        request_id=new_request_id(at),
        counter=till.till.counter + 1,
        ref=till.till.next_ref(loss.day.town.day),
        total_fen=5_000,
        channel="scan",
        made_at_s=at // SECOND_US,
        signed=b"",
        signature=b"",
    )
    payer = Payer(HERE, 1, 1)
    confirm(loss.day.desk, VAULT, code, payer, offset_units=units, pin=None, at=at)
    return code


def told_of(till: RememberingTill, code: AmountCode) -> dict[str, Any] | None:
    """What the till is told of the bill it showed."""
    said = till.call("GET", f"/api/v1/amount-codes/{code.request_id}").get_json()
    assert said["state"] == "booked"
    found: dict[str, Any] | None = said["told"]
    return found


def keep(till: RememberingTill, told: dict[str, Any]) -> None:
    """Sign a line over it, as the till's own code does."""
    body = json.loads(told["body"])
    till.n += 1
    line = till.sign(
        n=till.n,
        p=till.head,
        r=body["request_id"],
        u=SALES,
        b=hashed(told["body"]),
        a=hashed(told["answer"]),
        t=told["at_ms"],
        m=told["mark"],
        k="",
    )
    till.lines.append({"line": line, "body": told["body"], "answer": told["answer"]})
    till.head = hashed(line)
    till.told[body["request_id"]] = (SALES, body, json.loads(told["answer"]))


@pytest.mark.parametrize("alg", ["EdDSA", "ES256"])
def test_it_comes_back_once_whether_the_copy_has_it_or_not(
    loss: Loss, monkeypatch: pytest.MonkeyPatch, alg: str
) -> None:
    monkeypatch.setattr("pos.amount_sale.open_code", lambda *_, **__: None)
    till = loss.day.tills[4]

    def renewed(tx: Tx) -> None:
        keys.make_key(tx, VAULT, HERE, KeyClass.DYN, at=loss.day.server.at, by=0, alg=alg)

    loss.day.db.write(renewed)
    loss.day.server.at = loss.day.town.later(600)
    kept = shown_and_confirmed(loss, till)
    loss.back_up()
    loss.day.server.at = loss.day.town.later(600)
    lost = shown_and_confirmed(loss, till)
    for code in (kept, lost):
        told = told_of(till, code)
        assert told is not None
        keep(till, told)
    loss.lose()

    done = loss.apply()

    assert done == {"applied": 1, "known": 1}
    assert loss.day.figures() == loss.before
    assert loss.report()["otherwise"] == []
    check_invariants(loss.day.db.engine)


def test_without_the_line_it_is_lost(loss: Loss, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a till that keeps no line over it brings nothing back."""
    monkeypatch.setattr("pos.amount_sale.open_code", lambda *_, **__: None)
    loss.back_up()
    shown_and_confirmed(loss, loss.day.tills[4])
    loss.lose()

    assert loss.apply() == {}
    assert loss.day.figures() != loss.before


def test_the_mark_is_over_this_answer_alone_and_no_other_till_gets_it(
    loss: Loss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pos.amount_sale.open_code", lambda *_, **__: None)
    till, other = loss.day.tills[4:6]
    code = shown_and_confirmed(loss, till)
    told = told_of(till, code)
    assert told is not None
    body = json.loads(told["body"])
    fields: dict[str, Any] = {
        "community_id": HERE,
        "terminal_id": till.till.terminal_id,
        "path": SALES,
        "at_ms": told["at_ms"],
        "body": body,
        "answer": told["answer"],
    }
    key = loss.day.server.app.extensions["jifen"].told_key
    assert is_mark(told["mark"], Told(**fields), key)
    for changed in (
        {"at_ms": told["at_ms"] - 1},
        {"body": {**body, "total_fen": 9_000}},
        {"terminal_id": other.till.terminal_id},
    ):
        assert not is_mark(told["mark"], Told(**{**fields, **changed}), key)

    said = other.call("GET", f"/api/v1/amount-codes/{code.request_id}").get_json()
    assert said == {"state": "open", "sale": None, "told": None}
    # The code in it is used up: nobody buys with it again.
    again = {**body, "request_id": new_request_id(loss.day.server.at)}
    again = {
        **again,
        "counter": till.till.counter + 1,
        "ref": till.till.next_ref(loss.day.town.day),
    }
    assert till.call("POST", SALES, again).get_json()["code"] == "token_used"


def test_a_code_of_a_withdrawn_key_is_not_made_again(
    loss: Loss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pos.amount_sale.open_code", lambda *_, **__: None)
    till = loss.day.tills[4]
    code = shown_and_confirmed(loss, till)

    def withdraw(tx: Tx) -> None:
        for key in keys.public_keys(tx, HERE).keys:
            if key.key_class is KeyClass.DYN:
                keys.retire_key(tx, HERE, key.kid, at=loss.day.server.at, by=0)

    loss.day.db.write(withdraw)

    assert told_of(till, code) is None
