"""The demonstration lives two months through the product, and the nights find what was planted and nothing else."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kiosk.demo.command import command
from kiosk.demo.folder import DemoFolder, Facts
from kiosk.demo.live import live, today_of
from kiosk.demo.months import issue_days
from kiosk.demo.serving import wake
from kiosk.generator.shapes import moment_us
from ledger.book.balances import account_sum
from ledger.database import Database
from ledger.sql import Sql
from ledger.units import CNY
from settlement import gate
from settlement import rings as rings_of_watch
from settlement.auditor.report import Report
from settlement.night import verify_night
from settlement.watch_run import watch_day
from tests.support.auditing import found_nothing
from tests.support.night_plant import into
from tests.support.scoring import (
    Mark,
    found_by,
    labels_of,
    last_night,
    left_unpaid,
    ring_table,
    score,
    score_rings,
    settled_wrong,
    table_of,
)

pytestmark = pytest.mark.slow

NOON = moment_us(date(2026, 5, 20), 12 * 3_600)
DAY_US = 86_400_000_000
LINES = {"X1", "X2", "X3", "V1", "V2", "S1"}

FOUND = Sql(
    "SELECT code, ref, plus_fen + minus_fen AS fen FROM discrepancy"
    " WHERE community_id = :community_id"
)
PAIRED = Sql("SELECT ref, booked_ref FROM claim_pairing WHERE community_id = :community_id")
NIGHTS = Sql(
    "SELECT business_date, state FROM night_run WHERE community_id = :community_id"
    " ORDER BY business_date"
)
STATES = Sql(
    "SELECT state, count(*) AS n, sum(amount_fen) AS fen FROM payout"
    " WHERE community_id = :community_id GROUP BY state"
)
TAILS = Sql("SELECT account_tail FROM payout WHERE community_id = :community_id")
LEFT = Sql(
    "SELECT state, count(*) AS n FROM discrepancy WHERE community_id = :community_id"
    " AND state IN ('open', 'pooled') GROUP BY state"
)
STATEMENTS = Sql(
    "SELECT m.code, s.state, s.objection_until FROM statement s JOIN merchant m ON m.community_id = s.community_id"
    " AND m.merchant_id = s.claimant_id WHERE s.community_id = :community_id AND s.month = 202604"
)
DISPUTED = Sql("SELECT count(*) AS n FROM dispute WHERE community_id = :community_id")
SETTLED = Sql(
    "SELECT sum(settled_fen_plus - settled_fen_minus) AS fen FROM night_total"
    " WHERE community_id = :community_id"
)
DECIDED = Sql(
    "SELECT coalesce(sum(posted_fen), 0) AS fen FROM discrepancy WHERE community_id = :community_id"
)
SHOPS = Sql("SELECT owner_id FROM account WHERE community_id = :community_id AND kind = 'payable'")
TODAY = Sql(
    "SELECT max(business_date) AS day, max(occurred_at) AS at FROM sale"
    " WHERE community_id = :community_id"
)


@dataclass
class Lived:
    """A finished demonstration."""

    folder: DemoFolder
    facts: Facts
    db: Database

    @property
    def truth(self) -> list[dict[str, Any]]:
        """The planted faults."""
        text = self.folder.truth_file.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def labels(self) -> list[Mark]:
        """What was planted in documents the last night has seen."""
        until = last_night(self.db, self.facts.community_id)
        return labels_of(self.folder.truth_file.read_text(encoding="utf-8"), until=until)

    def rows(self, sql: Sql) -> list[Any]:
        """What the book says."""
        with self.db.read() as tx:
            return tx.all(sql, community_id=self.facts.community_id)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = live(tmp_path_factory.mktemp("lived") / "demo", now=NOON, seed=11, months=2)
    facts = folder.find_facts()
    assert facts is not None
    db = Database(folder.database_url)
    yield Lived(folder, facts, db)
    db.close()


def test_the_nights_find_each_planted_fault_once_and_nothing_else(lived: Lived) -> None:
    planted = sorted(
        (row["verdict"], row["ref"], row["amount_fen"])
        for row in lived.truth
        if row["verdict"] in LINES
    )
    found = sorted((row.code, row.ref, row.fen) for row in lived.rows(FOUND) if row.code in LINES)

    assert len(planted) > 5
    assert found == planted


def test_every_code_of_the_labels_is_found_as_often_as_it_was_planted(lived: Lived) -> None:
    scores = score(lived.labels(), found_by(lived.db, lived.facts.community_id))

    assert all(one.holds for one in scores.values()), table_of(scores)
    assert {"X2", "X3", "S1", "R1", "R2", "R4", "R5"} <= scores.keys()
    owed = json.loads(lived.folder.owed_file.read_text(encoding="utf-8"))
    assert settled_wrong(lived.db, lived.facts.community_id, owed) == {}


def test_a_label_nobody_planted_is_missed_and_a_finding_nobody_planted_is_extra(
    lived: Lived,
) -> None:
    """Control: the score is no yes-sayer."""
    found = found_by(lived.db, lived.facts.community_id)
    labels = lived.labels()
    sham = Mark("X2", "M01 M01T1-260401-99999-Q", 500)
    one = next(mark for mark in labels if mark.code == "S1")

    missed = score([*labels, sham], found)["X2"]
    extra = score([mark for mark in labels if mark != one], found)["S1"]
    other = score(
        [mark._replace(fen=mark.fen + 1) if mark == one else mark for mark in labels], found
    )

    assert (missed.missed, missed.holds) == ([sham.what], False)
    assert (extra.extra, extra.holds) == ([one.what], False)
    assert (other["S1"].fen_wrong, other["S1"].holds) == (1, False)


def test_the_five_rings_are_raised_in_their_nights_and_the_sham_one_is_paid_nothing(
    lived: Lived,
) -> None:
    lines = lived.folder.rings_file.read_text(encoding="utf-8")
    rings = score_rings(lived.db, lived.facts.community_id, lines)
    sham = next(ring for ring in map(json.loads, lines.splitlines()) if ring["ring"] == "R3")
    unpaid = left_unpaid(lived.db, lived.facts.community_id, sham["shop"])

    assert rings.missed == [], ring_table(rings)
    assert len(rings.false) <= rings.allowed_false, ring_table(rings)
    assert rings.first_night["R3"] == sham["days"][0]
    assert sham["offsets"] >= 15
    assert sham["days"][0] >= 20260501 or unpaid >= sham["fen"]


def test_a_rule_that_is_switched_off_is_missed(
    lived: Lived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: the watch looks again at every night with one ring's rule taken out."""
    copy = DemoFolder(tmp_path / "copy")
    shutil.copytree(lived.folder.root, copy.root)
    db, here = Database(copy.database_url), lived.facts.community_id
    lines = lived.folder.rings_file.read_text(encoding="utf-8")
    days = sorted({day for ring in map(json.loads, lines.splitlines()) for day in ring["days"]})
    into(db, "DELETE FROM watch_flag")
    monkeypatch.setattr(rings_of_watch, "_sham_offsets", lambda _days: iter(()))
    for day in days:
        watch_day(db, here, day, at=NOON)
    rings = score_rings(db, here, lines)
    db.close()

    assert rings.missed == ["R3"]


