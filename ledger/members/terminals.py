"""Tills and counters: opened in the office, enrolled once by a code, known by their own key."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger import audit
from ledger.audit import By
from ledger.clock import SECOND_US
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_id
from ledger.members import settings
from ledger.members.communities import raise_config_version
from ledger.members.device_keys import read_jwk
from ledger.members.merchants import all_branches
from ledger.members.words import check_code
from ledger.refs import check_character, is_valid
from ledger.sql import Row, Sql, Tx

KINDS: Final = ("till", "counter", "kiosk", "paper")
HOTLINE: Final = "hotline"
"""No tablet: the running numbers of what a shop reads to the hotline. It is never enrolled."""
CODE_LENGTH: Final = 12
TRAINING_CODE: Final = "TRAINING"
"""What a till prints on the slips of its training; no terminal bears it, so they are receipts of none."""
_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

_COLUMNS: Final = "terminal_id, code, merchant_id, branch_id, kind, state, public_jwk"
_ALL: Final = Sql(
    f"SELECT {_COLUMNS} FROM terminal WHERE community_id = :community_id ORDER BY code"
)
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM terminal"
    " WHERE community_id = :community_id AND terminal_id = :terminal_id"
)
_BY_CODE: Final = Sql(
    f"SELECT {_COLUMNS} FROM terminal WHERE community_id = :community_id AND code = :code"
)
_OPEN: Final = Sql(
    "INSERT INTO terminal (community_id, terminal_id, merchant_id, branch_id, code, kind, state)"
    " VALUES (:community_id, :terminal_id, :merchant_id, :branch_id, :code, :kind, :state)"
)
_OPEN_HOTLINE: Final = Sql(
    "INSERT INTO terminal (community_id, terminal_id, merchant_id, branch_id, code, kind, state)"
    " VALUES (:community_id, :terminal_id, :merchant_id, :branch_id, :code, 'hotline', 'active')"
)
_HOTLINE_OF: Final = Sql(
    f"SELECT {_COLUMNS} FROM terminal WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND kind = 'hotline' AND state = 'active'"
)
_ENROLLED: Final = Sql(
    "UPDATE terminal SET state = 'active', public_jwk = :public_jwk, enrolled_at = :at,"
    " revoked_at = NULL WHERE community_id = :community_id AND terminal_id = :terminal_id"
)
_REVOKE: Final = Sql(
    "UPDATE terminal SET state = 'revoked', revoked_at = :at"
    " WHERE community_id = :community_id AND terminal_id = :terminal_id AND state <> 'revoked'"
)
_KEEP_CODE: Final = Sql(
    "INSERT INTO enrolment (community_id, code_hash, terminal_id, made_by, expires_at)"
    " VALUES (:community_id, :code_hash, :terminal_id, :made_by, :expires_at)"
)
_FIND_CODE: Final = Sql(
    "SELECT terminal_id, expires_at, used_at FROM enrolment"
    " WHERE community_id = :community_id AND code_hash = :code_hash"
)
_USE_CODE: Final = Sql(
    "UPDATE enrolment SET used_at = :at WHERE community_id = :community_id"
    " AND code_hash = :code_hash AND used_at IS NULL"
)
_END_CODES: Final = Sql(
    "UPDATE enrolment SET used_at = :at WHERE community_id = :community_id"
    " AND terminal_id = :terminal_id AND used_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Terminal:
    """One till or counter; `public_jwk` is the key made on the device, None before enrolment."""

    terminal_id: int
    code: str
    merchant_id: int
    branch_id: int
    kind: str
    state: str
    public_jwk: str | None


def open_terminal(
    tx: Tx, community_id: int, branch_id: int, *, code: str, kind: str, by: By, at: int
) -> int:
    """Open a till or counter at a branch under the code its receipts begin with; returns its id.

    Refusals: branch_not_found, code_bad, terminal_kind_bad, terminal_code_taken.
    """
    branch = next((b for b in all_branches(tx, community_id) if b.branch_id == branch_id), None)
    if branch is None:
        raise Refusal("branch_not_found")
    check_code(code, least=2, most=8)
    if not code.isalnum():
        raise Refusal("code_bad", least=2, most=8)
    if kind not in KINDS:
        raise Refusal("terminal_kind_bad", allowed=", ".join(KINDS))
    taken = tx.find(_BY_CODE, community_id=community_id, code=code) is not None
    if taken or code == TRAINING_CODE:
        raise Refusal("terminal_code_taken", terminal_code=code)
    terminal_id = new_id(at)
    tx.run(
        _OPEN,
        community_id=community_id,
        terminal_id=terminal_id,
        merchant_id=branch.merchant_id,
        branch_id=branch_id,
        code=code,
        kind=kind,
        # A pad of slips is no device: nobody enrols it, and what stands on it is typed in by the office.
        state="active" if kind == "paper" else "waiting",
    )
    raise_config_version(tx, community_id)
    _note(tx, community_id, by, "terminal.open", terminal_id, at, code=code, kind=kind)
    return terminal_id


def hotline_of(tx: Tx, community_id: int, merchant_id: int, *, by: By, at: int) -> Terminal:
    """The terminal under which a shop's calls to the hotline are numbered, opened with the first one.

    Refusals: branch_not_found.
    """
    row = tx.find(_HOTLINE_OF, community_id=community_id, merchant_id=merchant_id)
    if row is not None:
        return Terminal(*row)
    branch = next((b for b in all_branches(tx, community_id) if b.merchant_id == merchant_id), None)
    if branch is None:
        raise Refusal("branch_not_found")
    terminal_id = new_id(at)
    taken = {terminal.code for terminal in all_terminals(tx, community_id)}
    code = next(code for n in range(1, len(taken) + 2) if (code := f"HL{n:02d}") not in taken)
    tx.run(
        _OPEN_HOTLINE,
        community_id=community_id,
        terminal_id=terminal_id,
        merchant_id=merchant_id,
        branch_id=branch.branch_id,
        code=code,
    )
    raise_config_version(tx, community_id)
    _note(tx, community_id, by, "terminal.open", terminal_id, at, code=code, kind=HOTLINE)
    return get_terminal(tx, community_id, terminal_id)


def all_terminals(tx: Tx, community_id: int) -> list[Terminal]:
    """Every terminal, by code."""
    return [Terminal(*row) for row in tx.all(_ALL, community_id=community_id)]


def get_terminal(tx: Tx, community_id: int, terminal_id: int) -> Terminal:
    """One terminal.

    Refusals: terminal_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, terminal_id=terminal_id)
    if row is None:
        raise Refusal("terminal_not_found")
    return Terminal(*row)


