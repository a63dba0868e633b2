"""The log's signing keys: made, handed over, and kept sealed like every other secret of the server."""

from __future__ import annotations

from typing import Any, Final

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.members.key_vault import KeyVault
from ledger.seal.note import ALGORITHMS, Signer, Verifier, new_signer, sign_note
from ledger.sql import Row, Sql, Tx

HANDOVER: Final = "jifen-log-key/1"
"""First line of a note by which a key names the one that follows it; then origin and verifier key."""

_ISSUER: Final = Sql("SELECT issuer FROM community WHERE community_id = :community_id")
_KEYS: Final = Sql(
    "SELECT key_no, name, alg, public_key, handover FROM log_key"
    " WHERE community_id = :community_id ORDER BY key_no"
)
_NEWEST: Final = Sql(
    "SELECT key_no, name, alg, public_key, private_key_encrypted FROM log_key"
    " WHERE community_id = :community_id ORDER BY key_no DESC LIMIT 1"
)
_KEEP: Final = Sql(
    "INSERT INTO log_key (community_id, key_no, name, alg, public_key, private_key_encrypted,"
    " handover, made_by, made_at) VALUES (:community_id, :key_no, :name, :alg, :public_key,"
    " :private_key_encrypted, :handover, :made_by, :made_at)"
)
_DESTROY: Final = Sql(
    "UPDATE log_key SET private_key_encrypted = :nothing WHERE community_id = :community_id"
    " AND key_no < :key_no"
)


def origin_of(tx: Tx, community_id: int) -> str:
    """The name of the community's log, as its checkpoints begin; it stays for ever.

    Refuses: log_no_key.
    """
    row = tx.find(_NEWEST, community_id=community_id)
    if row is None:
        raise Refusal("log_no_key")
    return str(row.name)


def verifiers(tx: Tx, community_id: int) -> list[Verifier]:
    """Every key the log ever had, the first one first: each checkpoint can be checked with one of them."""
    rows = tx.all(_KEYS, community_id=community_id)
    return [Verifier(row.name, row.alg, bytes(row.public_key)) for row in rows]


def handovers(tx: Tx, community_id: int) -> list[str]:
    """The notes by which each key named the next, the first one first."""
    return [row.handover for row in tx.all(_KEYS, community_id=community_id) if row.handover]


def signer(tx: Tx, vault: KeyVault, community_id: int) -> Signer:
    """The key that signs now.

    Refuses: log_no_key, keys_master_wrong.
    """
    return _newest(tx, vault, community_id)[1]


def newest_no(tx: Tx, community_id: int) -> int:
    """The number of the key that signs now, 0 before the first."""
    row = tx.find(_NEWEST, community_id=community_id)
    return 0 if row is None else int(row.key_no)


def ensure_key(
    tx: Tx, vault: KeyVault, community_id: int, *, by: By, at: int, alg: str = "Ed25519"
) -> bool:
    """Make the log's first key where there is none; whether one was made."""
    if newest_no(tx, community_id):
        return False
    issuer = tx.get(_ISSUER, community_id=community_id).issuer
    _make(tx, vault, community_id, new_signer(f"jifen/{issuer}", alg), 1, "", by=by, at=at)
    return True


def change_key(
    tx: Tx, vault: KeyVault, community_id: int, *, by: By, at: int, alg: str = "Ed25519"
) -> Verifier:
    """Make the next key: the one before names it in a signed note, then its private half is destroyed.

    Refuses: log_no_key, log_key_alg_unknown, keys_master_wrong.
    """
    if alg not in ALGORITHMS:
        raise Refusal("log_key_alg_unknown", known=", ".join(sorted(ALGORITHMS)))
    key_no, before = _newest(tx, vault, community_id)
    after = new_signer(before.verifier.name, alg)
    text = f"{HANDOVER}\n{after.verifier.name}\n{after.verifier.text}\n"
    handover = sign_note(text, [before])
    _make(tx, vault, community_id, after, key_no + 1, handover, by=by, at=at)
    tx.run(_DESTROY, community_id=community_id, key_no=key_no + 1, nothing=b"")
    return after.verifier


def _make(
    tx: Tx,
    vault: KeyVault,
    community_id: int,
    made: Signer,
    key_no: int,
    handover: str,
    *,
    by: By,
    at: int,
) -> None:
    public = made.verifier
    label = _label(community_id, key_no, public)
    tx.run(
        _KEEP,
        community_id=community_id,
        key_no=key_no,
        name=public.name,
        alg=public.alg,
        public_key=public.raw,
        private_key_encrypted=vault.seal(_dump(made.private), label),
        handover=handover,
        made_by=by.id,
        made_at=at,
    )
    facts = {"alg": public.alg, "key": public.text}
    audit.record(tx, community_id, by, "log_key.make", f"log_key:{key_no}", at=at, after=facts)


def _newest(tx: Tx, vault: KeyVault, community_id: int) -> tuple[int, Signer]:
    row = tx.find(_NEWEST, community_id=community_id)
    if row is None:
        raise Refusal("log_no_key")
    return int(row.key_no), _opened(vault, community_id, row)


def _opened(vault: KeyVault, community_id: int, row: Row) -> Signer:
    public = Verifier(row.name, row.alg, bytes(row.public_key))
    sealed = bytes(row.private_key_encrypted)
    private: Any = load_der_private_key(
        vault.open(sealed, _label(community_id, row.key_no, public)), password=None
    )
    return Signer(public, private)


def _label(community_id: int, key_no: int, key: Verifier) -> bytes:
    parts = ("log", community_id, key_no, key.name, key.alg)
    return "|".join(map(str, parts)).encode() + key.raw


def _dump(private: Any) -> bytes:  # noqa: ANN401 - two libraries' keys
    made: bytes = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return made
