"""Where a demonstration lives on disk, and what one must know to sign in to it."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from kiosk.config import Settings, settings_from
from kiosk.context import last_signed_of
from ledger.members.key_vault import KeyVault, write_master_key
from ledger.seal.last_signed import LastSigned

LAYOUT: Final = 2
"""Goes up when a demonstration lived by older code cannot be served any more."""

_FACTS: Final = "demo.json"
_TRUTH: Final = "truth.jsonl"
_OWED: Final = "owed.json"
_RINGS: Final = "rings.jsonl"


@dataclass
class Facts:
    """What was lived and with which secrets; everything in it is made up."""

    layout: int = LAYOUT
    seed: int = 0
    since: str = ""
    until: str = ""
    community_id: int = 0
    issuer: str = ""
    staff_password: str = ""
    staff: dict[str, str] = field(default_factory=dict)
    """Login to role."""
    owner_login: str = ""
    clerk_code: str = ""
    residents: list[dict[str, str]] = field(default_factory=list)
    """A few to sign in with: card number, PIN, carrier."""
    buyers: list[dict[str, str]] = field(default_factory=list)
    """People with many points, for the script that tries everything once."""
    script_till: str = ""
    script_counter: str = ""
    spare_till: str = ""
    spare_counter: str = ""
    spare_screen: str = ""
    counts: dict[str, int] = field(default_factory=dict)


class DemoFolder:
    """A folder with the database, the master key, the fake channel's state and the facts."""

    def __init__(self, root: Path) -> None:
        """Look at `root`, which need not exist yet."""
        self.root = root

    @property
    def database_url(self) -> str:
        """The community's database, a SQLite file."""
        return f"sqlite:///{self.root / 'jifen.db'}"

    @property
    def channel_file(self) -> Path:
        """Where the fake payment channel keeps its state."""
        return self.root / "fakepay.db"

    @property
    def log_file(self) -> Path:
        """What the server had to say, so that the screen keeps the sign-ins."""
        return self.root / "server.log"

    @property
    def truth_file(self) -> Path:
        """The planted faults, one a line."""
        return self.root / _TRUTH

    @property
    def rings_file(self) -> Path:
        """The rings of cheats that were planted, one a line."""
        return self.root / _RINGS

    @property
    def owed_file(self) -> Path:
        """What a correct settlement pays each shop, by its code, in fen."""
        return self.root / _OWED

    def settings(self, **more: Any) -> Settings:  # noqa: ANN401 - whatever a server's settings take
        """The settings of a server on this folder."""
        return settings_from({"data_dir": str(self.root), **more})

    def vault(self) -> KeyVault:
        """The vault behind the folder's own master key."""
        return KeyVault.from_file(self.root / "master.key")

    def last_signed(self) -> LastSigned:
        """What was signed last, where a server on this folder looks for it."""
        return last_signed_of(self.settings())

    def prepare(self) -> None:
        """An empty folder with a fresh master key, whatever stood there before."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        write_master_key(self.root / "master.key")

    def find_facts(self) -> Facts | None:
        """The facts of a finished demonstration; None where none is finished or it is too old."""
        try:
            found = json.loads((self.root / _FACTS).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Facts(**found) if found.get("layout") == LAYOUT else None

    def finish(self, facts: Facts, final: Path) -> DemoFolder:
        """Write the facts and move the whole folder to its final place at once."""
        text = json.dumps(asdict(facts), ensure_ascii=False, indent=1)
        (self.root / _FACTS).write_text(text, encoding="utf-8")
        shutil.rmtree(final, ignore_errors=True)
        self.root.rename(final)
        return DemoFolder(final)