def get_by_code(tx: Tx, community_id: int, code: str) -> Terminal:
    """The terminal of that code.

    Refusals: terminal_not_found.
    """
    row = tx.find(_BY_CODE, community_id=community_id, code=code)
    if row is None:
        raise Refusal("terminal_not_found")
    return Terminal(*row)


def make_enrolment_code(tx: Tx, community_id: int, terminal_id: int, *, by: By, at: int) -> str:
    """A code of twelve characters with which one tablet becomes this terminal, once and soon.

    An older code of the same terminal ends here. Only the code's hash is kept.
    Refusals: terminal_not_found, terminal_is_paper.
    """
    if get_terminal(tx, community_id, terminal_id).kind == HOTLINE:
        raise Refusal("terminal_not_found")
    if get_terminal(tx, community_id, terminal_id).kind == "paper":
        raise Refusal("terminal_is_paper")
    body = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH - 1))
    code = body + check_character(body)
    minutes = settings.current(tx, community_id).enrolment_minutes
    tx.run(_END_CODES, community_id=community_id, terminal_id=terminal_id, at=at)
    tx.run(
        _KEEP_CODE,
        community_id=community_id,
        code_hash=_hash(code),
        terminal_id=terminal_id,
        made_by=by.id,
        expires_at=at + minutes * 60 * SECOND_US,
    )
    _note(tx, community_id, by, "terminal.code", terminal_id, at)
    return code


def enrol(tx: Tx, community_id: int, code: str, jwk: Mapping[str, Any], *, at: int) -> Terminal:
    """Turn a code into a terminal that is known by `jwk`; its former key, if any, is gone.

    Refusals: device_key_bad, enrolment_wrong, enrolment_used, enrolment_expired.
    """
    public_jwk = read_jwk(jwk)
    kept = _find_code(tx, community_id, code)
    if kept.used_at is not None:
        raise Refusal("enrolment_used")
    if kept.expires_at <= at:
        minutes = settings.current(tx, community_id).enrolment_minutes
        raise Refusal("enrolment_expired", minutes=minutes)
    used = tx.run(_USE_CODE, community_id=community_id, code_hash=_hash(_plain(code)), at=at)
    if used != 1:
        raise GuardMissedError("enrolment")
    terminal_id = int(kept.terminal_id)
    tx.run(
        _ENROLLED,
        community_id=community_id,
        terminal_id=terminal_id,
        public_jwk=public_jwk,
        at=at,
    )
    raise_config_version(tx, community_id)
    by = By("terminal", terminal_id)
    _note(tx, community_id, by, "terminal.enrol", terminal_id, at, public_jwk=public_jwk)
    return get_terminal(tx, community_id, terminal_id)


def revoke(tx: Tx, community_id: int, terminal_id: int, *, by: By, at: int) -> None:
    """Take a terminal out of service at once; its next request is refused.

    Refusals: terminal_not_found.
    """
    get_terminal(tx, community_id, terminal_id)
    tx.run(_END_CODES, community_id=community_id, terminal_id=terminal_id, at=at)
    if tx.run(_REVOKE, community_id=community_id, terminal_id=terminal_id, at=at):
        raise_config_version(tx, community_id)
        _note(tx, community_id, by, "terminal.revoke", terminal_id, at)


def _find_code(tx: Tx, community_id: int, code: str) -> Row:
    plain = _plain(code)
    kept = None
    if len(plain) == CODE_LENGTH and is_valid(plain):
        kept = tx.find(_FIND_CODE, community_id=community_id, code_hash=_hash(plain))
    if kept is None:
        raise Refusal("enrolment_wrong")
    return kept


def _plain(code: str) -> str:
    return code.strip().upper().replace("-", "").replace(" ", "")


def _hash(code: str) -> bytes:
    # 55 random bits that live for minutes need no slow hash.
    return hashlib.sha256(b"jifen enrolment " + code.encode()).digest()


def _note(
    tx: Tx, community_id: int, by: By, act: str, terminal_id: int, at: int, **after: str
) -> None:
    audit.record(tx, community_id, by, act, f"terminal:{terminal_id}", at=at, after=after)
