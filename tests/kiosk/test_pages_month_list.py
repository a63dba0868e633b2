"""A month's statements in a list, and how the lines of one are counted."""

from __future__ import annotations

import re

from ledger.sql import Sql
from settlement.statements import rows_of
from tests.support.pages_nights import close_march
from tests.support.pages_town import Served, text_of
from tests.support.town import HERE


def test_the_months_list_shows_what_was_paid_of_each_statement_itself(served: Served) -> None:
    close_march(served)
    page = served.member("zhou").get("/office/statements?month=202603")
    shown = re.findall(r'data-name="本单已付，元">([^<]*)<', page.text)
    assert set(shown) == {"0.00"}
    served.town.db.write(
        lambda tx: tx.run(
            Sql("UPDATE statement SET paid_fen = 4321 WHERE community_id = :community_id"),
            community_id=HERE,
        )
    )
    # Paid within March for February: no payment of this statement.
    again = served.member("zhou").get("/office/statements?month=202603")
    assert re.findall(r'data-name="本单已付，元">([^<]*)<', again.text) == shown


def test_the_days_of_a_statement_are_counted_without_their_sum(served: Served) -> None:
    statement = close_march(served)[1]
    page = served.owner().get(f"/merchant/statements/{statement}")
    with served.town.db.read() as tx:
        days = sum(row.section == "day" for row in rows_of(tx, HERE, statement))
    assert f"每日明细（{days}）" in text_of(page)
    assert "抵扣笔数（含退货）" in text_of(page)
