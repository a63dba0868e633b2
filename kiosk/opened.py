"""One server opened by a program beside it: what a command and the clockwork work with."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.config import Settings
from kiosk.context import last_signed_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import communities
from ledger.members.key_vault import KeyVault
from ledger.seal.checkpoints import Checkpoint, publish
from ledger.seal.last_signed import LastSigned
from pos.desk import Desk


@dataclass(frozen=True)
class Opened:
    """One server as a command sees it."""

    settings: Settings
    db: Database
    vault: KeyVault
    desk: Desk

    @property
    def last_signed(self) -> LastSigned:
        """What this server signed last, kept beside its master key."""
        return last_signed_of(self.settings)

    def community(self, issuer: str | None) -> int:
        """The community of that code; without a code the only one there is.

        Refuses community_not_found, community_needed.
        """
        with self.db.read() as tx:
            if issuer is not None:
                return int(communities.get_by_issuer(tx, issuer).community_id)
            every = communities.all_communities(tx)
        if len(every) != 1:
            raise Refusal("community_needed", count=len(every))
        return int(every[0].community_id)

    def publish(self, community_id: int, *, at: int) -> Checkpoint:
        """Seal what waits and sign a checkpoint over it. Refuses what ledger.seal.checkpoints.publish does."""
        return publish(self.db, community_id, self.vault, self.last_signed, at=at)
