"""A day's close as the command line and the clockwork do it: what goes before the night, the night, what follows."""

from __future__ import annotations

from collections import Counter
from typing import Any

from kiosk.opened import Opened
from ledger.audit import SYSTEM
from ledger.bills.confirmations import release_overdue
from ledger.certificates import desk as certificates
from ledger.earning.working_days import working_days_cn
from ledger.households.sweep import carry_on
from ledger.members.fund_watch import watch
from ledger.members.gate import percent_text
from ledger.seal.sealer import seal
from ledger.services.lapse import Lapsed, run_vouchers
from ledger.stock.holds import expire
from pos.bill_taking import review_silence
from pos.desk import day_of
from pos.misuse.review import give_due
from pos.orders import lapse_orders
from pos.proof import vest_overdue
from pos.recovery import recover
from settlement.keyed_lists import file_left
from settlement.late_bookings import take_back_paid_claims
from settlement.night import AfterStep, run_night
from settlement.night_result import NightResult
from settlement.payment_rows import keep_payment_rows
from settlement.payout_watch import resolve_unended
from settlement.short_refunds import mend_short_refunds
from settlement.watch_run import watch_day


def close_day(
    server: Opened,
    community_id: int,
    day: int,
    *,
    at: int,
    after_step: AfterStep = lambda _step: None,
) -> tuple[dict[str, Any], NightResult, dict[str, Any]]:
    """What goes before the night of business date `day` (yyyymmdd), the night itself, and what stands behind.

    Safe to run again. Refuses what `settlement.night.run_night` does.
    """
    prepared = prepare_night(server, community_id, at=at)
    result = run_night(server.db, community_id, day, at=at, after_step=after_step)
    seen = watch_day(server.db, community_id, day, at=at) if result.state == "locked" else 0
    seal(server.db, community_id)
    watched = watch(server.db, community_id, at=at)
    behind: dict[str, Any] = {"to_look_at": seen}
    if watched:
        behind["coverage_percent"] = percent_text(watched.coverage)
    return prepared, result, behind


def prepare_night(server: Opened, community_id: int, *, at: int) -> dict[str, Any]:
    """What goes before a night: payments and vouchers end, points vest, what was set aside too long is let go."""
    ended = recover(server.desk, community_id, at=at) if server.desk.channel is not None else {}
    day = day_of(server.desk.refresh(community_id), at)
    released = server.db.write(lambda tx: release_overdue(tx, community_id, day=day, at=at))
    carried = server.db.write(lambda tx: carry_on(tx, community_id, today=day, at=at))
    vested = vest_overdue(server.desk, community_id, working_days_cn(), at=at)
    mended = mend_short_refunds(server.db, community_id, at=at)
    taken_back = take_back_paid_claims(server.db, community_id, at=at)
    vouchers = end_vouchers(server, community_id, at=at)
    silent = review_silence(server.desk, community_id, at=at)
    payouts_asked = sum(ask_about_payouts(server, community_id, at=at).values())
    odd_payments = server.db.write(lambda tx: keep_payment_rows(tx, community_id, at=at))
    return {
        "payments_finished": sum(ended.values()),
        "payouts_asked": payouts_asked,
        "payments_gone_otherwise": odd_payments,
        "paper_lines_filed": file_left(server.db, community_id, at=at),
        "points_vested_units": vested,
        "short_refunds_mended_fen": mended,
        "paid_claims_taken_back_fen": taken_back,
        "shops_earning_paused": sum(silent.values()),
        "fee_offsets_released": released,
        "vouchers_told": vouchers.told,
        "vouchers_given_back": vouchers.given_back,
        "vouchers_lapsed": vouchers.lapsed,
        "certificates_ended": certificates.expire(server.db, community_id, day, at=at),
        "households_carried_on": carried,
        "orders_lapsed": len(lapse_orders(server.db, community_id, at=at)),
        "misuse_given_back": give_due(server.db, community_id, day=day, at=at),
        "basket_pieces_freed": expire(server.db, community_id, at=at),
    }


def ask_about_payouts(server: Opened, community_id: int, *, at: int) -> Counter[str]:
    """Ask the channel about payouts whose end nobody knows; states they are in now, and none without a channel."""
    channel = server.desk.channel
    if channel is None:
        return Counter()
    return resolve_unended(server.db, channel, community_id, by=SYSTEM, at=at)


def end_vouchers(server: Opened, community_id: int, *, at: int) -> Lapsed:
    """Tell the holders of vouchers that end soon; end those past their last day, dated on the day of `at`."""
    terms = server.desk.refresh(community_id)
    days = terms.settings.voucher_notice_days
    return run_vouchers(server.db, community_id, day_of(terms, at), notice_days=days, at=at)
