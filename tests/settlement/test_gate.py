"""No day is locked before the second engine passed it: what was altered is named, put right, and then it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from settlement import gate
from settlement.auditor.report import Report
from settlement.auditor.run import audit, audit_part
from settlement.auditor.source import NotAnExportError
from settlement.export.write import write_export
from settlement.night import run_night
from settlement.night_result import NightResult
from tests.support.lived_month import Month, live_month, start_month
from tests.support.night_plant import into, midnight, next_day
from tests.support.town import HERE

HOUR = 3_600_000_000
DAY = 20260303

ACTS = Sql(
    "SELECT act, after FROM audit WHERE community_id = :community_id AND act LIKE 'audit.%'"
    " ORDER BY audit_id"
)
STATE = Sql(
    "SELECT state FROM book_day WHERE community_id = :community_id AND business_date = :day"
)
FIRST = "(SELECT min(txn_id) FROM offset_booked)"

# What somebody changes before the night, how it is put right, and where it is found.
ALTERED = {
    "a journal row": (
        f"UPDATE transfer SET amount = amount {{}} 1 WHERE line_no = 0 AND txn_id = {FIRST}",
        "transfer.csv",
    ),
    "a rate": (
        "UPDATE scheme_version SET body = replace(body, 'points_per_yuan = 2{}', 'points_per_yuan = 2{}')",
        "scheme_version.csv",
    ),
    "a claim": (
        "UPDATE claim SET units = units {} 1 WHERE ref = (SELECT max(ref) FROM claim)",
        "claim.csv",
    ),
    "a payout": (
        "UPDATE payout SET amount_fen = amount_fen {} 1 WHERE state = 'proposed'",
        "payout.csv",
    ),
}


@pytest.fixture
def month(db: Database, tmp_path: Path) -> Month:
    """A town that has lived two days; the second day's night is not run yet."""
    return start_month(db, tmp_path / "channel")


def night(month: Month, day: int = DAY) -> NightResult:
    return run_night(month.town.db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)


def acts(db: Database) -> list[tuple[str, dict[str, Any]]]:
    with db.read() as tx:
        return [(row.act, json.loads(row.after)) for row in tx.all(ACTS, community_id=HERE)]


def day_state(db: Database, day: int = DAY) -> str:
    with db.read() as tx:
        return str(tx.get(STATE, community_id=HERE, day=day).state)


def change(what: str, sign: str) -> str:
    statement = ALTERED[what][0]
    if what == "a rate":
        return statement.format(*("01" if sign == "+" else "10"))
    return statement.format(sign)


@pytest.mark.usefixtures("audited")
def test_a_clean_night_locks_and_the_pass_is_on_record(month: Month) -> None:
    result = night(month)

    assert (result.state, result.findings) == ("locked", ())
    assert day_state(month.town.db) == "locked"
    name, facts = acts(month.town.db)[-1]
    assert (name, facts["findings"]) == ("audit.passed", 0)
    assert len(facts["manifest"]) == len(facts["result"]) == len(facts["root"]) == 64


@pytest.mark.usefixtures("audited")
@pytest.mark.parametrize("what", ["a journal row", "a rate", "a claim"])
def test_what_was_altered_before_the_night_keeps_its_day_open_until_it_is_put_right(
    month: Month, what: str
) -> None:
    db, file = month.town.db, ALTERED[what][1]
    into(db, change(what, "+"))

    failed = night(month)

    assert failed.state == "audit_failed"
    assert day_state(db) == "cut_off"
    assert failed.findings[0].file == file
    assert failed.findings[0].row_key
    assert failed.findings[0].reason("zh") != failed.findings[0].reason("en")
    assert acts(db)[-1][0] == "audit.failed"
    again = night(month)
    assert (again.state, again.digest) == ("audit_failed", failed.digest)
    with db.read() as tx:
        assert {kept.file for kept in gate.open_findings(tx, HERE)} >= {file}

    into(db, change(what, "-"))
    result = night(month)

    assert (result.state, result.findings) == ("locked", ())
    # Nothing was settled on what was altered: the night compared anew.
    assert (result.digest == failed.digest) == (what != "a claim")
    assert ("V4" in {code.code for code in failed.codes}) == (what == "a claim")
    assert "V4" not in {code.code for code in result.codes}
    assert day_state(db) == "locked"
    assert acts(db)[-1][0] == "audit.passed"


