"""What a loss can hit badly: entries the office made, payments under way, days filed, an apply that is cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.recovering import applying
from kiosk.recovering.finishing import apply_all
from kiosk.recovering.report import report_of
from ledger import tokens
from ledger.audit import SYSTEM
from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members import cards, keys
from ledger.offline.policy import write_policy
from ledger.recovery import epochs
from ledger.token_keys import KeyClass
from settlement.night import run_night
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import check_invariants
from tests.support.lost_day import LostDay, answers_again, build_day
from tests.support.offline_shops import OfflineShops
from tests.support.remembering_till import moment as written
from tests.support.spare import fetched, renew
from tests.support.town import CIVIC, HERE, moment

Act = Callable[[LostDay], None]


class Loss:
    """A town of four; what is done between the backup and the loss is up to the test."""

    def __init__(self, db: Database, folder: Path) -> None:
        """Build it."""
        self.folder = folder
        self.day = build_day(db, folder, people=4, seed=1, keeps=lambda _: True)

    def back_up(self) -> None:
        """The last backup."""
        self.made = self.day.back_up(self.folder / "backups")

    def lose(self) -> None:
        """The server is gone, the copy is there, every till has sent what it had."""
        self.before = self.day.figures()
        self.day.lose(self.folder / "backups", self.made, f"sqlite:///{self.folder / 'new.db'}")
        self.day.start()
        for till in self.day.tills:
            till.bring()

    def apply(self) -> dict[str, int]:
        """Write it again."""
        done = apply_all(self.day.desk, HERE, by=SYSTEM, at=self.day.server.at)
        return {state: count for state, count in done.states.items() if count}

    def report(self) -> dict[str, Any]:
        """What people are told."""
        terms = self.day.desk.refresh(HERE)
        with self.day.db.read() as tx:
            found = epochs.find_newest(tx, HERE)
            assert found is not None
            return report_of(tx, terms, found, at=self.day.server.at)

    def office(self, work: Callable[[Any], object]) -> None:
        """The office enters something, in the book of the moment."""
        self.day.town.db = self.day.db
        self.day.town.at = self.day.server.at
        work(self.day.town)

    def wallet(self, person: int) -> tuple[int, int]:
        """Points in hand and owed."""
        with self.day.db.read() as tx:
            found = wallet_of(tx, HERE, person, CIVIC)
        return found.posted, found.owed


@pytest.fixture
def loss(sqlite_url: str, tmp_path: Path) -> Iterator[Loss]:
    db = Database(sqlite_url)
    made = Loss(db, tmp_path)
    yield made
    made.day.db.close()
    db.close()


def sold(response: Any) -> dict[str, Any]:
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.get_json()
    return found


def test_points_spent_out_of_a_grant_that_is_lost_are_lent_until_it_is_entered_again(
    loss: Loss,
) -> None:
    till = loss.day.tills[4]
    loss.back_up()
    loss.office(lambda town: town.grant(1, 30_000))
    sold(till.sell(1, 10_000, 30_000))
    loss.lose()

    assert loss.apply() == {"applied": 1}

    assert loss.wallet(1) == (0, 18_000)
    [odd] = loss.report()["otherwise"]
    assert odd["differences"] == [["wallet_lacked_units", "0", "18000"]]
    check_invariants(loss.day.db.engine)
    assert answers_again(loss.day) == []
    loss.office(lambda town: town.grant(1, 30_000))
    loss.apply()
    # Nothing was left to write, so nothing was paid back yet: the next entry that moves points does it.
    loss.day.server.at = loss.day.town.later(600)
    sold(loss.day.tills[5].sell(1, 100, channel="gateway"))
    assert loss.wallet(1)[0] - loss.wallet(1)[1] == 12_000 + 100


def test_points_earned_at_one_till_and_spent_at_another_come_out_the_same(loss: Loss) -> None:
    loss.back_up()
    sold(loss.day.tills[4].sell(1, 20_000, channel="gateway"))
    loss.day.server.at = loss.day.town.later(300)
    sold(loss.day.tills[6].sell(1, 10_000, 30_000))
    loss.lose()

    assert loss.apply() == {"applied": 2}

    assert loss.day.figures() == loss.before
    assert loss.report()["otherwise"] == []


def test_the_order_of_the_answers_decides_and_without_it_points_would_be_lent(
    loss: Loss, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same day written in another order, each wallet lent at once what it lacks."""
    loss.back_up()
    sold(loss.day.tills[4].sell(1, 20_000, channel="gateway"))
    loss.day.server.at = loss.day.town.later(300)
    sold(loss.day.tills[6].sell(1, 10_000, 30_000))
    loss.lose()

    def hasty(work: Any, waiting: Any) -> None:
        for line in reversed(waiting):
            work._one(line, lend=True)

    monkeypatch.setattr(applying._Work, "run", hasty)
    loss.apply()

    assert [line["differences"] for line in loss.report()["otherwise"]] != []


