"""What one server must know before it starts: a TOML file, then the environment over it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from ledger.errors import Refusal

ENVIRONMENT: Final = "JIFEN_"
"""Every setting can be given as an environment variable: JIFEN_DATABASE_URL and so on."""

CONFIG_VARIABLE: Final = "JIFEN_CONFIG"
"""The environment variable that names the configuration file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One server's settings; what a community may choose for itself is in its own settings."""

    database_url: str
    data_dir: Path
    master_secret_file: Path
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    """The address people type; cookies are marked Secure where it is https."""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    proxies: int = 0
    """How many reverse proxies of ours stand in front and set X-Forwarded-For."""
    gateway_url: str = ""
    gateway_key: str = ""
    webhook_secret: str = ""
    body_limit_kb: int = 1_024
    upload_limit_kb: int = 10_240
    requests_a_minute: int = 600
    """How many calls one till or one address may make in a minute; 0 switches the limit off."""
    backup_dir: Path | None = None
    """Folder for backups; not the one the master key lies in."""
    copy_dir: Path | None = None
    """The second place, on another disk or machine; where none is named, nothing is copied on."""
    copy_every_s: int = 60
    """Seconds between two looks whether there is something to copy on."""
    seal_every_s: int = 5
    """How often a server seals what was written; 0: only the commands do."""
    clockwork: int = 1
    """1: `jifen serve` runs notices, lapse, night and month by itself; 0: somebody else does."""

    @property
    def is_https(self) -> bool:
        """Whether browsers reach this server over TLS."""
        return self.tls_certificate is not None or self.public_url.startswith("https://")


_SECTION: Final = "server"
_INTEGERS: Final = {
    "port": (1, 65_535),
    "proxies": (0, 5),
    "body_limit_kb": (16, 65_536),
    "upload_limit_kb": (16, 102_400),
    "requests_a_minute": (0, 1_000_000),
    "copy_every_s": (5, 3_600),
    "seal_every_s": (0, 60),
    "clockwork": (0, 1),
}
_PATHS: Final = frozenset(
    {"data_dir", "master_secret_file", "tls_certificate", "tls_key", "backup_dir", "copy_dir"}
)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The server's settings from the file JIFEN_CONFIG names, if any, and the environment.

    Refusals: config_missing, config_bad (unknown key, wrong type, out of bounds, unreadable file).
    """
    named = environment.get(CONFIG_VARIABLE, "")
    values = _from_file(Path(named)) if named else {}
    for name in _names():
        given = environment.get(ENVIRONMENT + name.upper())
        if given is not None:
            values[name] = _from_text(name, given)
    return settings_from(values)


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Settings from plain values, paths as text; a `data_dir` alone is enough for an embedded server.

    Refusals: config_missing, config_bad.
    """
    checked = {name: _checked(name, value) for name, value in values.items()}
    if "data_dir" not in checked:
        raise Refusal("config_missing", name="data_dir")
    folder: Path = checked["data_dir"]
    checked.setdefault("database_url", f"sqlite:///{folder / 'jifen.db'}")
    checked.setdefault("master_secret_file", folder / "master.key")
    checked.setdefault("backup_dir", folder / "backups")
    if (checked.get("tls_certificate") is None) != (checked.get("tls_key") is None):
        raise Refusal("config_missing", name="tls_certificate, tls_key")
    return Settings(**checked)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refusal("config_bad", where=f"{path.name}: {error}") from error
    strange = document.keys() - {_SECTION}
    if strange:
        raise Refusal("config_bad", where=f"{path.name}: {min(strange)}")
    section = document.get(_SECTION, {})
    if not isinstance(section, dict):
        raise Refusal("config_bad", where=f"{path.name}: {_SECTION}")
    return dict(section)


def _from_text(name: str, text: str) -> str | int:
    if name not in _INTEGERS:
        return text
    if not (text.isascii() and text.isdigit()):
        raise Refusal("config_bad", where=ENVIRONMENT + name.upper())
    return int(text)


def _checked(name: str, value: object) -> Any:  # noqa: ANN401 - a path, a number or a text, by the name
    if name not in _names():
        raise Refusal("config_bad", where=name)
    if name in _INTEGERS:
        least, most = _INTEGERS[name]
        if type(value) is not int or not least <= value <= most:
            raise Refusal("config_bad", where=name)
        return value
    if name in _PATHS and isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value:
        raise Refusal("config_bad", where=name)
    return Path(value) if name in _PATHS else value


def _names() -> frozenset[str]:
    return frozenset(entry.name for entry in fields(Settings))
