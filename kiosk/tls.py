"""An office of its own has its own certificate authority: cameras and device keys need https."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ledger.clock import SECOND_US
from ledger.errors import Refusal

AUTHORITY_DAYS: Final = 3_650
CERTIFICATE_DAYS: Final = 397
"""Browsers refuse certificates of a longer life; `jifen tls` run again makes a new one."""

_LONGEST_HOST: Final = 253
_BACKDATED: Final = timedelta(hours=1)


@dataclass(frozen=True)
class TlsFiles:
    """Where the certificates lie; `authority` is what tablets are told to trust."""

    authority: Path
    authority_key: Path
    certificate: Path
    key: Path


def files_in(folder: Path) -> TlsFiles:
    """The names of the four files in a folder."""
    return TlsFiles(
        folder / "ca.pem", folder / "ca.key", folder / "server.pem", folder / "server.key"
    )


def make_certificate(folder: Path, hosts: list[str], *, at: int) -> TlsFiles:
    """Make a certificate for `hosts` (names and addresses), signed by the folder's own authority.

    The authority is made once and kept, so that tablets that trust it need nothing new.
    Refusals: host_bad.
    """
    names = [_name_of(host) for host in hosts]
    if not names:
        raise Refusal("host_bad", host="")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = files_in(folder)
    now = datetime.fromtimestamp(at // SECOND_US, UTC)
    if not made.authority.exists():
        _make_authority(made, now)
    authority = x509.load_pem_x509_certificate(made.authority.read_bytes())
    signer = load_pem_private_key(made.authority_key.read_bytes(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is one of ours and lies on a curve")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_subject(hosts[0][:64]), authority.subject, key, now, CERTIFICATE_DAYS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(is_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, SHA256())
    )
    _write_key(made.key, key)
    pem = Encoding.PEM
    made.certificate.write_bytes(certificate.public_bytes(pem) + authority.public_bytes(pem))
    return made


def fingerprint(certificate: Path) -> str:
    """SHA-256 of a certificate as people compare it: pairs of hex digits with colons."""
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    return loaded.fingerprint(SHA256()).hex(":").upper()


def _make_authority(made: TlsFiles, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject("Jifen local authority")
    certificate = (
        _builder(name, name, key, now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .sign(key, SHA256())
    )
    _write_key(made.authority_key, key)
    made.authority.write_bytes(certificate.public_bytes(Encoding.PEM))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _name_of(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    labels = host.split(".")
    is_name = host.isascii() and len(host) <= _LONGEST_HOST and all(labels)
    if not is_name or not all(sign.isalnum() or sign in "-." for sign in host):
        raise Refusal("host_bad", host=host[:60])
    return x509.DNSName(host.lower())


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