def test_a_sale_whose_money_was_under_way_when_the_copy_was_made_ends_as_it_was_told(
    loss: Loss,
) -> None:
    channel, till = loss.day.server.channel, loss.day.tills[4]
    assert isinstance(channel, FakeChannel)
    channel.trouble = lambda _: "lost_answer"
    said = till.sell(1, 5_000, 2_000, channel="gateway")
    assert said.get_json()["code"] == "payment_unknown"
    loss.back_up()
    channel.trouble = lambda _: ""
    till.write("/api/v1/sales", till.asked[-1])
    assert len(till.told) == 1
    loss.lose()

    assert loss.apply() == {"applied": 1}

    assert loss.day.figures() == loss.before
    assert answers_again(loss.day) == []
    assert len(channel.charged()) == 1
    check_invariants(loss.day.db.engine)


def test_money_given_back_through_the_channel_is_not_given_back_again(loss: Loss) -> None:
    channel, till = loss.day.server.channel, loss.day.tills[4]
    assert isinstance(channel, FakeChannel)
    sale = sold(till.sell(1, 5_000, channel="gateway"))
    loss.back_up()
    sold(till.give_back(sale["ref"], 2_000))
    loss.lose()

    assert loss.apply() == {"applied": 1, "known": 1}

    assert channel.given_back() == 2_000
    assert loss.day.figures() == loss.before


def test_a_payment_the_channel_does_not_know_is_booked_as_told_and_named(loss: Loss) -> None:
    till = loss.day.tills[4]
    loss.back_up()
    sold(till.sell(1, 5_000, channel="gateway"))
    loss.lose()
    loss.day.desk.channel = FakeChannel()

    assert loss.apply() == {"applied": 1}

    [odd] = loss.report()["otherwise"]
    assert odd["differences"] == [["payment", "charged", "NotFound"]]


def test_a_channel_that_does_not_answer_keeps_the_sale_aside_and_the_next_try_writes_it(
    loss: Loss,
) -> None:
    till = loss.day.tills[4]
    loss.back_up()
    sold(till.sell(1, 5_000, channel="gateway"))
    loss.lose()
    channel, loss.day.desk.channel = loss.day.desk.channel, None

    assert loss.apply() == {"aside": 1}
    assert loss.report()["aside"][0]["code"] == "payment_channel_missing"
    loss.day.desk.channel = channel
    assert loss.apply() == {"applied": 1}
    assert loss.day.figures() == loss.before


def test_a_card_handed_out_after_the_copy_waits_for_the_offices_paper(loss: Loss) -> None:
    till = loss.day.tills[4]
    with loss.day.db.engine.begin() as connection:
        [card] = connection.exec_driver_sql("SELECT * FROM card WHERE serial = 4").mappings().all()
        connection.exec_driver_sql("DELETE FROM card WHERE serial = 4")
    loss.back_up()
    enter = f"INSERT INTO card ({', '.join(map(str, card))}) VALUES ({', '.join('?' * len(card))})"
    with loss.day.db.engine.begin() as connection:
        connection.exec_driver_sql(enter, tuple(card.values()))
    sold(till.sell(4, 5_000, 2_000))
    loss.lose()

    assert loss.apply() == {"aside": 1}
    assert loss.report()["aside"][0]["code"] == "card_not_active"
    with loss.day.db.engine.begin() as connection:
        connection.exec_driver_sql(enter, tuple(card.values()))
    assert loss.apply() == {"applied": 1}
    assert loss.day.figures() == loss.before


def test_a_code_of_a_key_that_is_lost_is_believed_because_the_answer_is_ours(loss: Loss) -> None:
    till, town = loss.day.tills[4], loss.day.town
    loss.back_up()

    def new_key(tx: Any) -> Any:
        keys.make_key(tx, town.vault, HERE, KeyClass.DYN, at=town.at, by=0, not_before=town.at)
        return keys.signing_key(tx, town.vault, HERE, KeyClass.DYN, at=town.at)

    town.signers[KeyClass.DYN] = loss.day.db.write(new_key)
    loss.day.desk.refresh(HERE)
    sold(till.sell(1, 5_000, 2_000))
    loss.lose()

    assert loss.apply() == {"applied": 1}

    assert loss.day.figures() == loss.before
    [odd] = loss.report()["otherwise"]
    assert odd["differences"] == [["code", "believed", "token_unknown_key"]]


def test_a_code_that_was_used_is_used_up_again(loss: Loss) -> None:
    till = loss.day.tills[4]
    loss.back_up()
    sold(till.sell(1, 5_000))
    body = till.asked[-1]
    loss.lose()
    loss.apply()

    again = {**body, "request_id": new_request_id(loss.day.server.at)}
    again |= {"counter": 90, "ref": till.ref_of(90)}
    assert till.call("POST", "/api/v1/sales", again).get_json()["code"] == "token_used"


