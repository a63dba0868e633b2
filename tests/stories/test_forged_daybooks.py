"""A till that sends what it was never told: each forgery has its own code, none is booked, and honest lines are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.recovering.finishing import apply_all
from ledger.audit import SYSTEM
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.members import terminals
from ledger.recovery import epochs, lines
from ledger.recovery.epochs import DEVICE
from tests.support.invariants import check_invariants
from tests.support.lost_day import LostDay, build_day
from tests.support.remembering_till import RememberingTill, b64, facts_of, hashed
from tests.support.town import HERE

Line = dict[str, str]
Forge = Callable[["Loss"], list[Line]]


class Loss:
    """Three sales at one till and one at another, all lost, the tills being asked."""

    def __init__(self, db: Database, folder: Path) -> None:
        """Sell, lose, start."""
        self.day: LostDay = build_day(db, folder, people=4, seed=1, keeps=lambda _: True)
        made = self.day.back_up(folder / "backups")
        for till, person in ((4, 1), (4, 2), (4, 3), (5, 4)):
            self.day.server.at = self.day.town.later(300)
            said = self.day.tills[till].sell(person, 5_000, 2_000)
            assert said.status_code == 201, said.text
        self.day.lose(folder / "backups", made, f"sqlite:///{folder / 'new.db'}")
        self.day.start()

    @property
    def till(self) -> RememberingTill:
        """The till that forges."""
        return self.day.tills[4]

    @property
    def own(self) -> list[Line]:
        """Its true lines."""
        return [dict(line) for line in self.till.lines]

    def send(self, sent: list[Line]) -> list[str]:
        """Send lines; gives the code of each, '' for one that was taken or known."""
        asked = self.till.state()["recovery"]["recovery_id"]
        said = self.till.send(asked, sent)
        codes = {one["place"]: one["code"] for one in said["refused"]}
        return [codes.get(place, "") for place in range(len(sent))]

    def signed_anew(self, line: Line, **changes: Any) -> Line:
        """The line with other facts, truly signed by the till's own key."""
        facts = {**facts_of(line), **changes}
        body, answer = changes.pop("body", line["body"]), changes.pop("answer", line["answer"])
        facts.pop("body", None)
        facts.pop("answer", None)
        facts |= {"b": hashed(body), "a": hashed(answer)}
        return {"line": self.till.sign(**facts), "body": body, "answer": answer}


@pytest.fixture
def loss(sqlite_url: str, tmp_path: Path) -> Iterator[Loss]:
    db = Database(sqlite_url)
    made = Loss(db, tmp_path)
    yield made
    made.day.db.close()
    db.close()


def other(text: str, **changes: Any) -> str:
    """A JSON text with other values."""
    return json.dumps({**json.loads(text), **changes})


def edited_request(loss: Loss) -> list[Line]:
    first = loss.own[0]
    return [{**first, "body": other(first["body"], total_fen=9_000)}]


def edited_answer(loss: Loss) -> list[Line]:
    first = loss.own[0]
    return [{**first, "answer": other(first["answer"], earned_units=900_000)}]


def edited_line(loss: Loss) -> list[Line]:
    first = loss.own[0]
    head, payload, signature = first["line"].split(".")
    changed = b64(json.dumps({**facts_of(first), "t": facts_of(first)["t"] + 1}).encode())
    assert changed != payload
    return [{**first, "line": f"{head}.{changed}.{signature}"}]


def signed_by_a_stranger(loss: Loss) -> list[Line]:
    first = loss.own[0]
    stranger = ec.generate_private_key(ec.SECP256R1())
    return [{**first, "line": loss.till.sign(device=stranger, **facts_of(first))}]


def another_tills(loss: Loss) -> list[Line]:
    return [dict(loss.day.tills[5].lines[0])]


def another_communitys(loss: Loss) -> list[Line]:
    return [loss.signed_anew(loss.own[0], c="2")]


def more_points_than_told(loss: Loss) -> list[Line]:
    first = loss.own[0]
    answer = other(first["answer"], earned_units=900_000)
    return [loss.signed_anew(first, answer=answer)]


def another_persons_code(loss: Loss) -> list[Line]:
    first, second = loss.own[:2]
    token = json.loads(second["body"])["token"]
    return [loss.signed_anew(first, body=other(first["body"], token=token))]


def another_time(loss: Loss) -> list[Line]:
    first = loss.own[0]
    return [loss.signed_anew(first, t=facts_of(first)["t"] + 60_000)]


def another_path(loss: Loss) -> list[Line]:
    return [loss.signed_anew(loss.own[0], u="/api/v1/refunds")]


def made_up(loss: Loss) -> list[Line]:
    first = loss.own[0]
    body = other(first["body"], request_id="019cb227-f100-7bd1-9dee-9e4ef1774793")
    return [
        loss.signed_anew(first, n=4, p=loss.till.head, body=body, r=json.loads(body)["request_id"])
    ]


def nothing_of_the_kind(loss: Loss) -> list[Line]:
    return [{**loss.own[0], "line": "a.b.c"}]


