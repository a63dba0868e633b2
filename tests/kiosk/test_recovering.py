"""A loss by command, as the manual says it, and what the office's pages show and ask meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import main
from kiosk.recovering.finishing import apply_all
from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.recovery import alarms, epochs, intake
from tests.support.engines import SqliteFiles
from tests.support.http import Server
from tests.support.lost_day import LostDay, answers_again, build_day
from tests.support.pages_town import Served, form_number, text_of
from tests.support.town import HERE

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server's folder with its master key."""
    place = tmp_path / "old machine"
    place.mkdir()
    key = place / "master.key"
    key.write_text((b"m" * 32).hex())
    key.chmod(0o600)
    monkeypatch.setenv("JIFEN_DATA_DIR", str(place))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("JIFEN_CONFIG", raising=False)
    return place


@pytest.fixture
def run() -> Run:
    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, [*words], catch_exceptions=False)

    return invoke


@pytest.fixture
def day(folder: Path, sqlite_files: SqliteFiles, tmp_path: Path) -> Iterator[LostDay]:
    """A town on that server; its file is `jifen.db`."""
    db = Database(sqlite_files.copy_to(folder / "jifen.db"))
    made = build_day(db, tmp_path, people=4, seed=3, keeps=lambda _: True)
    yield made
    made.db.close()


def answer(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refused(result: Result) -> str:
    assert result.exit_code == 2
    return str(result.stderr).partition(":")[0]


@pytest.mark.slow
def test_a_loss_by_the_manual(run: Run, day: LostDay, folder: Path) -> None:
    day.until_told(6, 3_600)
    day.sign()
    # The town lives in March; the copy says when it was made, and so what is missing.
    made = day.back_up(folder / "backups")
    day.acts.clear()
    day.until_told(15, 3_600)
    day.sign()
    before = day.figures()
    day.db.close()

    assert answer(run("restore", made.name, "--aside", "--json"))["name"] == made.name
    assert refused(run("night", "2026-03-01")) == "recovery_open"
    assert refused(run("recover-from-tills", "apply")) == "recovery_not_started"
    stand_up(day, folder)
    started = answer(run("recover-from-tills", "start", "--json"))
    assert (started["state"], started["spending"]) == ("collecting", False)
    assert len(started["tills_asked"].split(", ")) == 12
    assert refused(run("recover-from-tills", "apply")) == "recovery_tills_missing"
    assert refused(run("recover-from-tills", "finish")) == "recovery_not_applied"
    for till in day.tills:
        till.bring()
    # The command has no payment channel here, as a server without one would not.
    waits = answer(run("recover-from-tills", "apply", "--json"))
    assert waits["state"] == "applied"
    assert waits.get("lines_aside", 0) == gateway_lines(day)
    finish_by_hand(day)
    assert day.figures() == before

    ended = run("recover-from-tills", "finish")

    assert ended.exit_code == 0
    assert "Nothing acknowledged before 2026-03-02" in ended.stdout
    assert "  - cards: handed out, replaced, lost, suspended" in ended.stdout
    assert "jifen-recovery/1" in ended.stdout
    assert answer(run("recover-from-tills", "report", "--json"))["lines"]["applied"] == 15
    assert refused(run("recover-from-tills", "status")) == "recovery_none"
    assert answers_again(day) == []


def stand_up(day: LostDay, folder: Path) -> None:
    """The new server, on the restored file."""
    channel = day.server.channel
    url = f"sqlite:///{folder / 'jifen.db'}"
    day.server = Server(
        Database(url), at=day.town.at, channel=channel, settings={"data_dir": str(folder)}
    )
    for till in day.tills:
        till.server = day.server


def gateway_lines(day: LostDay) -> int:
    """Lines the command could not write without asking the channel, and refunds of such sales."""
    query = "SELECT 1 FROM recovery_line WHERE state = 'aside'"
    return len(day.rows(query))


def finish_by_hand(day: LostDay) -> None:
    """What waited for the channel, from the server that has one."""
    apply_all(day.desk, HERE, by=SYSTEM, at=day.server.at)


def test_a_copy_to_which_nothing_is_missing_needs_no_tills(
    run: Run, day: LostDay, folder: Path
) -> None:
    made = day.back_up(folder / "backups")
    day.db.close()

    answer(run("restore", made.name, "--aside", "--nothing-since", "--json"))

    assert refused(run("recover-from-tills", "status")) == "recovery_none"


def test_a_book_put_back_by_other_means_is_said_with_the_copys_moment(
    run: Run, day: LostDay
) -> None:
    said = answer(run("recover-from-tills", "start", "--since", "2026-03-02T08:30", "--json"))

    assert said["state"] == "collecting"
    with day.db.read() as tx:
        found = epochs.get_open(tx, HERE)
    assert found.since_at == 1_772_411_400_000_000
    assert refused(run("recover-from-tills", "start", "--since", "2026-03-02T08:30")) == (
        "recovery_there"
    )


# --- the office


def start(served: Served) -> int:
    """A recovery in the served town; gives a till that is asked."""
    at = served.town.at

    def work(tx: Any) -> int:
        epochs.open_recovery(tx, HERE, backup="backup-1", since_at=at, by=SYSTEM, at=at)
        found = epochs.start(tx, HERE, by=SYSTEM, at=at)
        return intake.till_states(tx, HERE, found.recovery_id)[0].terminal_id

    return served.town.db.write(work)


def post(served: Served, who: str, page: str, action: str, **fields: Any) -> Any:
    client = served.member(who)
    fields["request_id"] = form_number(client.get(page), action)
    return client.post(action, data=fields)


def test_every_page_says_that_the_book_is_brought_back(served: Served) -> None:
    assert "账本丢失后正在恢复" not in text_of(served.member("zhou").get("/office/today"))
    start(served)

    assert "账本丢失后正在恢复" in text_of(served.member("zhou").get("/office/today"))
    page = text_of(served.member("zhou").get("/office/recovery"))
    assert "正在听取收款机" in page
    assert "M01T1" in page
    assert "还没送" in page


def test_a_book_that_was_put_back_in_silence_is_said_too(served: Served) -> None:
    served.town.db.write(
        lambda tx: alarms.note_missing(tx, HERE, 1_010, "0190-x", at=served.town.at)
    )

    assert "账本被旧备份替换了" in text_of(served.member("zhou").get("/office/today"))
    start(served)
    assert "账本被旧备份替换了" not in text_of(served.member("zhou").get("/office/today"))


def test_a_till_is_given_up_by_two_persons_and_not_by_one(served: Served) -> None:
    terminal = start(served)

    asked = post(
        *(served, "liu", "/office/recovery", "/office/recovery/give-up"),
        terminal_id=str(terminal),
        why="burnt",
    )
    assert asked.status_code == 303

    page = text_of(served.member("liu").get("/office/approvals"))
    assert "M01T1 · burnt" in page
    assert "由同事决定" in page or "自己" in page
    with served.town.db.read() as tx:
        found = epochs.get_open(tx, HERE)
        assert intake.till_states(tx, HERE, found.recovery_id)[0].state == "asked"
        number = approval_number(served)
    own = post(served, "admin", "/office/approvals", f"/office/approvals/{number}/agree")
    assert own.status_code == 303, text_of(own)
    with served.town.db.read() as tx:
        state = intake.till_states(tx, HERE, found.recovery_id)[0]
    assert (state.state, state.why) == ("lost", "burnt")
    again = served.member("zhou").post("/office/recovery/give-up", data={})
    assert again.status_code == 403


def approval_number(served: Served) -> int:
    with served.town.db.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT approval_id FROM approval").scalar_one()
    return int(found)
