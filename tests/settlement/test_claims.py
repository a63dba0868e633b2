"""A till files its day: control totals recomputed, numbers in order, the same day once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import Event, Thread, current_thread
from typing import Any

import pytest

from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.sql import Sql, Tx
from settlement.claims import file_daybook
from tests.support.night_plant import Entry, Planter, daybook
from tests.support.town import HERE, Town, build_town

DAY = 20260302
CLAIMS = Sql(
    "SELECT ref, kind, units, fen FROM claim WHERE community_id = :community_id ORDER BY ref"
)
REPEATS = Sql("SELECT ref FROM claim_again WHERE community_id = :community_id")
BATCHES = Sql("SELECT count(*) AS n FROM claim_batch WHERE community_id = :community_id")


@pytest.fixture
def town(db: Database) -> Town:
    return build_town(db, people=1, shops=1, fund_fen=0)


@pytest.fixture
def lines(town: Town) -> list[Entry]:
    """10.00 off, 5.00 off, and 2.00 of the first taken back."""
    planter = Planter(town.tills, seed=3)
    first = planter.entry(DAY, fen=1000)
    second = planter.entry(DAY, fen=500)
    return [first, second, planter.refund(first, DAY, 200)]


def send(town: Town, batch: dict[str, Any]) -> dict[str, Any]:
    return file_daybook(town.db, HERE, town.tills[0].terminal_id, batch, at=town.at)


def count(town: Town, statement: Sql) -> int:
    with town.db.read() as tx:
        return int(tx.get(statement, community_id=HERE).n)


def test_a_day_becomes_claims_with_refunds_as_minus(town: Town, lines: list[Entry]) -> None:
    answer = send(town, daybook(DAY, 1, lines))

    assert (answer["outcome"], answer["differences"]) == ("ok", [])
    assert answer["server_totals"]["offset_fen_minus"] == 200
    with town.db.read() as tx:
        claims = [tuple(row) for row in tx.all(CLAIMS, community_id=HERE)]
    assert claims == sorted((e.ref, e.kind, e.units, e.fen) for e in lines)


def test_sales_without_points_are_in_the_totals_and_no_claims(
    town: Town, lines: list[Entry]
) -> None:
    plain = Planter(town.tills, seed=4).entry(DAY, fen=1)
    batch = daybook(DAY, 1, [*lines, plain], offset_fen_plus=1500, offset_units_plus=30_000)
    batch["lines"][-1] |= {"offset_fen": 0, "offset_units": 0}

    assert send(town, batch)["outcome"] == "ok"

    with town.db.read() as tx:
        assert len(tx.all(CLAIMS, community_id=HERE)) == 3


def test_the_same_day_again_is_answered_from_the_first_time(town: Town, lines: list[Entry]) -> None:
    first = send(town, daybook(DAY, 1, lines))
    again = send(town, daybook(DAY, 1, lines))

    assert again == {**first, "outcome": "replayed"}
    assert count(town, BATCHES) == 1


def test_two_copies_of_an_upload_written_in_turns_claim_once(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite an upload is written in several transactions: both copies have begun when the first writes on."""
    town = build_town(Database(sqlite_url), people=1, shops=1, fund_fen=0)
    upload = daybook(DAY, 1, [Planter(town.tills, seed=3).entry(DAY, fen=1000)])
    write, steps = town.db.write, Counter[str]()
    first_began, second_wrote, first_wrote = Event(), Event(), Event()

    def in_turns(work: Callable[[Tx], Any]) -> Any:
        me = current_thread().name
        steps[me] += 1
        place = (me, steps[me])
        assert {
            ("second", 1): first_began,
            ("first", 2): second_wrote,
            ("second", 3): first_wrote,
        }.get(place, _PASSED).wait(5)
        try:
            return write(work)
        finally:
            {("first", 1): first_began, ("second", 2): second_wrote, ("first", 2): first_wrote}.get(
                place, _PASSED
            ).set()

    monkeypatch.setattr(town.db, "write", in_turns)
    said: dict[str, dict[str, Any] | str] = {}
    copies = [
        Thread(target=_send_copy, args=(town, upload, said), name=n) for n in ("first", "second")
    ]
    for copy in copies:
        copy.start()
    for copy in copies:
        copy.join(20)

    assert said["first"] == "claim_batch"
    assert isinstance(said["second"], dict)
    assert (said["second"]["outcome"], said["second"]["again"]) == ("ok", 0)
    with town.db.read() as tx:
        assert tx.all(REPEATS, community_id=HERE) == []
    town.db.close()


