"""The signing keys of a community: made, renewed in time, used, published, and retired."""

from __future__ import annotations

from typing import Any, Final

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from ledger import audit
from ledger.audit import SYSTEM, By
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.members.key_vault import KeyVault
from ledger.sql import Row, Sql, Tx
from ledger.token_keys import (
    CLASS_RULES,
    KID_MAX,
    KeyClass,
    KeySet,
    PrivateKey,
    PublicKey,
    SigningKey,
    jwks,
    new_key,
    thumbprint,
)

RENEWED_CLASSES: Final = (
    KeyClass.CARD,
    KeyClass.DYN,
    KeyClass.EARN,
    KeyClass.VCH,
    KeyClass.SVC,
    KeyClass.CRT,
    KeyClass.LIST,
)
"""The classes in use; each always has a key that signs and, in time, its successor."""

_DAY_S: Final = 86_400
_PUBLISHED_AHEAD_S: Final = 7 * _DAY_S
_OVERLAP_S: Final = _DAY_S

_ISSUER = Sql("SELECT issuer FROM community WHERE community_id = :community_id")
_KIDS = Sql(
    "SELECT kid, MAX(not_after) AS ended_at FROM token_key "
    "WHERE community_id = :community_id GROUP BY kid"
)
_KEEP = Sql(
    "INSERT INTO token_key (community_id, kid, key_class, alg, public_key, private_key_encrypted, "
    "not_before, not_after, state, made_by, made_at) VALUES (:community_id, :kid, :key_class, "
    ":alg, :public_key, :private_key_encrypted, :not_before, :not_after, 'active', :made_by, "
    ":made_at)"
)
_CONFIG_CHANGED = Sql(
    "UPDATE community SET config_version = config_version + 1 WHERE community_id = :community_id"
)
_ALL = Sql(
    "SELECT k.kid, k.key_class, k.alg, k.public_key, k.not_before, k.not_after, k.state, c.issuer "
    "FROM token_key k JOIN community c ON c.community_id = k.community_id "
    "WHERE k.community_id = :community_id ORDER BY k.not_before, k.kid"
)
_NEWEST = Sql(
    "SELECT k.kid, k.key_class, k.alg, k.public_key, k.not_before, k.not_after, k.state, c.issuer, "
    "k.private_key_encrypted "
    "FROM token_key k JOIN community c ON c.community_id = k.community_id "
    "WHERE k.community_id = :community_id AND k.key_class = :key_class AND k.state = 'active' "
    "AND k.not_before <= :at AND k.not_after >= :at + :code_life "
    "ORDER BY k.not_before DESC, k.kid DESC LIMIT 1"
)
# Of a whole day the same one each time it is asked, also before the day: the newest that signs as the day begins, else
# the first that began within it.
_OF_DAY = Sql(
    "SELECT k.kid, k.key_class, k.alg, k.public_key, k.not_before, k.not_after, k.state, c.issuer, "
    "k.private_key_encrypted "
    "FROM token_key k JOIN community c ON c.community_id = k.community_id "
    "WHERE k.community_id = :community_id AND k.key_class = :key_class AND k.state = 'active' "
    "AND k.not_before < :ends_at AND k.not_after >= :ends_at "
    "ORDER BY CASE WHEN k.not_before <= :starts_at THEN 0 ELSE 1 END, "
    "CASE WHEN k.not_before <= :starts_at THEN -k.not_before ELSE k.not_before END, k.kid LIMIT 1"
)
_OF_THEN = Sql(
    "SELECT k.kid, k.key_class, k.alg, k.public_key, k.not_before, k.not_after, k.state, c.issuer, "
    "k.private_key_encrypted "
    "FROM token_key k JOIN community c ON c.community_id = k.community_id "
    "WHERE k.community_id = :community_id AND k.kid = :kid AND k.state = 'active' "
    "AND k.not_before <= :at AND k.not_after >= :at"
)
_RETIRE = Sql(
    "UPDATE token_key SET state = 'retired', private_key_encrypted = :nothing, "
    "retired_by = :by, retired_at = :at "
    "WHERE community_id = :community_id AND kid = :kid AND state = 'active'"
)


def make_key(
    tx: Tx,
    vault: KeyVault,
    community_id: int,
    key_class: KeyClass,
    *,
    at: int,
    by: int,
    not_before: int | None = None,
    alg: str = "EdDSA",
) -> PublicKey:
    """Make a key that signs from `not_before` (microseconds UTC, default `at`) on.

    Refusals: key_slots_full.
    """
    first = at if not_before is None else not_before
    if first < at:
        raise ValueError("a key never signs for a time before it was made")
    key = new_key(
        key_class,
        community=tx.get(_ISSUER, community_id=community_id).issuer,
        kid=_free_kid(tx, community_id, at),
        not_before_s=first // SECOND_US,
        alg=alg,
    )
    public = key.public
    tx.run(
        _KEEP,
        community_id=community_id,
        kid=public.kid,
        key_class=public.key_class.value,
        alg=public.alg,
        public_key=public.raw,
        private_key_encrypted=vault.seal(_dump(key.private), _label(community_id, public)),
        not_before=public.not_before_s * SECOND_US,
        not_after=public.expires_at_s * SECOND_US,
        made_by=by,
        made_at=at,
    )
    tx.run(_CONFIG_CHANGED, community_id=community_id)
    facts: audit.Facts = {
        "class": public.key_class.value,
        "alg": public.alg,
        "key": thumbprint(public),
    }
    _note(tx, community_id, "token_key.make", public.kid, by=by, at=at, after=facts)
    return public


