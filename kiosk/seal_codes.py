"""The seal as people meet it: an entry's place under a published root, and the code that proves it on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kiosk.context import service
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.seal import checkpoints, keys
from ledger.seal.entries import Entry, read_entries
from ledger.seal.proof_code import Facts, SealedAt, board_code, sign_slip
from ledger.seal.proofs import find_leaf, path_to
from ledger.seal.publications import Publication, first_with, publications
from ledger.seal.tree import leaf_hash
from ledger.sql import Tx

CHECK_PATH: Final = "/CHECK"
"""Where a code is checked. In capitals, so that the whole address fits a QR code's short alphabet."""


@dataclass(frozen=True, slots=True)
class SealCode:
    """An entry's code and its state: `published` under a board's root, `sealed` under a newer one, or `promised`.

    `text` is empty where the log has no key yet.
    """

    state: str
    text: str
    index: int | None = None
    size: int | None = None
    publication: Publication | None = None


def code_of(tx: Tx, community_id: int, issuer: str, entry: Entry, facts: Facts) -> SealCode:
    """The code of an entry of the book, against the first board that covers it, else the newest checkpoint.

    Refuses keys_master_wrong, log_damaged.
    """
    try:
        signer = keys.signer(tx, service().vault, community_id)
    except Refusal as refusal:
        if refusal.code != "log_no_key":
            raise
        return SealCode("promised", "")
    said = {**facts, "signed_at": service().now() // SECOND_US}
    leaf = find_leaf(tx, community_id, entry.entry_id)
    board = None if leaf is None else first_with(tx, community_id, leaf.index)
    root = board or checkpoints.newest(tx, community_id)
    if leaf is None or root is None or leaf.index >= root.size:
        found = (
            leaf_hash(read_entries(tx, community_id, [entry])[entry]) if leaf is None else leaf.hash
        )
        return SealCode("promised", address_of(sign_slip(issuer, signer, said, found)))
    path = path_to(tx, community_id, leaf.index, root.size)
    at = SealedAt(leaf.index, root.size, path, root.root)
    text = address_of(sign_slip(issuer, signer, said, leaf.hash, at))
    return SealCode("sealed" if board is None else "published", text, leaf.index, root.size, board)


def board_address(issuer: str, publication: Publication) -> str:
    """The code of a month's notice board."""
    return address_of(board_code(issuer, publication.note))


def address_of(code: str) -> str:
    """A code as the address that opens it on a phone, in the signs of a QR code's short alphabet.

    Without a public address, or with one that has a path of its own, the code stands alone.
    """
    return address_under(service().settings.public_url, code)


def address_under(public_url: str, code: str) -> str:
    """The same under an address given."""
    base = public_url.rstrip("/").upper()
    return f"{base}{CHECK_PATH}/{code}" if base.count("/") == len("//") else code


def last_board(tx: Tx, community_id: int) -> Publication | None:
    """The newest published root."""
    found = publications(tx, community_id)
    return found[-1] if found else None
