"""The solvency gate: rules the fund cannot carry need the committee's vote, two people, and the very text."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.audit import SYSTEM, By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import approvals, files, gate, schemes, settings, votes
from ledger.members.votes import Ballot
from ledger.sql import Sql, Tx
from tests.support.town import HERE, SCHEME, Town, build_town

SECRETARY, CHAIR = By("staff", 11), By("staff", 12)
_ACTS = Sql(
    "SELECT act, subject, after FROM audit WHERE community_id = :community_id AND act = :act"
    " ORDER BY audit_id"
)


def dearer(version: str = "2026.2", *, points: int = 10) -> str:
    """Rules under which `points` points are worth a yuan, where it takes twenty today."""
    text = SCHEME.read_text(encoding="utf-8")
    text = text.replace('version = "2026.1"', f'version = "{version}"')
    text = text.replace("effective_from = 2026-01-01", "effective_from = 2026-05-01")
    text = text.replace("points_per_yuan = 20", f"points_per_yuan = {points}")
    return text.replace("face_value_fen = 5 ", f"face_value_fen = {100 // points} ")


@pytest.fixture
def town(db: Database) -> Town:
    """2,000 points in four wallets (100.00 yuan), a fund of 150.00: coverage 150 %."""
    made = build_town(db, people=4, fund_fen=15_000)
    for person in range(1, 5):
        made.grant(person, 50_000)
    return made


def adopt(town: Town, text: str) -> Any:
    return town.db.write(
        lambda tx: schemes.adopt(tx, HERE, text, name="new", by=SYSTEM, at=town.at)
    )


def keep_minutes(tx: Tx, town: Town) -> str:
    return files.keep(
        tx, HERE, b"signed", name="minutes.pdf", media_type="application/pdf", source="minutes",
        by=SECRETARY, at=town.at,
    )  # fmt: skip


def hold_vote(
    town: Town,
    text: str,
    *,
    counts: tuple[int, int, int, int, int] = (9, 7, 5, 1, 1),
    by: By = CHAIR,
    **changes: Any,
) -> votes.Vote:
    """Enter and confirm a vote: members, present, for, against, abstained."""
    members, present, ayes, noes, abstentions = counts

    def work(tx: Tx) -> votes.Vote:
        scheme, _ = schemes.look_at(tx, HERE, text, name="new", at=town.at)
        ballot = Ballot(
            subject=gate.subject_of(scheme),
            digest=scheme.digest,
            held_on=town.day,
            members=members,
            present=present,
            ayes=ayes,
            noes=noes,
            abstentions=abstentions,
            minutes_sha256=keep_minutes(tx, town),
        )._replace(**changes)
        entered = votes.propose(tx, HERE, ballot, by=SECRETARY, at=town.at)
        return votes.approve(tx, HERE, entered, by=by, at=town.at)

    return town.db.write(work)


def test_rules_that_break_the_limit_are_refused_and_say_by_how_much(town: Town) -> None:
    """2,000 points at 10 fen cost 200.00 yuan; the fund has 150.00."""
    with pytest.raises(Refusal) as said:
        adopt(town, dearer())

    assert said.value.code == "coverage_too_low"
    assert said.value.facts == {
        "before_percent": "150.0", "after_percent": "75.0", "limit_percent": 100,
    }  # fmt: skip
    with town.db.read() as tx:
        assert [one.version for one in schemes.versions(tx, HERE)] == ["2026.1"]


def test_with_the_committees_vote_they_pass_and_the_record_says_so(town: Town) -> None:
    vote = hold_vote(town, dearer())

    adopted = adopt(town, dearer())

    assert adopted.version == "2026.2"
    with town.db.read() as tx:
        (_, act) = tx.all(_ACTS, community_id=HERE, act="scheme.adopt")
        (recorded,) = tx.all(_ACTS, community_id=HERE, act="vote.record")
        (used,) = votes.latest(tx, HERE)
    assert f'"vote":"{vote.vote_id}"' in act.after
    assert '"coverage_before":1500' in act.after
    assert '"coverage_after":750' in act.after
    for said in (
        '"ayes":5',
        '"noes":1',
        '"abstentions":1',
        '"present":7',
        vote.ballot.minutes_sha256,
    ):
        assert said in recorded.after
    assert used.used_at == town.at


def test_the_vote_of_one_text_lets_no_other_pass(town: Town) -> None:
    hold_vote(town, dearer())

    with pytest.raises(Refusal, match="coverage_too_low"):
        adopt(town, dearer(points=5))


def test_a_vote_is_good_once(town: Town) -> None:
    hold_vote(town, dearer())
    adopt(town, dearer())

    with town.db.read() as tx:
        scheme, looked = schemes.look_at(tx, HERE, dearer(), name="new", at=town.at)
    assert looked.vote is None
    with pytest.raises(Refusal, match="vote_missing"):
        town.db.write(
            lambda tx: votes.use(tx, HERE, gate.subject_of(scheme), scheme.digest, at=town.at)
        )


@pytest.mark.parametrize(
    ("counts", "passes"),
    [
        ((9, 5, 3, 2, 0), True),
        ((9, 4, 4, 0, 0), False),  # not half of the members came
        ((9, 6, 3, 3, 0), False),  # no majority of those who came
        ((9, 6, 3, 0, 3), False),  # who abstains is no vote for it
    ],
)
def test_only_a_carried_vote_opens_the_gate(
    town: Town, counts: tuple[int, int, int, int, int], *, passes: bool
) -> None:
    assert hold_vote(town, dearer(), counts=counts).passed == passes

    if passes:
        assert adopt(town, dearer()).version == "2026.2"
    else:
        with pytest.raises(Refusal, match="coverage_too_low"):
            adopt(town, dearer())


def test_nobody_confirms_the_vote_they_entered(town: Town) -> None:
    with pytest.raises(Refusal, match="approval_same_person"):
        hold_vote(town, dearer(), by=SECRETARY)


def test_a_vote_that_waits_for_its_second_person_opens_nothing(town: Town) -> None:
    def work(tx: Tx) -> None:
        scheme, _ = schemes.look_at(tx, HERE, dearer(), name="new", at=town.at)
        ballot = Ballot(
            gate.subject_of(scheme), scheme.digest, town.day, 9, 7, 7, 0, 0, keep_minutes(tx, town)
        )
        votes.propose(tx, HERE, ballot, by=SECRETARY, at=town.at)

    town.db.write(work)

    with pytest.raises(Refusal, match="coverage_too_low"):
        adopt(town, dearer())
    with town.db.read() as tx:
        assert [row.kind for row in approvals.waiting(tx, HERE)] == ["vote"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ayes": 6}, "vote_counts"),
        ({"members": 6}, "vote_counts"),
        ({"noes": -1, "ayes": 7}, "vote_counts"),
        ({"held_on": 20260401}, "vote_day"),
        ({"held_on": 20260231}, "vote_day"),
        ({"minutes_sha256": "00" * 32}, "vote_minutes"),
        ({"minutes_sha256": "no"}, "vote_minutes"),
    ],
)
def test_a_vote_that_cannot_have_been_is_refused(
    town: Town, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refusal, match=code):
        hold_vote(town, dearer(), **changes)


def test_rules_that_leave_enough_pass_without_a_vote(town: Town) -> None:
    assert adopt(town, dearer(points=20)).version == "2026.2"
    with town.db.read() as tx:
        (_, act) = tx.all(_ACTS, community_id=HERE, act="scheme.adopt")
    assert '"vote":null' in act.after


def test_where_too_little_is_covered_already_rules_that_make_it_no_worse_pass(db: Database) -> None:
    town = build_town(db, people=1, fund_fen=1_000)
    town.grant(1, 200_000)

    assert adopt(town, dearer(points=20)).version == "2026.2"
    with pytest.raises(Refusal, match="coverage_too_low"):
        adopt(town, dearer("2026.3").replace("2026-05-01", "2026-06-01"))


def test_the_first_rules_of_a_community_pass(db: Database) -> None:
    town = build_town(db, people=1, fund_fen=0)
    with town.db.read() as tx:
        assert [one.version for one in schemes.versions(tx, HERE)] == ["2026.1"]


# --- the limit itself


def loosen(town: Town, **changes: int) -> Any:
    return town.db.write(
        lambda tx: settings.change(tx, HERE, changes, by=SYSTEM, why="because", at=town.at)
    )


@pytest.mark.parametrize(
    ("name", "value"), [("expected_use_percent", 60), ("coverage_limit_percent", 50)]
)
def test_the_limit_is_loosened_by_a_vote_alone(town: Town, name: str, value: int) -> None:
    subject = f"setting:{name}={value}"
    with pytest.raises(Refusal) as said:
        loosen(town, **{name: value})
    assert (said.value.code, said.value.facts) == ("vote_missing", {"subject": subject})

    def vote(tx: Tx) -> None:
        ballot = Ballot(subject, "", town.day, 5, 5, 4, 1, 0, keep_minutes(tx, town))
        entered = votes.propose(tx, HERE, ballot, by=SECRETARY, at=town.at)
        votes.approve(tx, HERE, entered, by=CHAIR, at=town.at)

    town.db.write(vote)

    assert getattr(loosen(town, **{name: value}), name) == value
    assert getattr(loosen(town, **{name: 100}), name) == 100
    with pytest.raises(Refusal, match="vote_missing"):
        loosen(town, **{name: value})


def test_without_the_gate_the_rules_would_pass(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(gate.Gate, "breaks", property(lambda _: False))

    assert adopt(town, dearer()).version == "2026.2"