def renew_keys(tx: Tx, vault: KeyVault, community_id: int, *, at: int, by: int) -> list[PublicKey]:
    """Give every class in use a signing key and its successor a week before it is needed.

    Safe to run every day: nothing is made while the newest key signs for long enough.
    """
    return [
        make_key(tx, vault, community_id, key_class, at=at, by=by, not_before=not_before)
        for key_class in RENEWED_CLASSES
        if (not_before := _next_start(tx, community_id, key_class, at)) is not None
    ]


def signing_key(
    tx: Tx, vault: KeyVault, community_id: int, key_class: KeyClass, *, at: int
) -> SigningKey:
    """The key to sign a code issued at `at` (microseconds UTC) with.

    Refusals: token_no_signing_key, keys_master_wrong.
    """
    row = tx.find(
        _NEWEST,
        community_id=community_id,
        key_class=key_class.value,
        at=at,
        code_life=CLASS_RULES[key_class].code_life_s * SECOND_US,
    )
    if row is None:
        raise Refusal("token_no_signing_key", key_class=key_class)
    return _opened(vault, community_id, row)


def key_of_then(
    tx: Tx, vault: KeyVault, community_id: int, kid: int, *, at: int
) -> SigningKey | None:
    """The key that was called `kid` at `at` (microseconds UTC); None where there is none or it was withdrawn since.

    Refusals: keys_master_wrong.
    """
    row = tx.find(_OF_THEN, community_id=community_id, kid=kid, at=at)
    return None if row is None else _opened(vault, community_id, row)


def key_of_day(
    tx: Tx,
    vault: KeyVault,
    community_id: int,
    key_class: KeyClass,
    *,
    starts_at: int,
    ends_at: int,
) -> SigningKey | None:
    """The key for codes of one whole day (microseconds UTC, its end excluded), the same whenever it is asked for.

    None where none signs then: before the class's first key, or further ahead than keys are made.
    Refusals: keys_master_wrong.
    """
    row = tx.find(
        _OF_DAY,
        community_id=community_id,
        key_class=key_class.value,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    return None if row is None else _opened(vault, community_id, row)


def _opened(vault: KeyVault, community_id: int, row: Row) -> SigningKey:
    public = _public(row)
    sealed = bytes(row.private_key_encrypted)
    return SigningKey(public, _load(vault.open(sealed, _label(community_id, public))))


def public_keys(tx: Tx, community_id: int) -> KeySet:
    """Every key the community ever made, retired ones marked: a server checks codes with it.

    It changes only when `community.config_version` does.
    """
    return KeySet(_public(row) for row in tx.all(_ALL, community_id=community_id))


def published_keys(tx: Tx, community_id: int, *, at: int) -> dict[str, Any]:
    """The JWKS for tills and third parties: keys neither retired nor ended at `at`."""
    keys = public_keys(tx, community_id).keys
    return jwks(key for key in keys if key.expires_at_s * SECOND_US >= at)


def retire_key(tx: Tx, community_id: int, kid: int, *, at: int, by: int) -> None:
    """Stop believing a key at once, as after a leak, and destroy its private half.

    Refusals: key_not_found.
    """
    rows = tx.run(_RETIRE, community_id=community_id, kid=kid, nothing=b"", by=by, at=at)
    if rows == 0:
        raise Refusal("key_not_found", kid=kid)
    tx.run(_CONFIG_CHANGED, community_id=community_id)
    _note(tx, community_id, "token_key.retire", kid, by=by, at=at)


def _note(
    tx: Tx,
    community_id: int,
    act: str,
    kid: int,
    *,
    by: int,
    at: int,
    after: audit.Facts | None = None,
) -> None:
    who = By("staff", by) if by else SYSTEM
    audit.record(tx, community_id, who, act, f"token_key:{kid}", at=at, after=after)


def _free_kid(tx: Tx, community_id: int, at: int) -> int:
    # A number whose key has long ended comes last, so that an old photograph of a code still meets
    # its own key and is called expired rather than forged.
    ended_at = {row.kid: row.ended_at for row in tx.all(_KIDS, community_id=community_id)}
    kid = min(range(KID_MAX + 1), key=lambda each: (ended_at.get(each, 0), each))
    if ended_at.get(kid, 0) > at:
        raise Refusal("key_slots_full")
    return kid


def _next_start(tx: Tx, community_id: int, key_class: KeyClass, at: int) -> int | None:
    keys = public_keys(tx, community_id).keys
    last_signing_s = max(
        (key.signs_until_s for key in keys if key.key_class is key_class and not key.retired),
        default=0,
    )
    start = max(at, (last_signing_s - _OVERLAP_S) * SECOND_US)
    return start if start <= at + _PUBLISHED_AHEAD_S * SECOND_US else None


def _public(row: Row) -> PublicKey:
    return PublicKey(
        community=row.issuer,
        kid=row.kid,
        key_class=KeyClass(row.key_class),
        alg=row.alg,
        raw=bytes(row.public_key),
        not_before_s=row.not_before // SECOND_US,
        expires_at_s=row.not_after // SECOND_US,
        retired=row.state == "retired",
    )


def _label(community_id: int, key: PublicKey) -> bytes:
    parts = (community_id, key.kid, key.key_class.value, key.alg, key.not_before_s)
    return "|".join(map(str, parts)).encode() + key.raw


def _dump(private: PrivateKey) -> bytes:
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _load(der: bytes) -> PrivateKey:
    private: Any = load_der_private_key(der, password=None)
    key: PrivateKey = private
    return key
