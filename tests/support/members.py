"""A small community for tests: Chang'an's scheme, one shop with an agreement, one till."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from ledger.audit import By
from ledger.database import Database
from ledger.earning.scheme_file import SCHEMES
from ledger.members import agreements, communities, merchants, schemes, terminals
from ledger.members.agreements import Agreement
from ledger.members.device_keys import to_base64url
from ledger.sql import Tx

MORNING = int(datetime(2026, 3, 2, 1, 0, tzinfo=UTC).timestamp()) * 1_000_000
"""2026-03-02, nine in the morning in Chang'an."""
DAY = 20_260_302
OFFICE = By("staff", 1)
CHANGAN = (SCHEMES / "changan.toml").read_bytes()


@dataclass(frozen=True)
class Town:
    """The ids of what `open_town` made."""

    community_id: int
    issuer: str
    merchant_id: int
    branch_id: int
    terminal_id: int
    device: ec.EllipticCurvePrivateKey


def open_town(db: Database, *, issuer: str = "CA01", at: int = MORNING) -> Town:
    """A community with shop M01 (a grain shop that earns and offsets) and its enrolled till M01T1."""
    return db.write(lambda tx: _open(tx, issuer, at))


def new_device() -> ec.EllipticCurvePrivateKey:
    """The key a tablet makes for itself."""
    return ec.generate_private_key(ec.SECP256R1())


def jwk_of(device: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    """The public half as the tablet sends it."""
    numbers = device.public_key().public_numbers()
    x, y = (to_base64url(half.to_bytes(32)) for half in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def agreement_for(merchant_id: int, **other: Any) -> Agreement:
    """An agreement from 2026-01-01 on: earns, offsets, proven by bills, 200.00 yuan a day."""
    terms = {
        "effective_from": 20_260_101,
        "effective_to": None,
        "agreement_no": "CA-2026-01",
        "roles": frozenset({"earn", "offset"}),
        "proof": "bill",
        "proof_days": 3,
        "allowance_day_fen": 20_000,
    }
    return Agreement(merchant_id=merchant_id, **(terms | other))


def _open(tx: Tx, issuer: str, at: int) -> Town:
    community = communities.open_community(
        tx, issuer=issuer, name="常安社区", hotline="0398-1234567", by=OFFICE, at=at
    )
    schemes.adopt(tx, community, CHANGAN, name="changan.toml", by=OFFICE, at=at)
    shop = merchants.open_merchant(
        tx, community, code="M01", name="老李粮油店", category="粮油店", by=OFFICE, at=at
    )
    agreements.sign_agreement(tx, community, agreement_for(shop), by=OFFICE, at=at)
    branch = merchants.open_branch(tx, community, shop, code="1", name="常村路店", by=OFFICE, at=at)
    till = terminals.open_terminal(
        tx, community, branch, code="M01T1", kind="till", by=OFFICE, at=at
    )
    code = terminals.make_enrolment_code(tx, community, till, by=OFFICE, at=at)
    device = new_device()
    terminals.enrol(tx, community, code, jwk_of(device), at=at)
    return Town(community, issuer, shop, branch, till, device)
