"""The seal of a till's batch (a compact JWS, ES256): header and trailer totals, the batch before, and all its rows.

The header says what the till expected from its own tally, the trailer what it counted over the rows it sends; the
hash of the rows and of the batch before make that nobody can change, drop or slip in one without its being seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from ledger.errors import Refusal
from ledger.members.device_keys import to_base64url
from ledger.members.signed_text import is_hash, is_number, read_signed_text
from ledger.units import MOST_FEN
from settlement.daybook import Daybook, DaybookLine, totals_of

TYPE: Final = "jifen-batch"

_PAYLOAD: Final = {"c", "n", "d", "p", "h", "t", "b"}
_SUMS: Final = 3
_MOST_NO: Final = 1_000_000
_MOST_DAY: Final = 10**8
_MOST: Final = MOST_FEN * 100
_MS_US: Final = 1_000


class Sums(NamedTuple):
    """How many rows, and what they come to with refunds taken off: points in units, yuan in fen."""

    rows: int
    units: int
    fen: int


class BatchSeal(NamedTuple):
    """What a seal says; believe it only after its signature was checked."""

    community_id: int
    terminal_id: int
    batch_no: int
    business_date: int
    before: str
    """The hash of the till's batch before; empty for its first sealed one."""
    header: Sums
    trailer: Sums
    rows_hash: str
    hash: str
    """The hash of the seal itself, which the next batch names."""
    signed: bytes
    signature: bytes


def read_seal(text: str, batch_no: int) -> BatchSeal:
    """Take the seal of a batch apart, without cryptography.

    Refusals: claim_batch_signature (it is none).
    """
    try:
        seal = read_signed_text(text, TYPE, _PAYLOAD)
    except ValueError as error:
        raise Refusal("claim_batch_signature", batch_no=batch_no) from error
    said = seal.said
    if not _is_whole(said):
        raise Refusal("claim_batch_signature", batch_no=batch_no)
    return BatchSeal(
        community_id=seal.community_id,
        terminal_id=seal.terminal_id,
        batch_no=said["n"],
        business_date=said["d"],
        before=said["p"],
        header=Sums(*said["h"]),
        trailer=Sums(*said["t"]),
        rows_hash=said["b"],
        hash=hash_of(text),
        signed=seal.signed,
        signature=seal.signature,
    )


def hash_of(seal: str) -> str:
    """What the next batch names; empty for a batch without a seal."""
    return to_base64url(hashlib.sha256(seal.encode()).digest()) if seal else ""


def rows_hash(lines: Iterable[DaybookLine]) -> str:
    """SHA-256 over each row as `counter|ref|kind|original|total|units|off|paid|milliseconds` and a line end."""
    digest = hashlib.sha256()
    for line in lines:
        cells = (
            line.counter,
            line.ref,
            line.kind,
            line.original_ref or "",
            line.total_fen,
            line.offset_units,
            line.offset_fen,
            line.paid_fen,
            line.occurred_at // _MS_US,
        )
        digest.update(("|".join(map(str, cells)) + "\n").encode())
    return to_base64url(digest.digest())


def sums_of(lines: Sequence[DaybookLine]) -> Sums:
    """The sums of some rows as header and trailer state them."""
    totals = totals_of(lines)
    return Sums(
        totals.sales + totals.refunds,
        totals.offset_units_plus - totals.offset_units_minus,
        totals.offset_fen_plus - totals.offset_fen_minus,
    )


def check_names(seal: BatchSeal, book: Daybook, community_id: int, terminal_id: int) -> None:
    """Refuse a seal made for another till, another number or day, or over other rows.

    Refusals: claim_batch_signature, claim_batch_rows.
    """
    if (seal.community_id, seal.terminal_id) != (community_id, terminal_id):
        raise Refusal("claim_batch_signature", batch_no=book.batch_no)
    is_same = (seal.batch_no, seal.business_date) == (book.batch_no, book.business_date)
    if not is_same or seal.rows_hash != rows_hash(book.lines):
        raise Refusal("claim_batch_rows", batch_no=book.batch_no)


def check_follows(seal: BatchSeal, last_hash: str, *, may_start: bool) -> None:
    """Refuse a batch that does not name the one before it; `may_start`: the tablet was enrolled after that one.

    Refusals: claim_batch_not_chained.
    """
    starts = may_start and seal.before == ""
    if seal.before != last_hash and not starts:
        raise Refusal("claim_batch_not_chained", batch_no=seal.batch_no)


def wrong_sums(seal: BatchSeal, lines: Sequence[DaybookLine]) -> list[dict[str, Any]]:
    """Where header or trailer say something else than the rows come to: name, the till's figure, ours."""
    ours = sums_of(lines)
    return [
        {"name": f"{part}_{name}", "till": said, "server": counted}
        for part, sums in (("header", seal.header), ("trailer", seal.trailer))
        for name, said, counted in zip(Sums._fields, sums, ours, strict=True)
        if said != counted
    ]


def _is_whole(said: dict[str, Any]) -> bool:
    return (
        is_number(said["n"], 1, _MOST_NO)
        and is_number(said["d"], 1, _MOST_DAY)
        and is_hash(said["b"])
        and (said["p"] == "" or is_hash(said["p"]))
        and all(_is_sums(said[part]) for part in ("h", "t"))
    )


def _is_sums(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == _SUMS
        and is_number(value[0], 0, _MOST_DAY)
        and all(is_number(one, -_MOST, _MOST) for one in value[1:])
    )
