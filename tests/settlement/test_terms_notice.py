"""Worse terms count only after the shop has known them for thirty days; better ones at once."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from ledger.audit import SYSTEM
from ledger.errors import Refusal
from ledger.members import settings
from ledger.members.agreements import agreements_of, sign_agreement, worse_terms
from settlement.exports import export
from settlement.terms_notice import coming_terms, terms_notice
from tests.support.town import HERE, Town, moment

NOW = moment("2026-03-10 10:00")


def sign(town: Town, first: int, at: int = NOW, **terms: Any) -> None:
    with town.db.read() as tx:
        last = agreements_of(tx, HERE, 1)[-1]
    new = replace(last, agreement_no=f"A-{first}", effective_from=first, effective_to=None, **terms)
    town.db.write(lambda tx: sign_agreement(tx, HERE, new, by=SYSTEM, at=at))


@pytest.mark.parametrize(
    "terms", [{"allowance_day_fen": 1}, {"roles": frozenset({"earn"})}, {"cofund_bp": 100}]
)
def test_worse_terms_wait_thirty_days(town: Town, terms: dict[str, Any]) -> None:
    # Another share begins with a month, so its first day is later still.
    share = "cofund_bp" in terms
    with pytest.raises(Refusal, match="agreement_notice") as refused:
        sign(town, 20260401 if share else 20260408, **terms)
    assert refused.value.facts == {"days": 30, "first_date": 20260409}

    sign(town, 20260501 if share else 20260409, **terms)

    with town.db.read() as tx:
        (coming,) = coming_terms(tx, HERE, 1, today=20260310)
        assert coming_terms(tx, HERE, 1, today=20260501) == []
    assert (coming.told_on, len(coming.worse)) == (20260310, 1)


def test_better_terms_and_the_same_terms_count_at_once(town: Town) -> None:
    sign(town, 20260311, allowance_day_fen=9_000_000)
    sign(town, 20260312)
    with town.db.read() as tx:
        rows = agreements_of(tx, HERE, 1)
    assert [worse_terms(a, b) for a, b in pairwise(rows)] == [(), ()]


def test_how_many_days_is_a_setting(town: Town) -> None:
    town.db.write(
        lambda tx: settings.change(tx, HERE, {"notice_days": 1}, by=SYSTEM, why="w", at=NOW)
    )
    sign(town, 20260311, allowance_day_fen=1)


def test_the_notice_says_both_terms_and_the_day_in_every_file(town: Town) -> None:
    sign(town, 20260409, allowance_day_fen=12_300)

    with town.db.read() as tx:
        sheet = terms_notice(tx, HERE, 1, 20260409, translate=lambda text: text)
        with pytest.raises(Refusal, match="agreement_not_found"):
            terms_notice(tx, HERE, 1, 20260410, translate=lambda text: text)

    said = {row[0].text: row[1].text for row in sheet.blocks[0].rows}
    assert (said["Told on"], said["In force from"]) == ("2026-03-10", "2026-04-09")
    assert said["Allowance a day from then on"] == "123.00"
    assert "123.00" in json.dumps(json.loads(export(sheet, "json")))
    assert export(sheet, "pdf").startswith(b"%PDF")
