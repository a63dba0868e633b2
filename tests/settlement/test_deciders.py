"""Nobody decides about their own shop, their household's or a relative's, nor on what these bought."""

from __future__ import annotations

import pytest

from ledger.audit import SYSTEM, By
from ledger.errors import Refusal
from ledger.members import kin, payout_accounts
from ledger.members.payout_accounts import PayoutAccount
from ledger.sql import Sql, Tx
from settlement.bank_returns import approve_settling, propose_settling
from settlement.choices import Choice
from settlement.decisions import approve, decide, turn_down
from settlement.payouts import approve_payout
from settlement.watch_run import answer_flag
from tests.settlement.test_decisions import AT, Case, anybody, case  # noqa: F401 - a fixture
from tests.support.night_plant import into
from tests.support.staff_rows import add_staff
from tests.support.town import HERE

OWNER, CLERK, OTHER = By("staff", 71), By("staff", 72), By("staff", 73)
_IS = Sql(
    "UPDATE staff SET person_id = :person, merchant_id = :shop WHERE community_id = :here AND staff_id = :staff"
)
_MOVE_IN = Sql(
    "UPDATE resident SET household_id = :home WHERE community_id = :here AND person_id = :person"
)


def say_who(case: Case, *, clerk: int, owner: int = 2) -> None:  # noqa: F811
    """The shop's own login is person `owner`; the member of staff 72 is person `clerk`."""
    add_staff(
        case.town.db,
        {OWNER: "merchant_owner", CLERK: "accountant", OTHER: "accountant"},
        at=AT,
    )

    def work(tx: Tx) -> None:
        tx.run(_IS, here=HERE, person=owner, shop=1, staff=OWNER.id)
        tx.run(_IS, here=HERE, person=clerk, shop=None, staff=CLERK.id)

    case.town.db.write(work)


def refused(case: Case, code: str, by: By) -> str:  # noqa: F811
    with pytest.raises(Refusal) as refusal:
        decide(case.town.db, case.press(code, Choice.PAY_BOOKED, by), may_decide=anybody, at=AT)
    return refusal.value.code


def test_who_is_the_shop_themselves_decides_nothing_about_it(case: Case) -> None:  # noqa: F811
    say_who(case, clerk=2)
    assert refused(case, "X1", CLERK) == "own_shop"
    assert case.row("X1").decision is None
    decide(case.town.db, case.press("X1", Choice.PAY_BOOKED, OTHER), may_decide=anybody, at=AT)


def test_who_lives_with_the_owner_or_is_a_relative_stands_apart(case: Case) -> None:  # noqa: F811
    say_who(case, clerk=3)
    town = case.town
    decide(town.db, case.press("X1", Choice.PAY_BOOKED, CLERK), may_decide=anybody, at=AT)
    town.db.write(lambda tx: tx.run(_MOVE_IN, here=HERE, person=3, home=2))
    assert refused(case, "X2", CLERK) == "own_shop"
    town.db.write(lambda tx: tx.run(_MOVE_IN, here=HERE, person=3, home=3))
    town.db.write(lambda tx: kin.declare(tx, HERE, 2, 3, kind="collateral", by=SYSTEM, at=AT))
    assert refused(case, "X2", CLERK) == "own_shop"
    town.db.write(lambda tx: kin.end(tx, HERE, 2, 3, by=SYSTEM, at=AT))
    decide(town.db, case.press("X2", Choice.PAY_BOOKED, CLERK), may_decide=anybody, at=AT)


def test_who_bought_does_not_decide_on_the_purchase(case: Case) -> None:  # noqa: F811
    say_who(case, clerk=1)  # person 1 bought everything booked here
    assert refused(case, "X2", CLERK) == "own_household"
    assert refused(case, "V1", CLERK) == "own_household"
    # A claim that is not in the book is nobody's purchase.
    decide(case.town.db, case.press("X1", Choice.PAY_BOOKED, CLERK), may_decide=anybody, at=AT)


def test_the_second_person_stands_apart_too(case: Case) -> None:  # noqa: F811
    say_who(case, clerk=2)
    proposed = case.press("X1", Choice.PAY_CLAIMED, OTHER)
    decide(case.town.db, proposed, may_decide=anybody, at=AT)
    for act in (approve, turn_down):
        with pytest.raises(Refusal, match="own_shop"):
            act(
                case.town.db, case.press("X1", Choice.PAY_CLAIMED, CLERK), may_decide=anybody, at=AT
            )
    assert case.row("X1").state == "proposed"


