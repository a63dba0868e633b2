"""A served town with a sealed log, its till's tablet, and months that close and go up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.earning.calendar import day_from_key, day_key
from ledger.members import clerks, terminals
from ledger.members.hashing import QUICK
from ledger.seal import checkpoints
from ledger.seal.checkpoints import Checkpoint
from ledger.seal.last_signed import LastSigned
from ledger.seal.publications import Publication
from pos.checkout import check_out
from settlement.closing import run_month
from settlement.night import run_night
from settlement.publishing import publish_board
from tests.support.http import Server, Tablet
from tests.support.members import jwk_of
from tests.support.town import CIVIC, HERE, Town, build_town, moment

CLERK_CODE = "5827"
PUBLIC_URL = "https://points.example:8443"


@dataclass
class SealedTown:
    """The town, its server, and the tablet of the first shop's till with a clerk at it."""

    town: Town
    server: Server
    till: Tablet
    last_signed: LastSigned
    clerk_id: int

    def sign_in(self) -> None:
        """Let the clerk begin a shift."""
        body = {"clerk_id": str(self.clerk_id), "code": CLERK_CODE}
        self.till.clerk_token = ""
        signed = self.till.call("POST", "/api/v1/clerks/sign-in", body)
        self.till.clerk_token = signed.get_json()["clerk_token"]

    def sell(
        self, person: int = 1, total_fen: int = 5_000, offset_units: int = 0, **more: Any
    ) -> dict[str, Any]:
        """A purchase a minute after the last; the answer the till gets."""
        self.to(self.town.later(60))
        request = self.town.sale(person, total_fen, offset_units, **more)
        return check_out(self.town.desk, request, at=self.town.at)

    def to(self, at: int) -> None:
        """Set the clocks of town and server."""
        self.town.at = self.server.at = at

    def sign(self) -> Checkpoint:
        """Seal what waits and sign a checkpoint."""
        return checkpoints.publish(
            self.town.db, HERE, self.town.vault, self.last_signed, at=self.town.at
        )

    def close(self, month: int) -> None:
        """Run the night of a month's last day, then the month, four days into the next one."""
        first_of_next = month + 1 if month % 100 < 12 else month + 89
        following = day_from_key(first_of_next * 100 + 1)
        last = day_key(following - timedelta(days=1))
        run_night(self.town.db, HERE, last, at=moment(f"{following.isoformat()} 02:00"))
        self.to(moment(f"{following.replace(day=5).isoformat()} 09:00"))
        run_month(self.town.db, HERE, month, at=self.town.at)

    def put_up(self, month: int) -> Publication:
        """Put a closed month's root up."""
        return publish_board(
            self.town.db,
            HERE,
            month,
            commodity=CIVIC,
            precision=2,
            vault=self.town.vault,
            last_signed=self.last_signed,
            by=SYSTEM,
            at=self.town.at,
        )

    def follow(self, size: int = 0, month: int = 0) -> dict[str, Any]:
        """What a device that stands at `size` is offered."""
        target = f"/api/v1/log/follow?community=CA01&size={size}&month={month}"
        answer = self.server.call("GET", target)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return dict(answer.get_json())


def begin(db: Database, folder: Path, *, people: int = 12, shops: int = 3) -> SealedTown:
    """Build it; nothing is sealed yet."""
    town = build_town(db, people=people, shops=shops, grant_units=200_000)
    server = Server(
        db,
        at=town.at,
        settings={"data_dir": str(folder), "public_url": PUBLIC_URL},
        vault=town.vault,
    )
    device = ec.generate_private_key(ec.SECP256R1())
    terminal = town.tills[0].terminal_id

    def enrol(tx: Any) -> int:
        code = terminals.make_enrolment_code(tx, HERE, terminal, by=SYSTEM, at=town.at)
        terminals.enrol(tx, HERE, code, jwk_of(device), at=town.at)
        return clerks.add_clerk(
            tx,
            HERE,
            1,
            label="王姐",
            code=CLERK_CODE,
            pepper=server.pepper,
            by=SYSTEM,
            at=town.at,
            cost=QUICK,
        )

    clerk = db.write(enrol)
    found = SealedTown(
        town, server, Tablet(server, HERE, terminal, device), LastSigned(folder / "seal"), clerk
    )
    found.sign_in()
    return found
