"""Keys are renewed through days of sales while tills fetch them late, and no shop notices."""

from __future__ import annotations

from random import Random

import pytest

from ledger import tokens
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import keys
from ledger.members.codes import issue_card_code, issue_dynamic
from ledger.token_keys import KeyClass, KeySet
from pos.checkout import check_out
from tests.support.town import HERE, Town, build_town

DAY_S = 86_400
HALF_YEAR = 190
_CLASSES = frozenset({"card", "dyn", "earn"})
_TILLS = 3
_MOST_HOURS_LATE = 24
"""A till fetches the key set at least once a day it is open (design: cached for 24 hours)."""


class SlowTill:
    """Checks codes offline with the key set it fetched last."""

    def __init__(self) -> None:
        """Know no key yet."""
        self.keyset = KeySet(())
        self.fetched_at = 0

    def fetch(self, town: Town) -> None:
        """Fetch what is published now."""
        with town.db.read() as tx:
            self.keyset = KeySet.from_jwks(keys.published_keys(tx, HERE, at=town.at))
        self.fetched_at = town.at

    def believes(self, town: Town, text: str) -> str:
        """'' where the code is good by what this till knows, else why not."""
        try:
            tokens.verify(
                tokens.read(text),
                self.keyset,
                now_s=town.at // 1_000_000,
                classes_allowed=_CLASSES,
                issuer=town.issuer,
            )
        except Refusal as refusal:
            return refusal.code
        return ""


def phone_code(town: Town, person: int, purpose: str) -> str:
    return town.db.write(
        lambda tx: issue_dynamic(tx, town.vault, HERE, person, at=town.at, purpose=purpose)
    )


def card_code(town: Town, person: int, issued_at: int) -> str:
    with town.db.read() as tx:
        return issue_card_code(tx, town.vault, HERE, person, 1, at=issued_at)


def live(town: Town, days: int, seed: int, *, renewed: bool) -> tuple[list[str], set[int]]:
    """Every refusal of good codes over so many days, and the keys that signed."""
    chance, refused, signers = Random(seed), [], set()
    tills = [SlowTill() for _ in range(_TILLS)]
    printed = card_code(town, 1, town.at)
    for _ in range(days):
        town.later(DAY_S)
        if renewed:
            town.db.write(lambda tx: keys.renew_keys(tx, town.vault, HERE, at=town.at, by=0))
        for till in tills:
            hours = chance.randrange(_MOST_HOURS_LATE)
            if town.at - till.fetched_at >= hours * 3_600_000_000:
                till.fetch(town)
            try:
                codes = [printed, *(phone_code(town, 2, what) for what in ("dyn", "earn"))]
            except Refusal as refusal:
                refused.append(refusal.code)
                continue
            refused += [why for text in codes if (why := till.believes(town, text))]
            signers |= {tokens.read(text).kid for text in codes}
    return refused, signers


@pytest.fixture
def town(sqlite_files, tmp_path) -> Town:
    db = Database(sqlite_files.copy_to(tmp_path / "keys.db"))
    town = build_town(db, grant_units=50_000)
    db.write(lambda tx: keys.renew_keys(tx, town.vault, HERE, at=town.at, by=0))
    return town


def test_half_a_year_of_renewed_keys_refuses_nothing_at_tills_that_fetch_late(town: Town) -> None:
    refused, signers = live(town, HALF_YEAR, seed=20_260_302, renewed=True)

    assert refused == []
    # Phone keys sign for two weeks: several of each class came and went meanwhile.
    assert len(signers) > 2 * (HALF_YEAR // 14)


def test_without_renewal_the_same_half_year_is_refused(town: Town) -> None:
    refused, _ = live(town, HALF_YEAR, seed=20_260_302, renewed=False)

    assert "token_no_signing_key" in refused


def test_a_day_of_sales_over_the_change_of_keys_loses_none(town: Town) -> None:
    with town.db.read() as tx:
        first = keys.signing_key(tx, town.vault, HERE, KeyClass.DYN, at=town.at).public
    # Its successor is published, and takes over within this day.
    town.at = first.signs_until_s * 1_000_000 - 36 * 3_600_000_000
    town.db.write(lambda tx: keys.renew_keys(tx, town.vault, HERE, at=town.at, by=0))
    till = SlowTill()
    till.fetch(town)

    signers = set()
    for _ in range(24):
        town.later(3_600)
        text = phone_code(town, 2, "dyn")
        signers.add(tokens.read(text).kid)
        assert till.believes(town, text) == ""
        assert (
            check_out(town.desk, town.sale(2, 1_000, token=text), at=town.at)["paid_fen"] == 1_000
        )

    assert len(signers) == 2


def test_a_withdrawn_key_is_refused_at_once_by_the_server_and_after_a_fetch_by_a_till(
    town: Town,
) -> None:
    text = phone_code(town, 2, "dyn")
    till = SlowTill()
    till.fetch(town)
    kid = tokens.read(text).kid

    town.db.write(lambda tx: keys.retire_key(tx, HERE, kid, at=town.at, by=0))

    with pytest.raises(Refusal, match="token_key_retired"):
        check_out(town.desk, town.sale(2, 1_000, token=text), at=town.at)
    assert till.believes(town, text) == ""
    till.fetch(town)
    assert till.believes(town, text) in {"token_unknown_key", "token_key_retired"}