@pytest.mark.usefixtures("audited")
def test_what_is_altered_while_the_night_settles_keeps_the_day_open_too(month: Month) -> None:
    db = month.town.db
    settled = (
        "UPDATE transfer SET amount = amount {} 1 WHERE line_no = 1 AND txn_id ="
        " (SELECT max(txn_id) FROM txn WHERE kind = 'settle')"
    )

    def meddle(step: str) -> None:
        if step == "settled":
            into(db, settled.format("+"))

    at = midnight(next_day(DAY)) + 2 * HOUR
    failed = run_night(db, HERE, DAY, at=at, after_step=meddle)
    assert (failed.state, day_state(db)) == ("audit_failed", "cut_off")

    into(db, settled.format("-"))
    result = night(month)
    assert (result.state, result.digest) == ("locked", failed.digest)


@pytest.mark.usefixtures("audited")
def test_the_second_look_reads_what_came_in_since_and_no_more(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old row altered between the two looks is the next night's to find, and that night does not lock."""
    db, looks = month.town.db, list[tuple[bool, int]]()

    def ask(db: Database, here: int, *, at: int, since: Report | None = None) -> Report:
        report = gate.audit_book(db, here, at=at, since=since)
        looks.append((since is None, report.transfers))
        return report

    def meddle(step: str) -> None:
        if step == "settled":
            into(db, change("a journal row", "+"))

    monkeypatch.setattr(gate, "second_engine", ask)
    at = midnight(next_day(DAY)) + 2 * HOUR
    assert run_night(db, HERE, DAY, at=at, after_step=meddle).state == "locked"
    (whole, every), (again, fresh) = looks
    assert (whole, again) == (True, False)
    assert 0 < fresh < every

    failed = night(month, next_day(DAY))
    assert failed.state == "audit_failed"
    assert "transfer.csv" in {kept.file for kept in failed.findings}


@pytest.mark.usefixtures("audited")
def test_a_part_is_read_after_its_whole_and_never_alone(month: Month, tmp_path: Path) -> None:
    db, at = month.town.db, midnight(next_day(DAY))
    write_export(db, HERE, tmp_path / "whole", at=at)
    carried = audit(tmp_path / "whole", carry=True).carried
    assert carried is not None
    write_export(db, HERE, tmp_path / "part", at=at, since=carried.size)

    assert audit_part(tmp_path / "part", carried).passed
    with pytest.raises(NotAnExportError):
        audit(tmp_path / "part")
    with pytest.raises(NotAnExportError):
        audit_part(tmp_path / "part", carried._replace(size=carried.size + 1))
    with pytest.raises(NotAnExportError):
        audit_part(tmp_path / "whole", carried)
    # A balance that is not what was carried and came in since.
    wallet = next(account for account, total in carried.balances.items() if total)
    other = {**carried.balances, wallet: carried.balances[wallet] + 1}
    report = audit_part(tmp_path / "part", carried._replace(balances=other))
    assert {finding.check for finding in report.findings} & {"I4", "I6"}


def test_without_the_second_engine_the_same_night_locks(month: Month) -> None:
    """The control: it is the audit that finds it, and nothing else on the way."""
    into(month.town.db, change("a journal row", "+"))

    assert night(month).state == "locked"


@pytest.mark.usefixtures("audited")
def test_an_audit_that_cannot_be_finished_passes_nothing(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(gate, "write_export", full_disk)
        failed = night(month)
    assert failed.state == "audit_failed"
    assert [(kept.check, "No space left" in kept.facts) for kept in failed.findings] == [
        ("audit", True)
    ]

    assert night(month).state == "locked"


@pytest.mark.usefixtures("audited")
def test_no_later_day_is_closed_over_one_the_audit_keeps_open(month: Month) -> None:
    into(month.town.db, change("a claim", "+"))
    night(month)

    with pytest.raises(Refusal, match="night_unfinished"):
        night(month, next_day(DAY))


@pytest.mark.usefixtures("audited")
def test_a_lived_month_locks_every_night(sqlite_url: str, tmp_path: Path) -> None:
    db = Database(sqlite_url)
    live_month(db, tmp_path / "channel")

    names = [name for name, _ in acts(db)]
    assert names == ["audit.passed"] * 30
    into(db, change("a payout", "+"))
    failed = run_night(db, HERE, 20260401, at=midnight(20260405))
    assert failed.state == "audit_failed"
    assert "payout.csv" in {kept.file for kept in failed.findings}
    db.close()
