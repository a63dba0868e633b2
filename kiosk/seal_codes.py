"""The seal as people meet it: an entry's place under a published root, and the code that proves it on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from kiosk.context import service
from kiosk.pages import month_text
from kiosk.texts import Translate, mark
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.members.key_vault import KeyVault
from ledger.seal import checkpoints, keys
from ledger.seal.entries import Entry, read_entries
from ledger.seal.note import Signer
from ledger.seal.proof_code import Facts, SealedAt, board_code, sign_slip
from ledger.seal.proofs import find_leaf, path_to
from ledger.seal.publications import Publication, first_with
from ledger.seal.tree import leaf_hash
from ledger.sql import Tx

CHECK_PATH: Final = "/CHECK"
"""Where a code is checked. In capitals, so that the whole address fits a QR code's short alphabet."""

CIVIC_PRECISION: Final = 2
"""The decimals of points where a code does not say otherwise."""

_WORDS: Final = {
    "published": mark(
        "Proven under the root of {month}. Any till of this community and any phone can check it."
    ),
    "sealed": mark(
        "Sealed. Print it anew after the next monthly board: then the code proves it under the published root."
    ),
    "promised": mark(
        "Signed by the community; it is sealed within minutes. Print it anew later for the full proof."
    ),
}


class Signing(NamedTuple):
    """What codes are signed with, where they are checked, and when (microseconds UTC)."""

    vault: KeyVault
    public_url: str
    at: int


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


def signing() -> Signing:
    """How this server signs codes."""
    here = service()
    return Signing(here.vault, here.settings.public_url, here.now())


def code_of(
    tx: Tx,
    community_id: int,
    issuer: str,
    entry: Entry,
    facts: Facts,
    *,
    by: Signing,
    precision: int = CIVIC_PRECISION,
) -> SealCode:
    """The code of an entry of the book, against the first board that covers it, else the newest checkpoint.

    `precision`: the decimals of the points in its facts, said only where they are not two. Refuses keys_master_wrong,
    log_damaged.
    """
    signer = _find_signer(tx, by.vault, community_id)
    if signer is None:
        return SealCode("promised", "")
    if precision != CIVIC_PRECISION:
        facts = {**facts, "precision": precision}
    leaf = find_leaf(tx, community_id, entry.entry_id)
    board = None if leaf is None else first_with(tx, community_id, leaf.index)
    root = board or checkpoints.newest(tx, community_id)
    if leaf is None or root is None or leaf.index >= root.size:
        # A promise says when it was given: later than a day it must have been kept.
        said = {**facts, "signed_at": by.at // SECOND_US}
        known = leaf_hash(read_entries(tx, community_id, [entry])[entry])
        return SealCode(
            "promised", address_under(by.public_url, sign_slip(issuer, signer, said, known))
        )
    path = path_to(tx, community_id, leaf.index, root.size)
    at = SealedAt(leaf.index, root.size, path, root.root)
    text = address_under(by.public_url, sign_slip(issuer, signer, facts, leaf.hash, at))
    return SealCode("sealed" if board is None else "published", text, leaf.index, root.size, board)


def _find_signer(tx: Tx, vault: KeyVault, community_id: int) -> Signer | None:
    try:
        return keys.signer(tx, vault, community_id)
    except Refusal as refusal:
        if refusal.code == "log_no_key":
            return None
        raise


def code_words(code: SealCode, translate: Translate) -> str:
    """How far an entry has come, and when to come back for more."""
    month = "" if code.publication is None else month_text(code.publication.month)
    return translate(_WORDS[code.state]).format(month=month)


def board_address(issuer: str, publication: Publication) -> str:
    """The code of a month's notice board."""
    return address_under(service().settings.public_url, board_code(issuer, publication.note))


def address_under(public_url: str, code: str) -> str:
    """A code as the address that opens it on a phone, in the signs of a QR code's short alphabet.

    Without a public address, or with one that has a path of its own, the code stands alone.
    """
    base = public_url.rstrip("/").upper()
    return f"{base}{CHECK_PATH}/{code}" if base.count("/") == len("//") else code
