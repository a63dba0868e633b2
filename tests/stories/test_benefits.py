"""Benefits by agreement: shown to whoever may have them, recorded when given, and found when somebody claims one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.book.accounts import account_id
from ledger.book.balances import account_sum, wallet_of
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.sql import Tx
from ledger.units import CNY
from pos.benefit import BenefitRequest, benefits_at, give_benefit
from settlement.auditor.run import audit
from settlement.export.write import write_export
from settlement.night import run_night
from tests.support.invariants import check_invariants
from tests.support.night_plant import midnight, next_day
from tests.support.town import HERE, Town
from tests.support.vouchers import claim_line, file_day, voucher_town

PARTY = 1001
HOUR = 3_600_000_000


@pytest.fixture
def town(db: Database) -> Town:
    """A pharmacy and a barber; person 1 has 20 party points, person 2 has 19.9."""
    made = voucher_town(db)
    with db.engine.begin() as connection:
        for shop, category in ((1, "药店"), (2, "理发店")):
            connection.exec_driver_sql(
                f"UPDATE merchant SET category = '{category}' WHERE merchant_id = {shop}"
            )
    give_party(made, 1, 200)
    give_party(made, 2, 199)
    return made


def give_party(town: Town, person: int, units: int) -> None:
    def work(tx: Tx) -> None:
        sides = [
            Side(account_id(tx, HERE, kind, PARTY, owner, at=town.at), kind)
            for kind, owner in ((Account.ISSUED_GRANT, 0), (Account.WALLET, person))
        ]
        posting = Posting(
            community_id=HERE, kind=Kind.GRANT, request_id=new_request_id(town.at), occurred_at=town.at, at=town.at,
            business_date=town.day, lines=[Line(sides[0], sides[1], PARTY, units)], wallet_owner_id=person,
            reason_key="grant",
        )  # fmt: skip
        post(tx, posting)

    town.db.write(work)


def asked(town: Town, code: str, total_fen: int, *, person: int = 1, till: int) -> BenefitRequest:
    where = town.tills[till]
    ref = where.next_ref(town.day)
    return BenefitRequest(
        community_id=HERE,
        terminal_id=where.terminal_id,
        clerk_id=None,
        request_id=new_request_id(town.at),
        counter=where.counter,
        ref=ref,
        token=town.code(person),
        code=code,
        total_fen=total_fen,
        occurred_at=town.at,
    )


def give(town: Town, code: str, total_fen: int, *, person: int = 1, till: int) -> dict[str, Any]:
    town.later(1)
    return give_benefit(
        town.desk, asked(town, code, total_fen, person=person, till=till), at=town.at
    )


def party(town: Town, person: int = 1) -> int:
    with town.db.read() as tx:
        return wallet_of(tx, HERE, person, PARTY).available


def test_each_shop_offers_its_own_and_only_to_whoever_has_enough(town: Town) -> None:
    def offers(person: int, till: int) -> list[tuple[str, str]]:
        town.later(1)
        terminal = town.tills[till].terminal_id
        found = benefits_at(town.desk, HERE, terminal, town.code(person), at=town.at)
        return [(one.code, one.why_not) for one in found]

    assert offers(1, 0) == [("B01", "")]
    assert offers(1, 1) == [("B02", "")]
    assert offers(2, 0) == [("B01", "balance")]


def test_medicine_five_percent_off_uses_no_points(town: Town) -> None:
    answer = give(town, "B01", 1_290, till=0)

    assert (answer["off_fen"], answer["paid_fen"], answer["burned_units"]) == (64, 1_226, 0)
    assert party(town) == 200


def test_a_haircut_thirty_percent_off_uses_five_points(town: Town) -> None:
    request = asked(town, "B02", 3_000, till=1)
    answer = give_benefit(town.desk, request, at=town.at)

    assert give_benefit(town.desk, request, at=town.at) == answer
    assert (answer["off_fen"], answer["paid_fen"], answer["burned_units"]) == (900, 2_100, 50)
    assert party(town) == 150
    with pytest.raises(Refusal, match="benefit_not_eligible"):
        give(town, "B02", 3_000, till=1)


@pytest.mark.parametrize(
    ("code", "person", "till", "refusal"),
    [
        ("B01", 2, 0, "benefit_not_eligible"),
        ("B02", 1, 0, "benefit_not_found"),
        ("B99", 1, 0, "benefit_not_found"),
    ],
)
def test_what_is_not_given(town: Town, code: str, person: int, till: int, refusal: str) -> None:
    with pytest.raises(Refusal, match=refusal):
        give(town, code, 1_000, person=person, till=till)


@pytest.mark.usefixtures("audited")
def test_a_claim_for_a_benefit_is_found_and_nothing_is_paid(town: Town, tmp_path: Path) -> None:
    medicine, haircut = give(town, "B01", 10_000, till=0), give(town, "B02", 3_000, till=1)
    honest = {"kind": "sale", "offset_units": 0, "offset_fen": 0}
    file_day(town, [claim_line({**haircut, "fen": 3_000, "units": 0}, **honest)], till=1)
    # The pharmacy claims what it took off, as if points had paid for it.
    taken = {"kind": "sale", "total_fen": 10_000, "paid_fen": 9_500}
    file_day(town, [claim_line({**medicine, "fen": 500, "units": 10_000}, **taken)])

    night = run_night(town.db, HERE, town.day, at=midnight(next_day(town.day)) + 2 * HOUR)

    assert night.state == "locked"
    assert [(code.code, code.count) for code in night.codes] == [("X1", 1)]
    assert night.settled_fen == 0
    with town.db.read() as tx:
        assert account_sum(tx, HERE, Account.PAYABLE, CNY, 1) == 0
    check_invariants(town.db.engine)
    write_export(town.db, HERE, tmp_path / "out", at=town.at + 24 * HOUR)
    report = audit(tmp_path / "out")
    assert report.findings == (), report.to_text("en")
