"""The oracle's other half: what shops are owed and paid, what the channel and the bank have, what nights covered."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.sim.judge import UNITS_PER_FEN, Scene, must
from tests.sim.witness import WrongError


class Offset(NamedTuple):
    """What a receipt said was taken off (or, negative, put back)."""

    fen: int
    day: int
    original: str | None


@dataclass
class ShopTruth:
    """What one shop should have come to."""

    paid_fen: int = 0
    granted_fen: int = 0
    booked_fen: int = 0
    dropped_fen: int = 0
    """Booked, and decided never to be paid."""
    waiting: dict[str, Offset] = field(default_factory=dict)


def judge_money(scene: Scene) -> None:
    """Shops, fund, channel, bank, nights."""
    the_channel_took_what_was_sold(scene)
    the_channel_gave_back_what_came_back(scene)
    nights_cover_everything_once(scene)
    shops = {shop: shop_truth(scene, shop) for shop in (1, 2)}
    shops_are_owed_what_they_should(scene, shops)
    statements_follow_each_other(scene)
    findings_are_right(scene)
    what_is_proven_was_paid(scene)


def the_channel_took_what_was_sold(scene: Scene) -> None:
    """One charge for each sale paid through the channel; nothing stays of a sale that was let go."""
    taken: dict[str, list[int]] = defaultdict(list)
    for charge in scene.channel.of_kind("payment_intent"):
        if charge["status"] == "succeeded":
            taken[charge["metadata"]["sale_id"]].append(charge["amount"])
    back = _given_back(scene)
    # The channel itself may refuse to give money back: then people must.
    refused = {
        r["metadata"]["refund_id"]
        for r in scene.channel.of_kind("refund")
        if r["status"] == "failed"
    }
    for ask in scene.witness.of("sale"):
        if ask.facts["channel"] != "gateway":
            continue
        charges = taken[ask.request_id]
        if ask.done:
            must("charged for a sale", [ask.body["paid_fen"]], charges)
        elif ask.request_id not in refused:
            must("kept of a sale that was let go", 0, sum(charges) - back[ask.request_id])


def the_channel_gave_back_what_came_back(scene: Scene) -> None:
    """For each sale the channel gave back the cash its refunds say."""
    wanted: dict[str, int] = defaultdict(int)
    for ask in scene.done("refund"):
        if ask.facts["channel_refund"]:
            wanted[ask.facts["sale"].request_id] += ask.body["cash_back_fen"]
    back = _given_back(scene)
    for sale in scene.done("sale"):
        must("given back by the channel", wanted[sale.request_id], back[sale.request_id])


def _given_back(scene: Scene) -> dict[str, int]:
    back: dict[str, int] = defaultdict(int)
    for refund in scene.channel.of_kind("refund"):
        if refund["status"] == "succeeded":
            back[refund["metadata"]["sale_id"]] += refund["amount"]
    return back


def nights_cover_everything_once(scene: Scene) -> None:
    """Ranges follow each other without a gap, every entry has a place, every night is locked."""
    end = 0
    for first, last, state in scene.rows(
        "SELECT first_leaf, end_leaf, state FROM night_run ORDER BY run_no"
    ):
        must("the first place of a night", end, first)
        must("a night's state", "locked", state)
        end = last
    must("entries without a place", [], scene.rows("SELECT entry_id FROM outbox"))
    [(places, entries)] = scene.rows(
        "SELECT (SELECT count(*) FROM leaf), (SELECT count(*) FROM txn)"
        " + (SELECT count(*) FROM audit)"
    )
    must("places in the order", entries, places)
    lines = scene.rows(
        "SELECT claimant_id, sum(booked_count), sum(booked_fen_plus - booked_fen_minus) FROM night_total GROUP BY 1"
    )
    booked = scene.rows(
        "SELECT o.claimant_id, count(*), sum(o.fen) FROM offset_booked o JOIN leaf l ON l.entry_id = o.txn_id"
        f" WHERE l.leaf_index < {end} GROUP BY 1"
    )
    must("offsets the nights counted", sorted(booked), sorted(row for row in lines if row[1]))


def shop_truth(scene: Scene, shop: int) -> ShopTruth:
    """Worked out line by line: what the book said, what was claimed first, what was decided."""
    offsets = _offsets(scene, shop)
    first, repeats = _claims(scene, shop)
    units = _units_claimed(scene, shop)
    [(named,)] = scene.rows(
        f"SELECT count(*) FROM discrepancy WHERE code = 'X3' AND claimant_id = {shop}"
    )
    must(f"repeated claims of shop {shop}", len(repeats), named)
    decided = _decisions(scene, shop)
    ended = dict(scene.rows(f"SELECT ref, closed_by FROM open_item WHERE claimant_id = {shop}"))
    truth = ShopTruth(booked_fen=sum(offset.fen for offset in offsets.values()))
    for ref, offset in offsets.items():
        if decided.get(("S1", ref)) == "pay_claimed":
            truth.granted_fen -= offset.fen
        if ended.get(ref) in {"decided", "statement"}:
            truth.paid_fen += offset.fen
        elif ref in first:
            _paid_by_claim(truth, ref, offset, (units[ref], first[ref]), decided)
        elif offset.original in first and ended.get(ref) != "":
            # Without any claims of its till and day it waits for them, though the sale was claimed.
            truth.paid_fen += offset.fen
        else:
            truth.waiting[ref] = offset
    for ref, fen in first.items():
        if ref not in offsets and decided.get(("X1", ref)) == "pay_claimed":
            truth.granted_fen += fen
    for place, fen in repeats.items():
        if decided.get(("X3", place)) == "pay_claimed":
            truth.granted_fen += fen
    return truth


def _paid_by_claim(
    truth: ShopTruth, ref: str, offset: Offset, said: tuple[int, int], decided: dict[Any, str]
) -> None:
    units, claimed = said
    over = claimed - offset.fen
    if units == offset.fen * UNITS_PER_FEN and abs(over) == 1:
        # Somebody rounded, and nothing is rounded here: the book's figure is paid, the line is looked at.
        truth.paid_fen += offset.fen
        return
    if over > 0 and decided.get(("V1", ref)) == "pay_claimed":
        truth.granted_fen += over
    if over >= 0:
        truth.paid_fen += offset.fen
    elif offset.fen < 0:
        truth.paid_fen += offset.fen
        if decided.get(("V2", ref)) == "pay_claimed":
            truth.granted_fen += over
    else:
        truth.paid_fen += max(claimed, 0)
        rest = offset.fen - max(claimed, 0)
        if decided.get(("V2", ref)) == "pay_booked":
            truth.paid_fen += rest
        elif decided.get(("V2", ref)) == "pay_claimed":
            truth.dropped_fen += rest


def _offsets(scene: Scene, shop: int) -> dict[str, Offset]:
    found = {}
    for ask in scene.done("sale", "refund"):
        if ask.facts["shop"] != shop:
            continue
        said = ask.body
        fen = said["offset_fen"] if ask.kind == "sale" else -said["offset_back_fen"]
        if fen:
            found[said["ref"]] = Offset(fen, said["business_date"], said.get("original_ref"))
    return found


def _claims(scene: Scene, shop: int) -> tuple[dict[str, int], dict[tuple[str, int], int]]:
    """Fen by reference of the first claim, and of repeats by batch and line."""
    first: dict[str, int] = {}
    repeats: dict[tuple[str, int], int] = {}
    for ask in scene.done("daybook"):
        if ask.facts["shop"] != shop or not ask.facts["counts"]:
            continue
        for line, ref, _units, fen in ask.facts["claims"]:
            if ref in first:
                repeats[ask.request_id, line] = fen
            else:
                first[ref] = fen
    return first, repeats


def _units_claimed(scene: Scene, shop: int) -> dict[str, int]:
    """Units by reference of the first claim."""
    first: dict[str, int] = {}
    for ask in scene.done("daybook"):
        if ask.facts["shop"] == shop and ask.facts["counts"]:
            for _line, ref, units, _fen in ask.facts["claims"]:
                first.setdefault(ref, units)
    return first


def _decisions(scene: Scene, shop: int) -> dict[Any, str]:
    """What was decided and posted, by code and line; nothing may be decided twice."""
    batches = {
        batch_id: f"{code}-{number}"
        for batch_id, code, number in scene.rows(
            "SELECT b.batch_id, t.code, b.batch_no FROM claim_batch b JOIN terminal t ON t.terminal_id = b.terminal_id"
        )
    }
    decided: dict[Any, str] = {}
    numbers = set()
    for ask in scene.witness.of("decide", "approve"):
        if not ask.done or ask.body["state"] != "decided" or ask.facts["shop"] != shop:
            continue
        if ask.facts["no"] in numbers:
            raise WrongError(f"a discrepancy ({ask.facts['code']}) was decided twice")
        numbers.add(ask.facts["no"])
        repeat = ask.facts["code"] == "X3"
        line = (batches[ask.facts["batch"]], ask.facts["line"]) if repeat else ask.facts["ref"]
        decided[ask.facts["code"], line] = ask.facts["choice"]
    return decided


def shops_are_owed_what_they_should(scene: Scene, shops: dict[int, ShopTruth]) -> None:
    """Points with the shops, yuan owed, sent and left, all from the receipts, the claims and the decisions."""
    sums = _sums(scene)
    sent: dict[int, int] = defaultdict(int)
    shop_of = dict(scene.rows("SELECT CAST(payout_id AS TEXT), claimant_id FROM payout"))
    for payout in scene.channel.of_kind("payout"):
        if payout["status"] != "failed":
            sent[shop_of[payout["metadata"]["payout_id"]]] += payout["amount"]
    put_in = scene.fund_fen + sum(ask.facts["fen"] for ask in scene.done("fund"))
    for shop, truth in shops.items():
        left = truth.booked_fen - truth.paid_fen - truth.dropped_fen
        must(f"points with shop {shop}", left * UNITS_PER_FEN, sums["offset", shop])
        owed = truth.paid_fen + truth.granted_fen - sent[shop]
        must(f"fen owed to shop {shop}", owed, sums["payable", shop])
    out = sum(truth.paid_fen + truth.granted_fen for truth in shops.values())
    must(
        "fund and reserves",
        put_in - out,
        sums["fund", 0] + sum(sums["cover", shop] for shop in shops),
    )
    must("under way to the bank", 0, sums["clearing", 0])
    must("at the bank", put_in - sum(sent.values()), -sums["bank", 0])
    gone = sum(truth.paid_fen + truth.dropped_fen for truth in shops.values()) * UNITS_PER_FEN
    must("points retired", gone, sums["retired", 0])


def _sums(scene: Scene) -> dict[tuple[str, int], int]:
    """Credits less debits of each account."""
    sums: dict[tuple[str, int], int] = defaultdict(int)
    for kind, owner, total in scene.rows(
        "SELECT a.kind, a.owner_id, sum(CASE WHEN t.credit_id = a.account_id THEN t.amount ELSE -t.amount END)"
        " FROM account a JOIN transfer t ON t.credit_id = a.account_id OR t.debit_id = a.account_id GROUP BY 1, 2"
    ):
        sums[kind, owner] = total
    return sums


def statements_follow_each_other(scene: Scene) -> None:
    """A statement opens with what the one before closed with, and no day stands in two."""
    for shop in (1, 2):
        closing = 0
        for opening, payable in scene.rows(
            f"SELECT opening_fen, payable_fen FROM statement WHERE claimant_id = {shop} ORDER BY statement_no"
        ):
            must(f"opening of shop {shop}'s statement", closing, opening)
            closing = payable
    twice = scene.rows(
        "SELECT s.claimant_id, r.business_date FROM statement s JOIN statement_row r ON r.statement_id = s.statement_id"
        " WHERE r.section = 'day' GROUP BY 1, 2 HAVING count(*) > 1"
    )
    must("days in two statements", [], twice)
    # Silence loses nothing: what a month's accepted statement showed as owed and not claimed is paid.
    for shop, month in scene.rows(
        "SELECT claimant_id, month FROM statement WHERE state IN ('accepted', 'deemed')"
    ):
        _nothing_waits(scene, shop, month)


def _nothing_waits(scene: Scene, shop: int, month: int) -> None:
    after = (month + 1) * 100
    waiting = scene.rows(
        "SELECT i.ref FROM open_item i JOIN night_run r ON r.run_no = i.opened_run"
        f" WHERE i.claimant_id = {shop} AND i.business_date < {after} AND r.business_date < {after}"
        " AND i.closed_run IS NULL"
    )
    must("waiting after its statement was accepted", [], waiting)


def findings_are_right(scene: Scene) -> None:
    """Each difference a night names is one, and nothing is judged before its day is over."""
    early = scene.rows(
        "SELECT d.code, d.ref FROM discrepancy d JOIN night_run r ON r.run_no = d.run_no"
        " WHERE d.booked_fen IS NOT NULL AND d.business_date > r.business_date"
        # What a payment's row names was sent on its day, between two nights.
        " AND d.code NOT IN ('P1', 'P2', 'P3', 'P4')"
    )
    must("judged before its day was over", [], early)
    unnamed = scene.rows(
        "SELECT p.payout_id FROM payout p WHERE p.state IN ('failed', 'returned') AND NOT EXISTS (SELECT 1"
        " FROM discrepancy d WHERE d.code = 'P1' AND d.state = 'open' AND d.ref = p.payout_id || '-' || p.attempt)"
    )
    must("payments that failed and nobody is to look at", [], unnamed)
    wrong = scene.rows(
        "SELECT code, booked_fen, claimed_fen FROM discrepancy WHERE NOT CASE code"
        " WHEN 'V1' THEN claimed_fen > booked_fen WHEN 'V2' THEN claimed_fen < booked_fen"
        " WHEN 'V3' THEN claimed_fen = booked_fen AND claimed_units <> booked_units"
        " WHEN 'X1' THEN booked_fen IS NULL WHEN 'X2' THEN claimed_fen IS NULL"
        " WHEN 'S1' THEN booked_fen < 0 AND claimed_fen IS NULL ELSE 1 END"
    )
    must("differences by another name", [], wrong)
    kept = scene.rows(
        "SELECT d.ref FROM discrepancy d JOIN offset_booked o ON o.ref = d.ref AND o.claimant_id = d.claimant_id"
        " JOIN claim c ON c.claimant_id = o.claimant_id AND c.ref = o.original_ref"
        " JOIN claim_batch b ON b.batch_id = c.batch_id WHERE d.code = 'X2' AND b.run_no <= d.run_no"
    )
    must("refunds of claimed sales that were called unclaimed", [], kept)


def what_is_proven_was_paid(scene: Scene) -> None:
    """A bill proves the sale it has a line for, by the same fen, and each line one sale."""
    lines = {
        (ask.facts["shop"], line.payment_ref): line.fen
        for ask in scene.witness.of("bill")
        for line in ask.facts["lines"]
    }
    proven = scene.rows(
        "SELECT merchant_id, payment_ref, paid_fen FROM evidence WHERE proven_by = 'bill' ORDER BY 1, 2"
    )
    for shop, payment_ref, paid_fen in proven:
        must(
            f"fen of the payment {payment_ref} behind a sale",
            lines.get((shop, payment_ref)),
            paid_fen,
        )
    must("payments that prove two sales", len({row[:2] for row in proven}), len(proven))