def test_nobody_agrees_to_money_or_an_account_of_their_own_shop(case: Case) -> None:  # noqa: F811
    say_who(case, clerk=2)
    db, account = case.town.db, PayoutAccount("店主甲", "长安银行", "6222020200087654321")
    number = db.write(lambda tx: payout_accounts.propose(tx, HERE, 1, account, by=OTHER, at=AT))
    into(
        db,
        "INSERT INTO payout (community_id, payout_id, claimant_id, statement_id, amount_fen, state, attempt,"
        " channel_ref, account_tail, proposed_by, proposed_at, changed_at, route) VALUES"
        f" ({HERE}, 7, 1, 7, 100, 'proposed', 0, '', '4321', {OTHER.id}, {AT}, {AT}, '')",
    )

    with pytest.raises(Refusal, match="own_shop"):
        db.write(lambda tx: payout_accounts.approve(tx, HERE, number, by=CLERK, at=AT))
    with pytest.raises(Refusal, match="own_shop"):
        approve_payout(db, HERE, 7, by=CLERK, at=AT)


def test_nobody_says_how_a_payment_of_their_own_shop_ended(case: Case) -> None:  # noqa: F811
    say_who(case, clerk=2)
    db, place = case.town.db, (9, 1)
    into(
        db,
        "INSERT INTO payout (community_id, payout_id, claimant_id, statement_id, amount_fen, state, attempt,"
        " channel_ref, account_tail, proposed_by, proposed_at, changed_at, route) VALUES"
        f" ({HERE}, 7, 1, 7, 100, 'sent', 1, '', '4321', {OTHER.id}, {AT}, {AT}, 'bank')",
    )
    into(
        db,
        "INSERT INTO bank_batch (community_id, batch_id, batch_no, bank, value_date, file_name, sha256, line_count,"
        f" amount_fen, state, made_by, made_at) VALUES ({HERE}, 9, 9, 'icbc', 20260401, 'a.csv',"
        f" (SELECT sha256 FROM claim_batch WHERE community_id = {HERE} LIMIT 1), 1, 100,"
        f" 'read', {OTHER.id}, {AT})",
    )
    into(
        db,
        "INSERT INTO bank_line (community_id, batch_id, line_no, payout_id, attempt, reference, amount_fen, holder,"
        " bank_name, account_no, outcome, paid_fen, reason, answered_at) VALUES"
        f" ({HERE}, 9, 1, 7, 1, 'JF9-1-0007', 100, '', '', '1', 'amount', 90, '', {AT})",
    )

    def propose(by: By) -> int:
        return db.write(
            lambda tx: propose_settling(tx, HERE, place, "paid", by=by, why="bank told", at=AT)
        )

    with pytest.raises(Refusal, match="own_shop"):
        propose(CLERK)
    number = propose(OTHER)
    with pytest.raises(Refusal, match="own_shop"):
        db.write(lambda tx: approve_settling(tx, HERE, number, by=CLERK, at=AT))


@pytest.mark.parametrize(("shop", "owner", "code"), [(1, 0, "own_shop"), (0, 2, "own_household")])
def test_nobody_answers_the_watch_about_their_own_shop_or_household(
    case: Case,  # noqa: F811
    shop: int,
    owner: int,
    code: str,
) -> None:
    say_who(case, clerk=2)
    db, key = case.town.db, (20260302, "F1", shop, owner, 0)
    into(
        db,
        "INSERT INTO watch_flag (community_id, business_date, rule, merchant_id, wallet_owner_id, terminal_id, figure,"
        f" refs, state, reason, seen_at) VALUES ({HERE}, 20260302, 'F1', {shop}, {owner}, 0, 1, '[]', 'open', '',"
        f" {AT})",
    )

    with pytest.raises(Refusal, match=code):
        db.write(lambda tx: answer_flag(tx, HERE, key, "nothing", reason="x", by=CLERK, at=AT))
    db.write(lambda tx: answer_flag(tx, HERE, key, "nothing", reason="x", by=OTHER, at=AT))
