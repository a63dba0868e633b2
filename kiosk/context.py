"""What every view may reach: the book, the channel, the clock, the terms and the server's secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import current_app

from kiosk.config import Settings
from kiosk.limits import Limits
from ledger.database import Database
from ledger.members.hashing import STANDARD, Cost
from ledger.members.key_vault import KeyVault
from ledger.members.terms import TermsCache
from ledger.recovery import told
from ledger.seal.last_signed import LastSigned
from pos.channel import PaymentChannel
from pos.desk import Desk

EXTENSION: Final = "jifen"


@dataclass(frozen=True)
class Service:
    """One running server; `now` gives microseconds UTC and is the only clock the views know."""

    db: Database
    settings: Settings
    channel: PaymentChannel | None
    now: Callable[[], int]
    vault: KeyVault
    desk: Desk
    limits: Limits
    clerk_secret: bytes
    hash_cost: Cost = STANDARD

    @property
    def terms(self) -> TermsCache:
        """The communities' terms, shared with the counter."""
        return self.desk.terms

    @property
    def pepper(self) -> bytes:
        """What strengthens PINs, codes and passwords and never leaves the server."""
        return self.desk.pepper

    @property
    def told_key(self) -> bytes:
        """What answers are marked with (`ledger.recovery.told`)."""
        return self.vault.derive(told.PURPOSE)

    @property
    def last_signed(self) -> LastSigned:
        """What this server signed last, kept beside its master key."""
        return last_signed_of(self.settings)


def last_signed_of(settings: Settings) -> LastSigned:
    """The folder that says what was signed last; the command line uses the same."""
    return LastSigned(settings.master_secret_file.parent / "seal")


def service() -> Service:
    """The server this request came to."""
    found: Service = current_app.extensions[EXTENSION]
    return found


def pepper_of(vault: KeyVault) -> bytes:
    """The pepper derived from the master key; the command line uses the same."""
    return vault.derive("pins, codes and passwords")
