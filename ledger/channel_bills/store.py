"""Keeps what a channel's bill says: the file by its hash, and its lines once each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.channel_bills.bill import Bill, BillLine, Outcome
from ledger.channel_bills.layouts import layouts
from ledger.channel_bills.reading import read_channel_bill
from ledger.channel_bills.unpacking import NotPackedRightError, unpacked
from ledger.errors import GuardMissedError, Refusal
from ledger.members import files
from ledger.members.merchants import get_merchant
from ledger.sql import Row, Sql, Tx

_COLUMNS: Final = (
    "bill_id, merchant_id, layout, channel, account, kinds, outcome, covers_from, covers_until, sha256, file_sha256,"
    " file_name, pay_count, pay_fen, back_count, back_fen, answer, taken_by, taken_at"
)
_KEEP: Final = Sql(
    f"INSERT INTO channel_bill (community_id, {_COLUMNS}) VALUES (:community_id, :bill_id, :merchant_id,"
    " :layout, :channel, :account, :kinds, :outcome, :covers_from, :covers_until, :sha256, :file_sha256, :file_name,"
    " :pay_count, :pay_fen, :back_count, :back_fen, :answer, :taken_by, :at)"
    " ON CONFLICT (community_id, merchant_id, sha256) DO NOTHING"
)
_KEEP_LINE: Final = Sql(
    "INSERT INTO channel_line (community_id, bill_id, line_no, merchant_id, channel, kind, payment_ref, refund_ref,"
    " fen, at) VALUES (:community_id, :bill_id, :line_no, :merchant_id, :channel, :kind, :payment_ref, :refund_ref,"
    " :fen, :at)"
)
_KEEP_PAYER: Final = Sql(
    "INSERT INTO channel_payer (community_id, merchant_id, channel, payment_ref, payer, told_at) VALUES (:community_id,"
    " :merchant_id, :channel, :payment_ref, :payer, :at) ON CONFLICT DO NOTHING"
)
_SAME: Final = Sql(
    f"SELECT {_COLUMNS} FROM channel_bill WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND sha256 = :sha256"
)
_RECENT: Final = Sql(
    f"SELECT {_COLUMNS} FROM channel_bill WHERE community_id = :community_id"
    " ORDER BY taken_at DESC, bill_id LIMIT :most"
)
_KNOWN: Final = (
    "SELECT l.payment_ref, l.refund_ref, l.fen, l.at, l.line_no, b.file_name FROM channel_line l"
    " JOIN channel_bill b ON b.community_id = l.community_id AND b.bill_id = l.bill_id"
    " WHERE l.community_id = :community_id AND l.merchant_id = :merchant_id AND l.channel = :channel"
)
_KNOWN_REFS: Final = {
    "sqlite": Sql(f"{_KNOWN} AND l.payment_ref IN (SELECT value FROM json_each(:refs))"),
    "postgresql": Sql(f"{_KNOWN} AND l.payment_ref = ANY(:refs)"),
}
_KNOWN_IN: Final = Sql(
    f"{_KNOWN} AND b.account = :account AND l.kind = 'pay' AND l.at >= :covers_from AND l.at < :covers_until"
)
_LINES: Final = Sql(
    "SELECT channel, kind, payment_ref, refund_ref, fen, at, bill_id, line_no FROM channel_line"
    " WHERE community_id = :community_id AND merchant_id = :merchant_id AND at >= :since AND at < :until"
    " ORDER BY at, channel, payment_ref, refund_ref"
)
_OTHER_SHOP: Final = Sql(
    "SELECT m.code FROM channel_bill b JOIN merchant m ON m.community_id = b.community_id"
    " AND m.merchant_id = b.merchant_id WHERE b.community_id = :community_id AND b.channel = :channel"
    " AND b.account = :account AND b.outcome = 'ok' AND b.merchant_id <> :merchant_id LIMIT 1"
)
_MANY: Final = 5_000
_PSEUDONYM_SIGNS: Final = 32
_LONGEST_NAME: Final = 120


class Sent(NamedTuple):
    """A bill as somebody sent it; `days` (yyyymmdd, both included): what they say it speaks for."""

    name: str
    body: bytes
    days: tuple[int, int] | None = None


def read_sent(sent: Sent) -> tuple[Bill, bytes]:
    """The bill as read, and its own bytes.

    Refuses: file_empty, file_too_large, bill_unreadable (an archive that is broken), bill_unknown (no layout fits).
    """
    files.check_size(sent.body)
    try:
        body, name = unpacked(sent.body, sent.name)
    except NotPackedRightError:
        raise Refusal("bill_unreadable") from None
    bill = read_channel_bill(body, name=name, days=sent.days)
    if bill is None:
        known = [layout.name for layout in layouts()]
        raise Refusal("bill_unknown", known=", ".join([*known, "unionpay"]))
    return bill, body


def keep_bill(
    tx: Tx, community_id: int, merchant_id: int, sent: Sent, *, by: By, at: int
) -> dict[str, Any]:
    """Keep a bill and what it says; the same bill again, under any name, packed or not, gives its first answer.

    Answer: `outcome` (`ok`, `EMPTY`, `UNREADABLE`, `TOTALS_WRONG`), `bill_id`, `again`, `layout`, the time it speaks
    for, counts and sums, `faults` and `wrong` totals. Only an `ok` or an `EMPTY` one counts; the others are kept as
    evidence. Refuses what `read_sent` refuses, merchant_not_found, bill_day_open (the day is not over: more may come),
    bill_days_missing, bill_other_shop (its account is another shop's) and bill_changed (a line that an earlier bill
    held says something else now, or is gone).
    """
    get_merchant(tx, community_id, merchant_id)
    bill, body = read_sent(sent)
    sha256 = hashlib.sha256(body).hexdigest()
    here = {"community_id": community_id, "merchant_id": merchant_id}
    known = tx.find(_SAME, **here, sha256=sha256)
    if known is not None:
        return {**json.loads(known.answer), "again": True}
    counts = bill.outcome in {Outcome.OK, Outcome.EMPTY}
    if counts and bill.covers_until > at:
        raise Refusal("bill_day_open")
    if counts and not bill.covers_until:
        raise Refusal("bill_days_missing")
    if counts:
        _check_account(tx, here, bill)
    new = _new_lines(tx, here, bill) if counts else []
    bill_id = _bill_id(community_id, merchant_id, sha256)
    answer = _answer(bill, bill_id, new=len(new))
    kept = {
        **here,
        "bill_id": bill_id,
        "layout": bill.layout,
        "channel": bill.channel,
        "account": bill.account,
        "kinds": bill.kinds,
        "outcome": bill.outcome.value,
        "covers_from": bill.covers_from if counts else 0,
        "covers_until": bill.covers_until if counts else 0,
        "sha256": sha256,
        "file_sha256": files.keep(
            tx, community_id, sent.body, name=sent.name, media_type="text/csv",
            source="channel bill", by=by, at=at,
        ),
        "file_name": "".join(filter(str.isprintable, sent.name))[-_LONGEST_NAME:],
        **_sums(bill if counts else Bill()),
        "answer": json.dumps(answer, ensure_ascii=False, sort_keys=True),
        "taken_by": by.id,
    }  # fmt: skip
    if tx.run(_KEEP, **kept, at=at) != 1:
        raise GuardMissedError("channel_bill")
    place = {**here, "bill_id": bill_id, "channel": bill.channel}
    tx.many(_KEEP_LINE, [{**place, **line._asdict()} for line in new])
    _keep_payers(tx, place, new, at=at)
    facts: audit.Facts = {"outcome": bill.outcome.value, "sha256": sha256, "lines": len(new)}
    audit.record(tx, community_id, by, "bill.take", f"bill:{bill_id}", at=at, after=facts)
    return answer


def recent_bills(tx: Tx, community_id: int, *, most: int = 100) -> list[Row]:
    """Bills as they came, newest first."""
    return tx.all(_RECENT, community_id=community_id, most=most)


def lines_between(
    tx: Tx, community_id: int, merchant_id: int, *, since: int, until: int
) -> list[Row]:
    """What the shop's bills say of a time (microseconds UTC, the end left out), in order of time."""
    return tx.all(
        _LINES, community_id=community_id, merchant_id=merchant_id, since=since, until=until
    )


