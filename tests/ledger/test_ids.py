"""Two processes that drew one writer number: the second one's write goes through under another number."""

import sqlite3

import psycopg
import pytest

from ledger import ids
from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.ids import IdMaker
from tests.support.town import CIVIC, HERE, START, build_town


def _further_on(maker: IdMaker, at: int) -> IdMaker:
    for _ in range(5):
        maker.make(at)
    return maker


def test_ids_of_one_maker_never_repeat_and_grow() -> None:
    maker = IdMaker(writer=5)

    made = [maker.make(START) for _ in range(10_000)]

    assert len(set(made)) == 10_000
    assert made == sorted(made)


def test_a_writer_number_drawn_twice_is_drawn_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = build_town(db, people=1)
    monkeypatch.setattr(ids, "_IDS", IdMaker(writer=5))
    for _ in range(20):
        town.grant(1, 100)
    # Another process with the same number, at the same moment: its next ids are all taken.
    monkeypatch.setattr(ids, "_IDS", _further_on(IdMaker(writer=5), town.at))

    town.grant(1, 100)

    with db.read() as tx:
        assert wallet_of(tx, HERE, 1, CIVIC).posted == 2_100


def test_without_drawing_again_the_second_process_would_not_get_through(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = build_town(db, people=1)
    monkeypatch.setattr(ids, "_IDS", IdMaker(writer=5))
    for _ in range(20):
        town.grant(1, 100)
    stubborn = _further_on(IdMaker(writer=5), town.at)
    monkeypatch.setattr(stubborn, "redraw", lambda: None)
    monkeypatch.setattr(ids, "_IDS", stubborn)

    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError), match=r"(?i)unique"):
        town.grant(1, 100)
