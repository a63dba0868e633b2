"""Batches of tills in one chain: each fault is refused under its own code and kept, and clean ones pass."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.api.claims import ClaimBody, daybook_of
from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import terminals
from ledger.refs import make_reference
from ledger.sql import Sql
from settlement.batch_seal import rows_hash
from settlement.claims import file_daybook, last_filed
from tests.support.batch_seal import seal_batch, seal_hash
from tests.support.device import public_jwk
from tests.support.night_plant import Entry, Planter, daybook, into, next_day
from tests.support.town import HERE, Town, build_town, moment

DAY = 20260302
SAMPLE = Path(__file__).parents[2] / "kiosk" / "web" / "tests" / "samples" / "batch.json"
REFUSED = Sql("SELECT code, batch_no FROM claim_refused WHERE community_id = :community_id")
FILES = Sql("SELECT count(*) AS n FROM stored_file WHERE community_id = :community_id")
CLAIMS = Sql("SELECT count(*) AS n FROM claim WHERE community_id = :community_id")

Plant = Callable[["Chain", dict[str, Any]], dict[str, Any]]


class Chain:
    """A till that seals: its key, and the batches it made one behind the other."""

    def __init__(self, town: Town) -> None:
        """Enrol the town's first till."""
        self.town = town
        self.till = town.tills[0].terminal_id
        self.planter = Planter([town.tills[0]], seed=3)
        self.key = enrol(town, self.till)
        self.before = ""
        self.no = 0
        self.day = DAY

    def plain(self, sales: int = 2) -> dict[str, Any]:
        """The next day of the till, not yet sealed."""
        lines = [self.planter.entry(self.day, fen=500) for _ in range(sales)]
        batch = daybook(self.day, self.no + 1, lines)
        self.day = next_day(self.day)
        return batch

    def seal(self, batch: dict[str, Any], **other: Any) -> dict[str, Any]:
        """Sealed behind the last one sent."""
        return seal_batch(self.key, self.till, batch, self.before, **other)

    def send(self, batch: dict[str, Any]) -> dict[str, Any]:
        """File it; the next one follows it."""
        answer = file_daybook(self.town.db, HERE, self.till, batch, at=self.town.later(60))
        self.no, self.before = batch["batch_no"], seal_hash(batch["seal"])
        return answer


def enrol(town: Town, terminal_id: int) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    by = By("staff", 1)
    code = town.db.write(
        lambda tx: terminals.make_enrolment_code(tx, HERE, terminal_id, by=by, at=town.later(60))
    )
    town.db.write(lambda tx: terminals.enrol(tx, HERE, code, public_jwk(key), at=town.later(60)))
    return key


@pytest.fixture
def chain(db: Database) -> Chain:
    made = Chain(build_town(db, people=1, shops=2, fund_fen=0))
    assert made.send(made.seal(made.plain()))["outcome"] == "ok"
    return made


def count(chain: Chain, statement: Sql) -> int:
    with chain.town.db.read() as tx:
        return int(tx.get(statement, community_id=HERE).n)


def refused(chain: Chain) -> list[tuple[str, int]]:
    with chain.town.db.read() as tx:
        return [tuple(row) for row in tx.all(REFUSED, community_id=HERE)]


def changed_row(batch: dict[str, Any]) -> dict[str, Any]:
    """A line's yuan paid changed, which stands in no sum."""
    lines = [dict(line) for line in batch["lines"]]
    lines[1]["paid_fen"] += 1
    return {**batch, "lines": lines}