def test_each_number_copied_wrongly_is_joined_with_its_own_sale(lived: Lived) -> None:
    planted = sorted(
        (row["ref"], row["facts"]["meant"]) for row in lived.truth if row["verdict"] == "PAIRED"
    )

    assert sorted((row.ref, row.booked_ref) for row in lived.rows(PAIRED)) == planted


def test_every_day_up_to_yesterday_is_closed_and_can_be_recomputed(lived: Lived) -> None:
    nights = lived.rows(NIGHTS)

    assert nights[0].business_date == 20260321
    assert nights[-1].business_date == 20260519
    assert {row.state for row in nights} == {"locked"}
    assert verify_night(lived.db, lived.facts.community_id, 20260410)


def test_today_is_open_and_has_gone_as_far_as_the_clock(lived: Lived) -> None:
    [today] = lived.rows(TODAY)

    assert today.day == 20260520
    assert NOON - 3 * 3_600_000_000 < today.at <= NOON
    assert today_of(NOON).isoformat() == lived.facts.until


def test_what_was_settled_is_owed_or_paid_to_the_fen(lived: Lived) -> None:
    payouts = {row.state: row for row in lived.rows(STATES)}
    here = lived.facts.community_id
    with lived.db.read() as tx:
        shops = [row.owner_id for row in tx.all(SHOPS, community_id=here)]
        owed = sum(account_sum(tx, here, "payable", CNY, shop) for shop in shops)
    [settled], [decided] = lived.rows(SETTLED), lived.rows(DECIDED)

    # What was sent is no longer owed, also while the channel has not said how it ended.
    gone = sum(payouts[state].fen for state in ("confirmed", "sent") if state in payouts)
    assert payouts["confirmed"].fen > 5_000
    assert owed + gone == settled.fen + decided.fen
    assert lived.facts.counts["payouts"] == sum(row.n for row in payouts.values())


