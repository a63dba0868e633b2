"""The master key: read from a file outside the database, it seals the signing keys inside it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import Refusal

_MASTER_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FORM: Final = b"\x01"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class KeyVault:
    """Seals and opens secrets (AES-256-GCM) under one master key."""

    def __init__(self, master: bytes) -> None:
        """Use the 32 bytes of `master`; anything else is a bug."""
        if len(master) != _MASTER_BYTES:
            raise ValueError(f"a master key has {_MASTER_BYTES} bytes")
        self._master = master
        self._cipher = AESGCM(self.derive("signing keys"))

    @classmethod
    def from_file(cls, path: Path) -> KeyVault:
        """Read the master key's file, which nobody but its owner may read.

        Refusals: keys_master_missing, keys_master_open.
        """
        try:
            text = path.read_text("ascii")
            open_to_others = stat.S_IMODE(path.stat().st_mode) & _OTHERS
            master = bytes.fromhex(text)
        except (OSError, ValueError) as error:
            raise Refusal("keys_master_missing") from error
        if len(master) != _MASTER_BYTES:
            raise Refusal("keys_master_missing")
        if open_to_others:
            raise Refusal("keys_master_open")
        return cls(master)

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose; none tells anything about the master key or the others."""
        return HKDF(SHA256(), _MASTER_BYTES, salt=None, info=purpose.encode()).derive(self._master)

    def seal(self, secret: bytes, label: bytes) -> bytes:
        """Encrypt `secret`, bound to `label`: it opens only beside the row it was sealed for."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORM + nonce + self._cipher.encrypt(nonce, secret, _FORM + label)

    def open(self, sealed: bytes, label: bytes) -> bytes:
        """Decrypt what `seal` made for the same label.

        Refusals: keys_master_wrong.
        """
        form, nonce, body = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, body, form + label)
        except (InvalidTag, ValueError) as error:
            raise Refusal("keys_master_wrong") from error


def write_master_key(path: Path) -> None:
    """Make a new master key file for its owner alone; an existing file is never overwritten."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(os.urandom(_MASTER_BYTES).hex() + "\n")