FAULTS: dict[str, tuple[str, Plant]] = {
    "a number left out": (
        "claim_batch_gap",
        lambda c, b: c.seal({**b, "batch_no": c.no + 2}),
    ),
    "other content under a number": (
        "claim_batch_changed",
        lambda c, b: c.seal({**b, "batch_no": c.no}),
    ),
    "another key": (
        "claim_batch_signature",
        lambda c, b: seal_batch(ec.generate_private_key(ec.SECP256R1()), c.till, b, c.before),
    ),
    "made for another till": (
        "claim_batch_signature",
        lambda c, b: seal_batch(c.key, c.town.tills[1].terminal_id, b, c.before),
    ),
    "no seal at all": ("claim_batch_unsigned", lambda _c, b: b),
    "rubbish for a seal": ("claim_batch_signature", lambda _c, b: {**b, "seal": "a.b.c"}),
    "a row changed after it was sealed": (
        "claim_batch_rows",
        lambda c, b: changed_row(c.seal(b)),
    ),
    "sealed for another day": (
        "claim_batch_rows",
        lambda c, b: c.seal(b, d=20260401),
    ),
    "another batch before it": (
        "claim_batch_not_chained",
        lambda c, b: seal_batch(c.key, c.till, b, "x" * 43),
    ),
    "as if it were the first": (
        "claim_batch_not_chained",
        lambda c, b: seal_batch(c.key, c.till, b, ""),
    ),
}


def test_each_fault_is_refused_under_its_code_and_kept_and_the_same_day_without_it_passes(
    chain: Chain,
) -> None:
    for n, (fault, (code, plant)) in enumerate(FAULTS.items(), start=1):
        files, claims = count(chain, FILES), count(chain, CLAIMS)
        clean = chain.plain()
        bad = plant(chain, clean)
        for _ in range(2):
            with pytest.raises(Refusal, match=code):
                file_daybook(chain.town.db, HERE, chain.till, bad, at=chain.town.later(60))

        assert (code, bad["batch_no"]) in refused(chain), fault
        assert (len(refused(chain)), count(chain, FILES)) == (n, files + 1), fault
        assert count(chain, CLAIMS) == claims, fault
        assert chain.send(chain.seal(clean))["outcome"] == "ok", fault


def test_the_same_batch_again_is_a_replay(chain: Chain) -> None:
    batch = chain.seal(chain.plain())
    first = chain.send(batch)

    assert chain.send(batch) == {**first, "outcome": "replayed"}
    assert refused(chain) == []


def test_header_or_trailer_sums_that_differ_hold_the_batch(chain: Chain) -> None:
    batch = chain.plain()
    for part, name in (("h", "header"), ("t", "trailer")):
        for place, field in enumerate(("rows", "units", "fen")):
            sums = [2, 20_000, 1_000]
            sums[place] += 1
            batch = {**batch, "batch_no": chain.no + 1}
            answer = chain.send(chain.seal(batch, **{part: sums}))
            assert answer["outcome"] == "totals_wrong"
            assert [one["name"] for one in answer["differences"]] == [f"{name}_{field}"]

    again = {**batch, "batch_no": chain.no + 1}
    assert chain.send(chain.seal(again))["outcome"] == "ok"  # the next one names the held one


