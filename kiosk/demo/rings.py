"""What the demonstration's rings do besides buying: reviewers grant points, a picture of a code is shown elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Final

from kiosk.demo.found import Town
from kiosk.demo.tills import Tills
from kiosk.generator.desk import HELP_REASON
from kiosk.generator.shapes import Deed, date_key, moment_us
from ledger.awards.post import Award, post_award
from ledger.ids import derived_request_id
from ledger.members.schemes import scheme_on
from ledger.sql import Tx

_GOOD_DEED: Final = "P02"
_UNITS: Final = 120


class RingActs:
    """Plays the rings' own acts, each on its day."""

    def __init__(self, town: Town, tills: Tills) -> None:
        """Know every act of the town's rings."""
        self._town = town
        self._tills = tills
        self._acts: dict[date, list[tuple[int, Callable[[], None]]]] = defaultdict(list)
        for deed in town.world.rings.deeds:
            self._acts[deed.day].append((deed.second, partial(self._grant, deed)))
        for replay in town.world.rings.replays:
            self._acts[replay.day].append((replay.second, partial(tills.show_again, replay)))

    def on(self, day: date) -> list[tuple[int, Callable[[], None]]]:
        """The acts of a day, with the second each begins."""
        return self._acts[day]

    def _grant(self, deed: Deed) -> None:
        town, at = self._town, moment_us(deed.day, deed.second)
        person_id = town.holders[deed.taker].person_id

        def work(tx: Tx) -> None:
            day = date_key(deed.day)
            award = Award(
                request_id=derived_request_id("demo", "deed", day, deed.giver, deed.taker),
                item_code=_GOOD_DEED,
                owner_id=person_id,
                person_id=person_id,
                units=_UNITS,
                happened_on=day,
                reason=HELP_REASON,
                proposed_by=town.reviewers[deed.giver].id,
                approved_by=town.staff["secretary"].id,
            )
            scheme = scheme_on(tx, town.community_id, day)
            post_award(tx, town.community_id, scheme, award, at=at, business_date=day)

        town.db.write(work)