def test_a_day_filed_after_the_copy_is_filed_again_and_the_night_agrees(loss: Loss) -> None:
    till = loss.day.tills[4]
    loss.back_up()
    sale = sold(till.sell(1, 5_000, 20_000 - 8_000))
    filed = till.close_day([sale])
    assert filed.get_json()["outcome"] == "ok"
    loss.lose()

    assert loss.apply() == {"applied": 2}

    night = run_night(loss.day.db, HERE, 20260302, at=moment("2026-03-03 02:00"))
    assert (night.state, night.settled_fen, night.codes) == ("locked", 600, ())


def test_nothing_that_counts_is_done_on_a_book_that_is_not_whole(loss: Loss) -> None:
    loss.back_up()
    loss.lose()

    with pytest.raises(Refusal, match="recovery_open"):
        run_night(loss.day.db, HERE, 20260302, at=moment("2026-03-03 02:00"))
    claim = loss.day.tills[4].close_day([])
    assert claim.get_json()["code"] == "recovery_wait"


def test_cut_off_after_any_line_it_goes_on(loss: Loss, monkeypatch: pytest.MonkeyPatch) -> None:
    loss.back_up()
    loss.day.until_told(12, 3_600)
    loss.lose()
    whole = applying._Work._one

    class Cut(Exception):  # noqa: N818 - stands for a killed process
        pass

    for survives in range(3):
        left = [survives]

        def one(work: Any, line: Any, *, lend: bool, left: list[int] = left) -> None:
            if not left[0]:
                raise Cut
            left[0] -= 1
            whole(work, line, lend=lend)

        monkeypatch.setattr(applying._Work, "_one", one)
        with pytest.raises(Cut):
            loss.apply()
    monkeypatch.setattr(applying._Work, "_one", whole)

    assert loss.apply()["applied"] == 12 - 3
    assert loss.day.figures() == loss.before
    assert answers_again(loss.day) == []
    check_invariants(loss.day.db.engine)


def test_a_book_put_back_in_silence_is_noticed_by_the_first_till(loss: Loss) -> None:
    till = loss.day.tills[4]
    sale = sold(till.sell(1, 5_000))
    newest = till.asked[-1]["request_id"]
    assert till.state(newest)["recovery"] is None
    with loss.day.db.engine.begin() as connection:
        assert list(connection.exec_driver_sql("SELECT 1 FROM recovery_behind")) == []
        connection.exec_driver_sql(f"DELETE FROM request WHERE request_id = '{newest}'")

    for _ in range(2):
        till.state(newest)

    rows = loss.day.rows("SELECT terminal_id, request_id FROM recovery_behind")
    assert rows == [(till.till.terminal_id, newest)]
    assert loss.day.rows("SELECT count(*) FROM audit WHERE act = 'recovery.behind'") == [(1,)]
    assert sale["ref"]
    assert written(loss.day.town.at)


def test_a_sale_made_without_network_comes_back_with_its_row(loss: Loss) -> None:
    till = loss.day.tills[4]
    loss.back_up()
    sold(till.sell(1, 10_000, offline={"policy": ""}))
    loss.lose()

    assert loss.apply() == {"applied": 1}

    with loss.day.db.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT state, person_id, units FROM offline_sale").all()
    assert [tuple(row) for row in rows] == [("booked", 1, 0)]
    assert answers_again(loss.day) == []
    check_invariants(loss.day.db.engine)


@pytest.mark.parametrize("state", ["loss", "twice"])
def test_what_the_community_bore_of_a_sale_without_network_it_bears_again(
    loss: Loss, state: str
) -> None:
    town, desk = loss.day.town, loss.day.desk
    shops = OfflineShops.around(town)
    shops.allow()
    renew(town)
    if state == "loss":
        token = town.code(1, KeyClass.CARD)
        policies = [write_policy(shops.policy(4), desk.offline_key)]
        town.later(60)
        serial = int(tokens.read(token).claims.serial)
        town.db.write(lambda tx: cards.set_state(tx, HERE, serial, "lost", by=SYSTEM, at=town.at))
    else:
        token = fetched(town)[0].digits
        policies = [write_policy(shops.policy(place), desk.offline_key) for place in (5, 4)]
    loss.day.server.at = town.later(60)
    loss.back_up()
    places = (5, 4)[-len(policies) :]
    for place, policy in zip(places, policies, strict=True):
        till = loss.day.tills[place]
        told = sold(till.sell(1, 10_000, 10_000, token=token, offline={"policy": policy}))
    assert told["offline"]["state"] == state
    loss.lose()

    assert loss.apply() == {"applied": len(policies)}

    assert loss.day.figures() == loss.before
    assert answers_again(loss.day) == []
    check_invariants(loss.day.db.engine)
