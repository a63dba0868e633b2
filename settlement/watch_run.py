"""The watch as a night runs it: a day and the thirty before it are read, what stands out is kept and answered."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.database import Database
from ledger.earning.calendar import day_bounds, day_from_key, day_key
from ledger.errors import Refusal
from ledger.members.communities import get_community
from ledger.members.shop_ties import check_not_own_shop, check_not_own_wallet
from ledger.sql import Row, Sql, Tx
from settlement.rings import Award, Shown, look_for_rings
from settlement.watch import Days, Deal, Flag, look
from settlement.watch_limits import limits_on

HISTORY_DAYS: Final = 30
ANSWERS: Final = ("nothing", "cheating")
"""What somebody who looked may say: there is nothing in it, or there is."""

_DAY_US: Final = 86_400_000_000
_EPOCH: Final = date(1970, 1, 1)
_SALES: Final = Sql(
    "SELECT s.ref, s.merchant_id, s.terminal_id, coalesce(s.clerk_id, 0) AS clerk_id, s.wallet_owner_id, s.person_id,"
    " coalesce(p.payer, '') AS payer, coalesce(p.told_at, 0) AS told_at, s.occurred_at, s.business_date, s.total_fen,"
    " s.offset_fen, s.earned_units, o.keyed_by, o.request_id,"
    " (SELECT count(*) FROM refund r WHERE r.community_id = s.community_id AND r.sale_id = s.sale_id"
    "  AND r.undo IS NOT NULL) AS undone FROM sale s"
    " LEFT JOIN offline_sale o ON o.community_id = s.community_id AND o.request_id = s.sale_id"
    " LEFT JOIN evidence e ON e.community_id = s.community_id AND e.sale_id = s.sale_id"
    " LEFT JOIN channel_payer p ON p.community_id = e.community_id AND p.merchant_id = e.merchant_id"
    "  AND p.payment_ref = e.payment_ref WHERE s.community_id = :community_id AND s.state = 'done'"
    " AND s.business_date >= :first AND s.business_date <= :last ORDER BY s.occurred_at, s.ref"
)
_REFUNDS: Final = Sql(
    "SELECT r.ref, s.ref AS original, s.merchant_id, r.terminal_id, s.wallet_owner_id, r.occurred_at, r.business_date,"
    " r.goods_fen FROM refund r JOIN sale s ON s.community_id = r.community_id AND s.sale_id = r.sale_id"
    " WHERE r.community_id = :community_id AND r.state = 'done' AND r.undo IS NULL"
    " AND r.business_date >= :first AND r.business_date <= :last ORDER BY r.occurred_at, r.ref"
)
_AWARDS: Final = Sql(
    "SELECT g.household_id AS by_home, t.household_id AS to_home, a.business_date, a.award_id FROM award a"
    " JOIN staff s ON s.community_id = a.community_id AND s.staff_id = a.proposed_by"
    " JOIN resident g ON g.community_id = s.community_id AND g.person_id = s.person_id"
    " JOIN resident t ON t.community_id = a.community_id AND t.person_id = a.person_id"
    " WHERE a.community_id = :community_id AND a.booked_units > 0 AND g.household_id <> t.household_id"
    " AND a.business_date >= :first AND a.business_date <= :last ORDER BY a.award_id"
)
# A code read again elsewhere was refused, or booked on the community where its till could not know; where it was taken
# the first time stands with its use.
_REPLAYS: Final = Sql(
    "SELECT o.card_serial, o.merchant_id, o.terminal_id, o.occurred_at, t.merchant_id AS first_shop,"
    " u.terminal_id AS first_till, u.used_at FROM offline_sale o JOIN token_use u ON u.community_id = o.community_id"
    "  AND u.serial = o.card_serial AND u.terminal_id <> o.terminal_id JOIN terminal t"
    "  ON t.community_id = u.community_id AND t.terminal_id = u.terminal_id"
    " WHERE o.community_id = :community_id AND ((o.state = 'refused' AND o.code = 'token_used') OR o.state = 'twice')"
    " AND o.occurred_at >= :starts AND o.occurred_at < :ends ORDER BY o.request_id"
)
_AGAIN: Final = Sql(
    "SELECT a.kid, a.serial, a.issued_at_s, a.sequence, a.terminal_id, t.merchant_id, a.shown_at,"
    " f.merchant_id AS first_shop, u.terminal_id AS first_till, u.used_at FROM code_again a"
    " JOIN token_use u ON u.community_id = a.community_id AND u.kid = a.kid AND u.serial = a.serial"
    "  AND u.issued_at_s = a.issued_at_s AND u.sequence = a.sequence"
    " JOIN terminal t ON t.community_id = a.community_id AND t.terminal_id = a.terminal_id"
    " JOIN terminal f ON f.community_id = u.community_id AND f.terminal_id = u.terminal_id"
    " WHERE a.community_id = :community_id AND a.shown_at >= :starts AND a.shown_at < :ends"
    " ORDER BY a.kid, a.serial, a.issued_at_s, a.sequence, a.terminal_id"
)
_OPENED: Final = Sql(
    "SELECT owner_id, min(opened_at) AS at FROM account WHERE community_id = :community_id AND kind = 'wallet'"
    " GROUP BY owner_id"
)
_KEEP: Final = Sql(
    "INSERT INTO watch_flag (community_id, business_date, rule, merchant_id, wallet_owner_id, terminal_id, figure,"
    " refs, state, reason, seen_at) VALUES (:community_id, :business_date, :rule, :merchant_id, :wallet_owner_id,"
    " :terminal_id, :figure, :refs, 'open', '', :at) ON CONFLICT DO NOTHING"
)
_COLUMNS: Final = (
    "f.business_date, f.rule, f.merchant_id, f.wallet_owner_id, f.terminal_id, f.figure, f.refs, f.state, f.reason,"
    " f.answered_by, f.answered_at, f.seen_at"
)
_OPEN: Final = Sql(
    f"SELECT {_COLUMNS} FROM watch_flag f WHERE f.community_id = :community_id AND f.state = 'open'"
    " ORDER BY f.business_date DESC, f.rule, f.merchant_id, f.wallet_owner_id, f.terminal_id LIMIT :most"
)
_ANSWER: Final = Sql(
    "UPDATE watch_flag SET state = :state, reason = :reason, answered_by = :by_id, answered_at = :at"
    " WHERE community_id = :community_id AND business_date = :business_date AND rule = :rule"
    " AND merchant_id = :merchant_id AND wallet_owner_id = :wallet_owner_id AND terminal_id = :terminal_id"
    " AND state = 'open'"
)
_HELD: Final = Sql(
    "SELECT coalesce((SELECT sum(figure) FROM watch_flag WHERE community_id = :community_id AND rule = 'R3'"
    "  AND state <> 'nothing' AND merchant_id = :merchant_id), 0)"
    # A receipt waits once, whatever waits for it: its own people's (A6), without a sale (R5), or of that ring.
    " + coalesce((SELECT sum(fen) FROM (SELECT max(d.held_fen) AS fen FROM discrepancy d"
    "  WHERE d.community_id = :community_id AND d.code IN ('A6', 'R5') AND d.claimant_id = :merchant_id"
    "  AND d.state IN ('open', 'asked', 'proposed') AND NOT EXISTS (SELECT 1 FROM watch_flag f"
    "   WHERE f.community_id = d.community_id AND f.rule = 'R3' AND f.state <> 'nothing'"
    "   AND f.merchant_id = d.claimant_id AND f.refs LIKE '%\"' || d.ref || '\"%') GROUP BY d.ref) waits), 0) AS fen"
)


def watch_day(db: Database, community_id: int, day: int, *, at: int) -> int:
    """Look at one business date (yyyymmdd) and keep what stands out; again, it adds nothing. Gives how many flags."""
    with db.read() as tx:
        days, awards, shown = _read(tx, community_id, day)
    flags = [*look(days), *look_for_rings(days, awards, shown)]
    here = {"community_id": community_id, "at": at}
    db.write(lambda tx: tx.many(_KEEP, [{**here, **_row(flag)} for flag in flags]))
    return len(flags)


def _read(tx: Tx, community_id: int, day: int) -> tuple[Days, list[Award], list[Shown]]:
    today = day_from_key(day)
    span = {
        "community_id": community_id,
        "first": day_key(today - timedelta(days=HISTORY_DAYS)),
        "last": day,
    }
    starts, ends = day_bounds(today, get_community(tx, community_id).timezone)
    zone_us = -(starts % _DAY_US) % _DAY_US
    deals = [_sale(row, zone_us) for row in tx.all(_SALES, **span)]
    deals += [_refund(row) for row in tx.all(_REFUNDS, **span)]
    awards = [
        Award(int(row.by_home), int(row.to_home), int(row.business_date), str(row.award_id))
        for row in tx.all(_AWARDS, **span)
    ]
    shown = []
    for row in tx.all(_REPLAYS, community_id=community_id, starts=starts, ends=ends):
        code = str(row.card_serial)
        shown.append(Shown(code, row.merchant_id, row.terminal_id, int(row.occurred_at), day))
        shown.append(Shown(code, row.first_shop, row.first_till, int(row.used_at), day))
    for row in tx.all(_AGAIN, community_id=community_id, starts=starts, ends=ends):
        code = ":".join(map(str, row[:4]))
        shown.append(Shown(code, row.merchant_id, row.terminal_id, int(row.shown_at), day))
        shown.append(Shown(code, row.first_shop, row.first_till, int(row.used_at), day))
    days = Days(
        day,
        [deal for deal in deals if deal.day == day],
        [deal for deal in deals if deal.day < day],
        zone_us=zone_us,
        limits_fen=limits_on(tx, community_id, day),
        opened={int(r.owner_id): int(r.at) for r in tx.all(_OPENED, community_id=community_id)},
    )
    return days, awards, shown


def _sale(row: Row, zone_us: int) -> Deal:
    return Deal(
        row.ref,
        row.merchant_id,
        row.terminal_id,
        row.clerk_id,
        row.wallet_owner_id,
        int(row.occurred_at),
        int(row.business_date),
        int(row.total_fen),
        int(row.offset_fen),
        int(row.earned_units),
        is_typed=bool(row.keyed_by),
        is_offline=row.request_id is not None,
        is_undone=bool(row.undone),
        person=row.person_id or 0,
        payer=row.payer,
        payer_day=_date_of(int(row.told_at) + zone_us) if row.told_at else 0,
    )


def _date_of(local_us: int) -> int:
    return day_key(_EPOCH + timedelta(days=local_us // _DAY_US))


def _refund(row: Row) -> Deal:
    return Deal(
        row.ref,
        row.merchant_id,
        row.terminal_id,
        0,
        row.wallet_owner_id,
        int(row.occurred_at),
        int(row.business_date),
        int(row.goods_fen),
        original=row.original,
    )


def _row(flag: Flag) -> dict[str, int | str]:
    return {
        "business_date": flag.day,
        "rule": flag.rule.value,
        "merchant_id": flag.shop,
        "wallet_owner_id": flag.wallet,
        "terminal_id": flag.till,
        "figure": flag.figure,
        "refs": json.dumps(flag.refs),
    }


def open_flags(tx: Tx, community_id: int, *, most: int = 100) -> list[Row]:
    """What nobody has answered yet, the newest day first."""
    return tx.all(_OPEN, community_id=community_id, most=most)


def answer_flag(
    tx: Tx,
    community_id: int,
    key: tuple[int, str, int, int, int],
    answer: str,
    *,
    reason: str,
    by: By,
    at: int,
) -> None:
    """Say what was found: `nothing` or `cheating`. `key`: day, rule, shop, account, till.

    Refuses: why_missing, watch_answer_bad, watch_flag_gone (no such flag, or somebody answered it), own_shop,
    own_household, own_kin.
    """
    if not reason.strip():
        raise Refusal("why_missing")
    if answer not in ANSWERS:
        raise Refusal("watch_answer_bad")
    day, rule, shop, wallet, till = key
    check_not_own_shop(tx, community_id, by, shop)
    check_not_own_wallet(tx, community_id, by, wallet)
    changed = tx.run(
        _ANSWER,
        community_id=community_id,
        business_date=day,
        rule=rule,
        merchant_id=shop,
        wallet_owner_id=wallet,
        terminal_id=till,
        state=answer,
        reason=reason.strip(),
        by_id=by.id,
        at=at,
    )
    if changed != 1:
        raise Refusal("watch_flag_gone")
    subject = f"watch:{day}-{rule}-{shop}-{wallet}-{till}"
    audit.record(tx, community_id, by, "watch.answer", subject, at=at, after={"answer": answer})


def held_for_review(tx: Tx, community_id: int, merchant_id: int) -> int:
    """Fen of a shop that wait for a look: a ring's offsets, those of its own people, those without a sale."""
    return int(tx.get(_HELD, community_id=community_id, merchant_id=merchant_id).fen)