def test_with_the_guard_off_a_broken_chain_is_taken(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("settlement.claims.check_follows", lambda *_args, **_more: None)
    batch = seal_batch(chain.key, chain.till, chain.plain(), "x" * 43)

    assert chain.send(batch)["outcome"] == "ok"


def test_with_the_guard_off_changed_rows_are_taken(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("settlement.claims.check_names", lambda *_args, **_more: None)

    assert chain.send(changed_row(chain.seal(chain.plain())))["outcome"] == "ok"


def test_a_till_that_never_sealed_goes_on_without_and_may_begin(db: Database) -> None:
    chain = Chain(build_town(db, people=1, shops=1, fund_fen=0))
    plain = chain.plain()
    assert file_daybook(db, HERE, chain.till, plain, at=chain.town.later(60))["outcome"] == "ok"
    chain.no = 1

    assert chain.send(chain.seal(chain.plain()))["outcome"] == "ok"
    with pytest.raises(Refusal, match="claim_batch_unsigned"):
        file_daybook(db, HERE, chain.till, chain.plain(), at=chain.town.later(60))


def test_what_was_kept_before_batches_were_sealed_is_still_a_replay(db: Database) -> None:
    """The bytes of an unsealed batch, and so its hash, are those of before."""
    town = build_town(db, people=1, shops=1, fund_fen=0)
    batch = daybook(DAY, 1, [Planter(town.tills, seed=3).entry(DAY, fen=100)])
    file_daybook(db, HERE, town.tills[0].terminal_id, batch, at=town.at)
    with db.read() as tx:
        kept = tx.get(Sql("SELECT body FROM stored_file WHERE community_id = :c"), c=HERE)

    assert "seal" not in json.loads(bytes(kept.body))


def test_enrolled_anew_a_tablet_may_begin_a_chain_or_go_on(chain: Chain) -> None:
    chain.key = enrol(chain.town, chain.till)
    with chain.town.db.read() as tx:
        told = last_filed(tx, HERE, chain.town.tills[0].merchant_id, chain.till)
    assert told == {"no": 1, "hash": chain.before}

    begun = seal_batch(chain.key, chain.till, chain.plain(), "")
    assert chain.send(begun)["outcome"] == "ok"
    with pytest.raises(Refusal, match="claim_batch_not_chained"):
        chain.send(seal_batch(chain.key, chain.till, chain.plain(), ""))


def test_the_former_key_signs_no_more(chain: Chain) -> None:
    former, batch = chain.key, chain.plain()
    enrol(chain.town, chain.till)

    with pytest.raises(Refusal, match="claim_batch_signature"):
        chain.send(seal_batch(former, chain.till, batch, chain.before))


def test_a_number_of_another_day_is_no_gap(chain: Chain) -> None:
    """A tablet's clock ran ahead: its number stands in the next day's batch, and the book has it."""
    lines = [chain.planter.entry(DAY, fen=500) for _ in range(4)]
    sent = [lines[0], lines[3]]
    assert gaps_of(chain, sent) == [lines[1].counter, lines[2].counter]

    ahead = make_reference(chain.town.tills[0].code, next_day(DAY), lines[1].counter)
    in_the_book(chain, ahead)
    in_the_book(chain, lines[2].ref)

    assert gaps_of(chain, sent) == [lines[2].counter]  # of this day, and held back


def gaps_of(chain: Chain, lines: list[Entry]) -> list[int]:
    answer = chain.send(chain.seal(daybook(DAY, chain.no + 1, lines)))
    return [one["counter"] for one in answer["differences"] if one["name"] == "missing_counter"]


def in_the_book(chain: Chain, ref: str) -> None:
    into(
        chain.town.db,
        "INSERT INTO sale (community_id, sale_id, ref, state, merchant_id, terminal_id, person_id, wallet_owner_id,"
        " business_date, occurred_at, total_fen, offset_fen, offset_units, paid_fen, earned_units, refunded_fen, route,"
        f" plan) VALUES ({HERE}, '{ref}', '{ref}', 'done', 1, {chain.till}, 1, 1, {DAY}, 1, 100, 0, 0, 100, 0, 0,"
        " 'till', '')",
    )


def test_what_the_tills_page_seals_is_what_the_server_reads(db: Database) -> None:
    """The sample was made by the page's own code."""
    sample = json.loads(SAMPLE.read_text())
    town = build_town(db, people=1, shops=1, fund_fen=0)
    assert (town.tills[0].terminal_id, town.tills[0].code) == (1010, "M01T1")
    by = By("staff", 1)
    code = db.write(lambda tx: terminals.make_enrolment_code(tx, HERE, 1010, by=by, at=town.at))
    db.write(lambda tx: terminals.enrol(tx, HERE, code, sample["jwk"], at=town.at))
    body = ClaimBody.model_validate_json(json.dumps(sample["body"]))
    batch = daybook_of(body)

    assert file_daybook(db, HERE, 1010, batch, at=moment("2026-03-02 20:00"))["outcome"] == "ok"
    assert rows_hash(batch.lines) in json.dumps(_payload(sample["body"]["seal"]))
    with db.read() as tx:
        assert last_filed(tx, HERE, 1, 1010) == {"no": 1, "hash": sample["hash"]}


def _payload(seal: str) -> dict[str, Any]:
    part = seal.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found
