"""`jifen household`: found, shown with masked names, limited, and parted by two people who sign."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kiosk.cli import main
from kiosk.commands import household_acts, household_writes, households
from kiosk.context import pepper_of
from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.ids import new_request_id
from ledger.members import staff
from ledger.members.cards import open_card
from ledger.members.hashing import QUICK
from ledger.members.households import find_by_code
from ledger.members.key_vault import KeyVault, write_master_key
from ledger.members.residents import record_consent
from ledger.members.staff import NewStaff
from ledger.sql import Tx
from tests.support.engines import SqliteFiles
from tests.support.granting import grant_to
from tests.support.homes import home, units
from tests.support.invariants import check_invariants
from tests.support.town import HERE, Town, build_town

WORDS = "four words make one"


@pytest.fixture
def town(
    sqlite_files: SqliteFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Town]:
    """Residents 1 and 2 share a pool in 5-1-1, 3 lives in 5-1-2; liu proposes, wu approves, bo does neither."""
    db = Database(sqlite_files.copy_to(tmp_path / "jifen.db"))
    made = build_town(db, people=3)
    grant_to(made, 1, home(made, "5-1-1", 1, 2), 30_000)
    grant_to(made, 2, pool_of(made), 10_000)
    home(made, "5-1-2", 3)
    write_master_key(tmp_path / "master.key")
    vault = KeyVault.from_file(tmp_path / "master.key")
    for login, role in (("liu", "secretary"), ("wu", "committee"), ("bo", "grid_worker")):
        sign_in(made, login, role, pepper_of(vault))
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("JIFEN_CONFIG", raising=False)
    for module in (household_acts, household_writes, households):
        monkeypatch.setattr(module, "now_us", lambda: made.at)
    yield made
    check_invariants(db.engine)
    db.close()


def sign_in(town: Town, login: str, role: str, pepper: bytes) -> None:
    def work(tx: Tx) -> None:
        new = NewStaff(login=login, name="测试", password=WORDS)
        who = staff.add_staff(tx, HERE, new, pepper=pepper, by=SYSTEM, at=town.at, cost=QUICK)
        staff.give_role(tx, HERE, who, role, by=SYSTEM, at=town.at)

    town.db.write(work)


def pool_of(town: Town, code: str = "5-1-1") -> int:
    with town.db.read() as tx:
        found = find_by_code(tx, HERE, code)
    assert found is not None
    return found.household_id


def run(*words: str, typed: str = f"{WORDS}\n") -> Result:
    """`jifen household …`; the password is typed where it is asked for."""
    return CliRunner().invoke(main, ["household", *words], catch_exceptions=False, input=typed)


def told(*words: str) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


LEAVES = ("leave", "5-1-1", "2", "--to", "5-1-9", "--building", "5", "--unit", "1", "--why", "结婚")


@pytest.mark.usefixtures("town")
def test_households_are_listed_found_and_paged() -> None:
    every = told("list", "--most", "2")
    rest = told("list", "--after", every["after"])
    found = told("list", "--find", "5-1-")["households"]

    assert len(every["households"]) == 2
    assert rest["after"] is None
    assert not {row["code"] for row in every["households"]} & {
        row["code"] for row in rest["households"]
    }
    assert [(row["code"], row["members"]) for row in found] == [("5-1-1", 2), ("5-1-2", 1)]
    assert "5-1-1  5  1  2  open" in run("list", "--find", "5-1").output
    assert told("list", "--find", "%")["households"] == []


@pytest.mark.usefixtures("town")
def test_a_household_is_shown_without_a_name() -> None:
    seen = told("show", "5-1-1")

    assert (seen["available"], seen["owed"]) == ("400.00", "0.00")
    assert [(one["person"], one["head"]) for one in seen["members"]] == [("1", True), ("2", False)]
    assert all("*" in one["name"] or not one["name"] for one in seen["members"])
    assert "person=1" in run("show", "5-1-1").output
    assert run("show", "9-9-9").stderr.startswith("household_not_found: ")


def test_a_limit_counts_from_next_month_and_is_lifted(town: Town) -> None:
    assert told("limit", "5-1-1", "2", "50", "--by", "liu")["from_month"] == 202_604
    assert told("show", "5-1-1")["members"][1]["then"] == "50.00"
    town.later(60)
    assert told("limit", "5-1-1", "2", "none", "--by", "bo")["limit"] == "none"
    assert (
        run("limit", "5-1-1", "2", "a few", "--by", "liu")
        .stderr.split("\n")[-2]
        .startswith("form_amount: ")
    )


def test_who_leaves_takes_their_part_once_two_have_signed(town: Town) -> None:
    asked = new_request_id(town.at)
    first = told(*LEAVES, "--by", "liu", "--request", asked)
    again = told(*LEAVES, "--by", "liu", "--request", asked)
    proposal = first["proposal"]

    assert (again, first["points"]) == (first, "100.00")
    assert units(town, pool_of(town)) == 40_000
    assert "not_allowed: " in run("agree", "5-1-1", proposal, "--by", "liu").stderr
    assert "approval_not_found: " in run("agree", "5-1-2", proposal, "--by", "wu").stderr
    done = told("agree", "5-1-1", proposal, "--by", "wu")
    assert done == {"proposal": proposal, "to": "5-1-9", "points": "100.00"}
    assert (units(town, pool_of(town)), units(town, pool_of(town, "5-1-9"))) == (30_000, 10_000)
    assert told("show", "5-1-9")["history"] == [
        {"act": "leave", "day": 20_260_302, "points": "100.00"}
    ]


@pytest.mark.usefixtures("town")
def test_what_would_move_is_said_before_it_is_proposed() -> None:
    said = run(*LEAVES, "--by", "liu", typed=f"n\n{WORDS}\n")

    assert "5-1-1 -> 5-1-9: points 100.00, debt 0.00. Propose it?" in said.output
    assert said.exit_code == 1
    assert run(*LEAVES, "--by", "liu", typed=f"y\n{WORDS}\n").exit_code == 0


def test_split_merge_gift_death_heirs_and_moving(town: Town) -> None:
    def agreed(*words: str) -> dict[str, Any]:
        town.later(60)
        made = told(*words, "--why", "试", "--by", "liu")
        return told("agree", words[1], made["proposal"], "--by", "wu")

    new = ("--building", "5", "--unit", "1")
    assert (
        agreed("split", "5-1-1", "2", "--to", "5-1-8", "--rule", "heads", *new)["points"]
        == "200.00"
    )
    assert agreed("gift", "5-1-1", "--to", "5-1-2", "--points", "12.5")["points"] == "12.50"
    assert agreed("merge", "5-1-8", "--to", "5-1-2")["points"] == "200.00"
    assert told("death", "5-1-1", "1", "--on", "2026-03-01", "--paper", "证 1", "--by", "bo") == {
        "person": "1",
        "spent_afterwards": 0,
    }
    assert told("show", "5-1-1")["estates"][0]["claim_until"] == 20_270_301
    card = new_card(town, 3)
    heir = ("heirs", "5-1-1", "--to", "5-1-2", "--heir", card, "--paper", "公证书 7")
    assert agreed(*heir)["points"] == "187.50"
    assert told("move", "5-1-2", "--to", "6-1-2", "--building", "6", "--unit", "1", "--why", "搬家",
                "--by", "bo") == {"code": "6-1-2"}  # fmt: skip
    assert told("move", "6-1-2", "--out", "2", "--why", "搬走", "--by", "bo") == {"left": 1}
    assert units(town, pool_of(town, "6-1-2")) == 40_000


def new_card(town: Town, person: int) -> str:
    def work(tx: Tx) -> str:
        record_consent(tx, HERE, person, by=SYSTEM, at=town.at)
        return open_card(tx, HERE, person, by=SYSTEM, at=town.at).number

    return town.db.write(work)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("limit", "5-1-1", "3", "5", "--by", "liu"), "household_not_member"),
        (("limit", "5-1-7", "2", "5", "--by", "liu"), "household_not_found"),
        (("limit", "5-1-1", "2", "5", "--by", "wu"), "not_allowed"),
        (("limit", "5-1-1", "2", "5", "--by", "nobody"), "sign_in_wrong"),
        (("merge", "5-1-1", "--to", "5-1-1", "--why", "x", "--by", "liu", "--yes"), "household_same"),
        (("merge", "5-1-1", "--to", "5-1-2", "--why", "x", "--by", "bo", "--yes"), "not_allowed"),
        (("gift", "5-1-1", "--to", "5-1-2", "--why", "x", "--by", "liu", "--yes"), "gift_units"),
        (("death", "5-1-1", "3", "--on", "2026-03-01", "--paper", "x", "--by", "liu"), "household_not_member"),
    ],
)  # fmt: skip
def test_a_refusal_is_a_sentence_with_its_code(
    town: Town, words: tuple[str, ...], code: str
) -> None:
    result = run(*words)

    assert result.exit_code == 2
    assert f"{code}: " in result.stderr
    assert WORDS not in result.output
    assert units(town, pool_of(town)) == 40_000


@pytest.mark.usefixtures("town")
def test_the_household_card_is_written_as_a_file(tmp_path: Path) -> None:
    said = told("card", "5-1-1", str(tmp_path / "card.pdf"))

    assert said["code"] == "5-1-1"
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")
    assert run("card", "9-9-9", str(tmp_path / "none.pdf")).exit_code == 2


@pytest.mark.usefixtures("town")
def test_every_command_explains_itself() -> None:
    listed = run("--help").output
    names = (
        "list",
        "show",
        "card",
        "limit",
        "death",
        "move",
        "leave",
        "split",
        "merge",
        "gift",
        "heirs",
        "agree",
    )

    for name in names:
        assert f"  {name} " in listed
        assert "--json" in run(name, "--help").output