def another_type(loss: Loss) -> list[Line]:
    first = loss.own[0]
    _, payload, signature = first["line"].split(".")
    head = loss.till.sign(**facts_of(first)).split(".")[0][:-4]
    return [{**first, "line": f"{head}AAAA.{payload}.{signature}"}]


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (edited_request, "daybook_edited"),
        (edited_answer, "daybook_edited"),
        (edited_line, "daybook_signature"),
        (signed_by_a_stranger, "daybook_signature"),
        (another_tills, "daybook_foreign"),
        (another_communitys, "daybook_foreign"),
        (more_points_than_told, "daybook_not_told"),
        (another_persons_code, "daybook_not_told"),
        (another_time, "daybook_not_told"),
        (another_path, "daybook_not_told"),
        (made_up, "daybook_not_told"),
        (nothing_of_the_kind, "daybook_line_bad"),
        (another_type, "daybook_line_bad"),
    ],
)
def test_a_forged_line_is_refused_with_its_own_code(loss: Loss, forge: Forge, code: str) -> None:
    forged = forge(loss)

    assert loss.send(forged) == [code] * len(forged)

    # Kept as evidence, booked by nobody; the true line still comes in.
    with loss.day.db.read() as tx:
        found = epochs.get_open(tx, HERE)
        kept = lines.refused_lines(tx, HERE, found.recovery_id)
    assert [row.code for row in kept] == [code] * len(forged)
    assert loss.send(loss.own) == ["", "", ""]
    for till in loss.day.tills:
        till.bring()
    assert apply_all(loss.day.desk, HERE, by=SYSTEM, at=loss.day.server.at).states["applied"] == 4
    assert len(loss.day.rows("SELECT sale_id FROM sale")) == 4
    check_invariants(loss.day.db.engine)


def test_lines_in_another_order_are_refused_where_they_go_back(loss: Loss) -> None:
    first, second, third = loss.own

    assert loss.send([second, first, third]) == ["", "daybook_order", ""]


def test_the_same_line_again_is_known(loss: Loss) -> None:
    first, second, _ = loss.own

    assert loss.send([first, first, second]) == ["", "", ""]
    with loss.day.db.read() as tx:
        found = epochs.get_open(tx, HERE)
        assert len(lines.all_lines(tx, HERE, found.recovery_id)) == 2


def test_two_true_answers_under_one_number_are_two_histories(loss: Loss) -> None:
    first, second, third = loss.own
    forked = loss.signed_anew(third, n=2, p=hashed(first["line"]))

    assert loss.send([first, second, forked]) == ["", "", "daybook_forked"]


def test_a_line_behind_another_one_than_came_is_another_history(loss: Loss) -> None:
    first, second, third = loss.own
    without_second = loss.signed_anew(third, n=3, p=hashed("another line"))

    assert loss.send([first, second, without_second]) == ["", "", "daybook_forked"]


def test_a_line_left_out_is_seen_and_the_next_one_taken(loss: Loss) -> None:
    first, _, third = loss.own

    assert loss.send([first, third]) == ["", ""]


def test_what_was_told_after_the_key_was_taken_away_does_not_count(loss: Loss) -> None:
    """The office enters the revocation again, as its paper says it was."""
    second_at = facts_of(loss.own[1])["t"] * 1_000

    loss.day.db.write(
        lambda tx: terminals.revoke(tx, HERE, loss.till.till.terminal_id, by=SYSTEM, at=second_at)
    )

    # Out of service, it may say nothing but what it was told; and only what it was told before.
    assert loss.till.call("GET", "/api/v1/till/state").get_json()["code"] == "terminal_revoked"
    asked = loss.till.call("GET", "/api/v1/recovery").get_json()["recovery"]
    said = loss.till.send(asked["recovery_id"], loss.own)
    assert [one["code"] for one in said["refused"]] == ["daybook_revoked", "daybook_revoked"]
    assert said["taken"] == 1


def test_what_is_older_than_the_copy_is_refused(loss: Loss) -> None:
    with loss.day.db.engine.begin() as connection:
        later = loss.day.server.at + 3_600 * SECOND_US
        connection.exec_driver_sql(f"UPDATE recovery SET since_at = {later}")

    assert loss.send(loss.own[:1]) == ["daybook_before_backup"]


def test_what_is_told_in_the_future_is_refused(loss: Loss) -> None:
    loss.day.server.at -= 7_200 * SECOND_US

    assert loss.send(loss.own[:1]) == ["daybook_future"]


def test_a_till_that_says_there_were_more_is_asked_again(loss: Loss) -> None:
    asked = loss.till.state()["recovery"]["recovery_id"]
    loss.send(loss.own[:2])
    body = {"recovery_id": asked, "lines": 3, "last_counter": 3}

    said = loss.till.call("POST", "/api/v1/recovery/report", body)

    assert said.get_json()["code"] == "daybook_incomplete"
    assert said.get_json()["facts"] == {"told": 3, "arrived": 2}
    assert loss.till.state()["recovery"]["wanted"] is True


def test_without_the_servers_own_mark_a_till_could_raise_what_it_was_told(loss: Loss) -> None:
    """The control: where the master key is lost with the book, only the till's signature is left."""
    with loss.day.db.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE recovery SET proof = '{DEVICE}'")

    assert loss.send(more_points_than_told(loss)) == [""]