def _check_account(tx: Tx, here: dict[str, int], bill: Bill) -> None:
    """Refuse the bill of an account that another shop's bills came from: it was sent for the wrong shop."""
    if not bill.account:
        return
    other = tx.find(_OTHER_SHOP, **here, channel=bill.channel, account=bill.account)
    if other is not None:
        raise Refusal("bill_other_shop", merchant=other.code)


def _new_lines(tx: Tx, here: dict[str, int], bill: Bill) -> list[BillLine]:
    """The lines no earlier bill held. Refuses bill_changed."""
    known: dict[tuple[str, str], Row] = {}
    place = {**here, "channel": bill.channel}
    refs = sorted({line.payment_ref for line in bill.lines})
    for first in range(0, len(refs), _MANY):
        some = refs[first : first + _MANY]
        given = json.dumps(some) if tx.dialect == "sqlite" else some
        rows = tx.all(_KNOWN_REFS[tx.dialect], **place, refs=given)
        known |= {(row.payment_ref, row.refund_ref): row for row in rows}
    new: dict[tuple[str, str], BillLine] = {}
    for line in bill.lines:
        key = (line.payment_ref, line.refund_ref)
        before = known.get(key) or new.get(key)
        if before is None:
            new[key] = line
        elif (before.fen, before.at) != (line.fen, line.at):
            said = getattr(before, "file_name", "")
            column = "amount" if before.fen != line.fen else "time"
            raise Refusal("bill_changed", row=line.line_no, column=column, file=said)
    _check_none_gone(tx, place, bill, set(known))
    return list(new.values())


