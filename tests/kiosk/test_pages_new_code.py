"""A new enrolment code for a till that has had a tablet: the office is reminded of the slips of the old one."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from ledger.audit import SYSTEM
from ledger.members import terminals
from ledger.sql import Tx
from tests.support.device import public_jwk
from tests.support.pages_town import Served, form_number, text_of
from tests.support.town import HERE

ASKS = "原来的平板丢了或被清空了吗"


def test_a_code_for_a_till_that_had_a_tablet_reminds_of_its_newest_slip(served: Served) -> None:
    client, at = served.member("liu"), served.town.at

    def ask(terminal_id: int) -> str:
        action = f"/office/shops/1/tills/{terminal_id}/code"
        number = form_number(client.get("/office/shops/1"), action)
        return text_of(client.post(action, data={"request_id": number}))

    def work(tx: Tx) -> int:
        return terminals.open_terminal(tx, HERE, 1, code="M01A1", kind="till", by=SYSTEM, at=at)

    terminal_id = served.town.db.write(work)
    first = ask(terminal_id)

    def enrol(tx: Tx) -> None:
        code = terminals.make_enrolment_code(tx, HERE, terminal_id, by=SYSTEM, at=at)
        key = ec.generate_private_key(ec.SECP256R1())
        terminals.enrol(tx, HERE, code, public_jwk(key), at=at)

    served.town.db.write(enrol)

    assert "M01A1 的登记码" in first
    assert ASKS not in first
    assert ASKS in ask(terminal_id)