_PASSED = Event()
_PASSED.set()


def _send_copy(town: Town, upload: dict[str, Any], said: dict[str, dict[str, Any] | str]) -> None:
    try:
        said[current_thread().name] = send(town, upload)
    except GuardMissedError as missed:
        said[current_thread().name] = missed.guard


def test_the_same_number_with_other_content_is_refused(town: Town, lines: list[Entry]) -> None:
    send(town, daybook(DAY, 1, lines))

    with pytest.raises(Refusal, match="claim_batch_changed"):
        send(town, daybook(DAY, 1, lines[:2]))


def test_a_number_left_out_is_asked_for(town: Town, lines: list[Entry]) -> None:
    with pytest.raises(Refusal, match="claim_batch_gap expected=1"):
        send(town, daybook(DAY, 2, lines))


@pytest.mark.parametrize(
    "name",
    ["sales", "refunds", "offset_units_plus", "offset_fen_plus", "offset_fen_minus",
     "first_counter", "last_counter", "hash_total"],
)  # fmt: skip
def test_wrong_totals_are_answered_with_ours_and_nothing_counts(
    town: Town, lines: list[Entry], name: str
) -> None:
    answer = send(town, daybook(DAY, 1, lines, **{name: 77}))

    assert answer["outcome"] == "totals_wrong"
    assert [d["name"] for d in answer["differences"]] == [name]
    assert send(town, daybook(DAY, 1, lines, **{name: 77}))["outcome"] == "totals_wrong"
    with town.db.read() as tx:
        assert tx.all(CLAIMS, community_id=HERE) == []
    assert send(town, daybook(DAY, 2, lines))["outcome"] == "ok"


def test_a_counter_nobody_rang_up_is_listed(town: Town, lines: list[Entry]) -> None:
    answer = send(town, daybook(DAY, 1, [lines[0], lines[2]]))

    assert answer["outcome"] == "ok"
    assert answer["differences"] == [{"name": "missing_counter", "counter": 2}]


def test_a_reference_filed_on_two_days_is_kept_apart(town: Town, lines: list[Entry]) -> None:
    send(town, daybook(DAY, 1, lines))
    answer = send(town, daybook(DAY, 2, [lines[1]]))

    assert (answer["outcome"], answer["again"]) == ("ok", 1)
    with town.db.read() as tx:
        assert [row.ref for row in tx.all(REPEATS, community_id=HERE)] == [lines[1].ref]


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("ref", {"ref": "M01T1-260302-00001-?"}),
        ("counter", {"counter": 9}),
        ("amount", {"offset_fen": 10**18}),
    ],
)
def test_a_line_no_till_of_ours_writes_is_refused(
    town: Town, lines: list[Entry], fault: str, change: dict[str, Any]
) -> None:
    batch = daybook(DAY, 1, lines)
    batch["lines"][0] |= change

    with pytest.raises(Refusal, match=f"claim_line_bad .*fault={fault}"):
        send(town, batch)
    assert count(town, BATCHES) == 0


def test_another_tills_line_is_refused(town: Town, lines: list[Entry]) -> None:
    batch = daybook(DAY, 1, lines)
    batch["lines"][0]["ref"] = Planter([town.tills[0]], 1).entry(DAY).ref.replace("M01T1", "M02T1")

    with pytest.raises(Refusal, match="claim_line_bad"):
        send(town, batch)


def test_an_unknown_till_is_refused(town: Town, lines: list[Entry]) -> None:
    with pytest.raises(Refusal, match="terminal_not_found"):
        file_daybook(town.db, HERE, 999, daybook(DAY, 1, lines), at=town.at)