def _check_none_gone(
    tx: Tx, place: dict[str, Any], bill: Bill, known: set[tuple[str, str]]
) -> None:
    if bill.kinds == "back":
        return
    span = {
        "account": bill.account,
        "covers_from": bill.covers_from,
        "covers_until": bill.covers_until,
    }
    for row in tx.all(_KNOWN_IN, **place, **span):
        if (row.payment_ref, row.refund_ref) not in known:
            raise Refusal("bill_changed", row=0, column="reference", file=row.file_name)


def _bill_id(community_id: int, merchant_id: int, sha256: str) -> int:
    text = f"channel_bill|{community_id}|{merchant_id}|{sha256}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1


def _sums(bill: Bill) -> dict[str, int]:
    paid, back = bill.of_kind("pay"), bill.of_kind("back")
    return {
        "pay_count": len(paid),
        "pay_fen": _fen(paid),
        "back_count": len(back),
        "back_fen": _fen(back),
    }


def _fen(lines: Sequence[BillLine]) -> int:
    return sum(line.fen for line in lines)


def _keep_payers(tx: Tx, place: dict[str, Any], lines: Sequence[BillLine], *, at: int) -> None:
    community_id, channel = int(place["community_id"]), str(place["channel"])
    payers = [
        {
            **place,
            "payment_ref": line.payment_ref,
            "payer": _pseudonym(community_id, channel, line.payer),
            "at": at,
        }
        for line in lines
        if line.payer
    ]
    tx.many(_KEEP_PAYER, payers)


def _pseudonym(community_id: int, channel: str, payer: str) -> str:
    """The same payer in one community is the same text; the channel's own number is kept nowhere but in its file."""
    text = f"{community_id}/{channel}/{payer}"
    return hashlib.sha256(text.encode()).hexdigest()[:_PSEUDONYM_SIGNS]


def _answer(bill: Bill, bill_id: int, *, new: int) -> dict[str, Any]:
    return {
        "outcome": bill.outcome.value,
        "again": False,
        "bill_id": str(bill_id),
        "layout": bill.layout,
        "kinds": bill.kinds,
        "covers_from": bill.covers_from,
        "covers_until": bill.covers_until,
        "new_lines": new,
        **_sums(bill),
        "faults": [fault._asdict() for fault in bill.faults],
        "wrong": [wrong._asdict() for wrong in bill.wrong],
    } | ({} if bill.encoding == "" else {"encoding": bill.encoding})
