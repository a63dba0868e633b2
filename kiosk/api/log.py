"""The community's log for tills and phones that follow it: where it stands, that it only grew, and their alarms."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask_openapi import APIBlueprint
from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from kiosk.api.here import till
from kiosk.api.types import Moment, RequestId, Strict, day_text
from kiosk.auth import actor, allow
from kiosk.context import service
from kiosk.seal_codes import code_of, signing
from ledger.errors import Refusal
from ledger.members import communities
from ledger.members.roles import ANYONE
from ledger.seal import checkpoints, keys
from ledger.seal.alarms import keep_alarm
from ledger.seal.entries import TXN, Entry
from ledger.seal.proofs import Leaf, find_leaf, hashes_text, leaf_at, path_to, prove_consistency
from ledger.seal.publications import publications
from ledger.seal.recovery import recoveries
from ledger.sql import Tx
from pos.receipt_facts import receipt_facts

bp = APIBlueprint("log", __name__, url_prefix="/api/v1/log")

_MOST: int = 2**53


def _size(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and int(value) <= _MOST:
        return int(value)
    raise PydanticCustomError("count_text", "a whole number is wanted")


Issuer = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{4}$")]
Size = Annotated[
    int, BeforeValidator(_size), WithJsonSchema({"type": "string", "pattern": r"^\d{1,16}$"})
]
"""How many leaves, as text in a query string."""
Hash = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]
"""32 bytes in base64."""
NoteText = Annotated[str, StringConstraints(max_length=20_000)]


class Follower(Strict):
    """Who follows: the community, how far it came, and the last month whose board it knows (yyyymm)."""

    community: Issuer
    size: Size = 0
    month: Size = 0


class LeafQuery(Strict):
    """A leaf to be proven in the tree of a size: found by its index, or by the receipt whose it is."""

    community: Issuer
    size: Size
    leaf: Hash
    index: Size | None = None
    ref: Annotated[str, StringConstraints(max_length=40)] = ""


class RefPath(Strict):
    """A receipt's reference."""

    ref: str = Field(min_length=5, max_length=40)


class AlarmBody(Strict):
    """What a till met: the note it keeps, the one it was shown, and the path that came with it."""

    request_id: RequestId
    why: Literal["origin", "signature", "forked", "older", "published"]
    kept: NoteText | None
    offered: NoteText
    path: Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(max_length=64)]
    seen_at: Moment


@bp.get("/follow")
@allow(ANYONE)
def follow(query: Follower) -> dict[str, Any]:
    """The newest checkpoint, proof that it grew out of the size asked from, and the boards since the month named."""
    with service().db.read() as tx:
        community_id = int(communities.get_by_issuer(tx, query.community).community_id)
        return offer_of(tx, community_id, size=query.size, month=query.month)


def offer_of(tx: Tx, community_id: int, *, size: int = 0, month: int = 0) -> dict[str, Any]:
    """What a device that stands at `size` needs to take the next step; its origin is None where there is no log yet.

    Refuses log_damaged.
    """
    known = keys.verifiers(tx, community_id)
    newest = checkpoints.newest(tx, community_id)
    head = 0 if newest is None else newest.size

    def path_from(old: int) -> list[str]:
        # From nothing there is nothing to prove, and to a smaller tree there is no proof.
        if not 0 < old <= head:
            return []
        return hashes_text(prove_consistency(tx, community_id, old, head))

    return {
        "origin": known[0].name if known else None,
        "keys": [key.text for key in known],
        "handovers": keys.handovers(tx, community_id),
        "recoveries": recoveries(tx, community_id),
        "checkpoint": None if newest is None else newest.note,
        "path": path_from(size),
        "published": [
            {
                "month": found.month,
                "date": found.published_on,
                "checkpoint": found.note,
                "path": path_from(found.size),
            }
            for found in publications(tx, community_id)
            if found.month > month
        ],
    }


@bp.get("/leaf")
@allow(ANYONE)
def leaf(query: LeafQuery) -> dict[str, Any]:
    """Proof that a leaf lies in the tree of a size; whoever asks must know its hash."""
    with service().db.read() as tx:
        community_id = int(communities.get_by_issuer(tx, query.community).community_id)
        found = _find(tx, community_id, query)
        newest = checkpoints.newest(tx, community_id)
        hashed = hashes_text([] if found is None else [found.hash])
        known = newest is not None and query.size <= newest.size
        if found is None or not known or hashed != [query.leaf] or found.index >= query.size:
            raise Refusal("leaf_not_found")
        path = path_to(tx, community_id, found.index, query.size)
        return {"index": str(found.index), "size": str(query.size), "path": hashes_text(path)}


def _find(tx: Tx, community_id: int, query: LeafQuery) -> Leaf | None:
    if query.index is not None:
        return leaf_at(tx, community_id, query.index)
    try:
        found = receipt_facts(tx, community_id, query.ref)
    except Refusal:
        # Whether there is such a receipt is nobody's business who does not know its leaf.
        return None
    return find_leaf(tx, community_id, found.txn_id)


@bp.get("/receipts/<string:ref>")
@allow("sale.make")
def receipt_code(path: RefPath) -> dict[str, Any]:
    """The code to print on one of this shop's receipts, and how far its entry has come."""
    here = till()
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    with service().db.read() as tx:
        found = receipt_facts(tx, here.community_id, path.ref)
        if found.merchant_id != terms.terminal(here.terminal_id).merchant_id:
            raise Refusal("receipt_not_found")
        entry = Entry(TXN, found.txn_id)
        code = code_of(
            tx,
            here.community_id,
            terms.community.issuer,
            entry,
            found.facts,
            by=signing(),
            precision=terms.shown.precision,
        )
    board = code.publication
    return {
        "state": code.state,
        "text": code.text,
        "month": None if board is None else board.month,
        "published_on": None if board is None else day_text(board.published_on),
    }


@bp.post("/alarms")
@allow("till.read")
def raise_alarm(body: AlarmBody) -> tuple[dict[str, Any], int]:
    """Keep what a till met; the same request id again keeps nothing twice. Nothing is stopped by it."""
    here, now = till(), service().now()
    by = actor().by

    def work(tx: Tx) -> int:
        return keep_alarm(
            tx,
            here.community_id,
            here.terminal_id,
            body.request_id,
            why=body.why,
            kept_note=body.kept,
            offered_note=body.offered,
            path=body.path,
            seen_at=body.seen_at,
            by=by,
            at=now,
        )

    alarm_id = service().db.write(work)
    if body.kept:
        _show_signed(here.community_id, body.kept)
    return {"alarm_id": str(alarm_id)}, 201


def _show_signed(community_id: int, note: str) -> None:
    """Hold what the till keeps against this server's log: where it does not fit, nothing more is signed."""
    try:
        checkpoints.show_signed(service().db, community_id, service().last_signed, note)
    except Refusal as refusal:
        # A note this log never signed says something about the till, nothing about the log.
        if refusal.code != "log_note_unknown":
            raise
