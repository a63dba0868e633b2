"""Money of the channel that arrives late, in a locked day or while the database is away: booked once or sent back."""

from __future__ import annotations

import pytest

from ledger.book import requests
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.sql import Sql
from pos.charging import check_out_by_gateway
from pos.recovery import SETTLE_US, recover
from settlement.night import run_night
from tests.support.buying import wallet
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import check_invariants
from tests.support.town import HERE, Town, build_town, moment

_SALE_DAY = Sql(
    "SELECT s.business_date AS sale_day, x.business_date AS book_day FROM sale s JOIN txn x"
    " ON x.community_id = s.community_id AND x.txn_id = s.txn_id WHERE s.community_id = :community_id"
)


def _charged_after_it_was_let_go(town: Town, channel: FakeChannel) -> None:
    """The channel takes the money so late that recovery, finding nothing, has let the sale go."""

    def too_late() -> None:
        channel.before_charge = lambda: None
        town.later(SETTLE_US // 1_000_000)
        assert recover(town.desk, HERE, at=town.at) == {"sale_voided": 1}

    channel.before_charge = too_late
    with pytest.raises(Refusal) as said:
        check_out_by_gateway(town.desk, town.sale(1, 5_000, 20_000, channel="gateway"), at=town.at)
    assert said.value.code == "payment_declined"


@pytest.mark.parametrize("lost", ["lost_request", "lost_answer"])
def test_late_money_whose_way_back_was_lost_is_sent_back_by_recovery(
    town: Town, channel: FakeChannel, lost: str
) -> None:
    channel.trouble = lambda key: lost if key.startswith("refund:") else ""
    _charged_after_it_was_let_go(town, channel)
    channel.trouble = lambda _: ""
    town.later(60)

    recover(town.desk, HERE, at=town.at)

    assert channel.given_back() == 4_000
    assert recover(town.desk, HERE, at=town.at) == {}
    assert channel.given_back() == 4_000
    assert wallet(town).posted == 50_000
    check_invariants(town.db.engine)


def test_a_database_away_does_not_send_back_money_of_a_sale_that_stays_open(
    town: Town, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Database.write
    away: list[str] = []

    def write_or_not(db: Database, work: object) -> object:
        # The reservation of the payment still arrives, the posting does not.
        if away and "book_charged" in work.__qualname__:  # type: ignore[attr-defined]
            raise Refusal("busy_try_again")
        return write(db, work)  # type: ignore[arg-type]

    monkeypatch.setattr(Database, "write", write_or_not)
    channel.after_charge = lambda: away.append("gone")
    request = town.sale(1, 5_000, 20_000, channel="gateway")
    with pytest.raises(Refusal) as said:
        check_out_by_gateway(town.desk, request, at=town.at)
    assert said.value.code == "busy_try_again"
    assert channel.given_back() == 0

    away.clear()
    town.later(600)
    assert recover(town.desk, HERE, at=town.at) == {"sale_booked": 1}
    assert (channel.charged(), channel.given_back()) == ({request.request_id: 4_000}, 0)
    assert wallet(town).posted == 50_000 - 20_000 + 4_000
    check_invariants(town.db.engine)


def test_a_sale_charged_while_its_day_was_locked_is_booked_on_the_next_day(
    db: Database, channel: FakeChannel
) -> None:
    town = build_town(db, grant_units=50_000, channel=channel, at=moment("2026-03-02 23:59"))

    def the_night() -> None:
        channel.after_charge = lambda: None
        run_night(town.db, HERE, 20260302, at=moment("2026-03-03 00:00"))

    channel.after_charge = the_night

    receipt = check_out_by_gateway(
        town.desk, town.sale(1, 5_000, 20_000, channel="gateway"), at=town.at
    )

    assert receipt["business_date"] == 20260303
    with town.db.read() as tx:
        row = tx.get(_SALE_DAY, community_id=HERE)
    assert (row.sale_day, row.book_day) == (20260303, 20260303)
    assert channel.given_back() == 0
    check_invariants(town.db.engine)


def test_a_request_told_to_try_again_may_try_again(town: Town) -> None:
    request_id = new_request_id(town.at)
    answers = iter([Refusal("busy_try_again"), None])

    def work(_tx: object) -> dict[str, str]:
        refusal = next(answers)
        if refusal is not None:
            raise refusal
        return {"done": "yes"}

    def ask() -> dict[str, object]:
        return requests.once(
            town.db, HERE, request_id, kind="page.test", body={}, at=town.at, work=work
        )

    with pytest.raises(Refusal):
        ask()
    assert ask() == {"done": "yes"}