def test_something_is_left_for_whoever_tries_it(lived: Lived) -> None:
    """About nine differences, a statement its owner can still object to, one objected to, payouts to approve."""
    left = {row.state: int(row.n) for row in lived.rows(LEFT)}
    statements = {row.code: row for row in lived.rows(STATEMENTS)}

    assert 6 <= left["open"] + left.get("pooled", 0) <= 11
    assert (statements["M01"].state, statements["M01"].objection_until >= 20260520) == (
        "issued",
        True,
    )
    assert statements["M02"].state == "accepted"
    assert [int(row.n) for row in lived.rows(DISPUTED)] == [1]
    assert "proposed" in {row.state for row in lived.rows(STATES)}


@pytest.mark.parametrize("today", [date(2026, 5, n) for n in (1, 4, 5, 6, 9, 10, 20, 31)])
def test_on_any_day_the_last_statement_can_still_be_objected_to(today: date) -> None:
    planned = issue_days(date(2026, 2, 10), today)

    last = max(day for day in planned if day < today)
    assert 0 < (today - last).days <= 4
    months = [planned[day] for day in sorted(planned)]
    assert months == sorted(set(months))
    assert {202602, 202603} <= set(planned.values())


def test_every_payout_names_the_account_it_went_to(lived: Lived) -> None:
    tails = {row.account_tail for row in lived.rows(TAILS)}

    assert len(tails) > 1
    assert all(len(tail) == 4 and tail.isdecimal() for tail in tails)


def test_the_folder_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    class PowerCutError(Exception):
        pass

    def cut(done: int, _of: int) -> None:
        if done == 3:
            raise PowerCutError

    with pytest.raises(PowerCutError):
        live(tmp_path / "demo", now=NOON, seed=1, months=1, progress=cut)

    assert not (tmp_path / "demo").exists()
    assert DemoFolder(tmp_path / "demo").find_facts() is None


def test_after_a_sleep_the_missing_nights_are_run_first(lived: Lived, tmp_path: Path) -> None:
    copy = DemoFolder(tmp_path / "copy")
    shutil.copytree(lived.folder.root, copy.root)

    codes = wake(copy, lived.facts, now=NOON + 2 * DAY_US)

    assert len({*codes}) == 3
    db = Database(copy.database_url)
    with db.read() as tx:
        nights = tx.all(NIGHTS, community_id=lived.facts.community_id)
    db.close()
    assert [(n.business_date, n.state) for n in nights[-3:]] == [
        (20260519, "locked"),
        (20260520, "locked"),
        (20260521, "locked"),
    ]


# --- the second engine


def test_the_second_engine_finds_nothing_in_the_lived_community(lived: Lived) -> None:
    report = gate.audit_book(lived.db, lived.facts.community_id, at=NOON)

    assert report.findings == ()
    assert report.not_asked == ()
    assert report.transfers > 2_000


@pytest.mark.usefixtures("audited")
def test_nights_run_after_a_sleep_are_audited_too(lived: Lived, tmp_path: Path) -> None:
    copy = DemoFolder(tmp_path / "copy")
    shutil.copytree(lived.folder.root, copy.root)
    db = Database(copy.database_url)
    into(db, "UPDATE claim SET fen = fen + 1 WHERE ref = (SELECT min(ref) FROM claim)")

    wake(copy, lived.facts, now=NOON + 2 * DAY_US)

    here = lived.facts.community_id
    with db.read() as tx:
        nights = tx.all(NIGHTS, community_id=here)
        found = gate.open_findings(tx, here)
    db.close()
    assert [(n.business_date, n.state) for n in nights[-2:]] == [
        (20260519, "locked"),
        (20260520, "audit_failed"),
    ]
    assert found[0].file == "claim.csv"


def test_every_night_of_the_demonstration_asks_the_second_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def ask(db: Database, community_id: int, *, at: int, since: Report | None = None) -> Report:
        asked.append(at)
        return found_nothing(db, community_id, at=at, since=since)

    monkeypatch.setattr(gate, "second_engine", ask)
    folder = live(tmp_path / "demo", now=NOON, seed=3, months=1)
    db = Database(folder.database_url)
    facts = folder.find_facts()
    assert facts is not None
    with db.read() as tx:
        nights = tx.all(NIGHTS, community_id=facts.community_id)
    db.close()

    assert len(nights) > 25
    assert len({*asked}) == len(nights)


def test_what_was_lived_once_is_used_again(lived: Lived) -> None:
    before = lived.folder.database_url, (lived.folder.root / "demo.json").stat().st_mtime_ns

    said = CliRunner().invoke(command, ["--no-serve", "--folder", str(lived.folder.root)])

    assert said.exit_code == 0
    assert f"{lived.facts.counts['sales']} sales" in said.output
    after = lived.folder.database_url, (lived.folder.root / "demo.json").stat().st_mtime_ns
    assert after == before
