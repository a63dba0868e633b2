"""Settings: whole documents, bounded values, each change with its reason."""

import json

import pytest

from ledger import audit
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import communities, settings
from tests.support.members import MORNING, OFFICE, open_town


def test_a_new_community_has_the_defaults_of_the_design(db: Database) -> None:
    town = open_town(db)

    with db.read() as tx:
        chosen = settings.current(tx, town.community_id)

    assert chosen.pin_above_units_card == 20_000
    assert chosen.pin_above_units_dyn == 100_000
    assert chosen.card_pause_s == 30
    assert chosen.claim_days == 60


def test_a_change_keeps_who_why_and_what_it_was(db: Database) -> None:
    town = open_town(db)

    with db.read() as tx:
        before = communities.get_community(tx, town.community_id).config_version
    db.write(
        lambda tx: settings.change(
            tx,
            town.community_id,
            {"card_pause_s": 60},
            by=OFFICE,
            why="残疾人之家反映太快",
            at=MORNING,
        )
    )

    with db.read() as tx:
        assert settings.current(tx, town.community_id).card_pause_s == 60
        assert settings.current(tx, town.community_id).pin_above_units_card == 20_000
        [version] = settings.history(tx, town.community_id)
        [act] = audit.acts_on(tx, town.community_id, "settings")
        after = communities.get_community(tx, town.community_id).config_version
    assert (version.version_no, version.why, version.set_by) == (1, "残疾人之家反映太快", 1)
    assert (json.loads(act.before), json.loads(act.after)) == (
        {"card_pause_s": 30},
        {"card_pause_s": 60},
    )
    assert after == before + 1


@pytest.mark.parametrize(
    ("changes", "why", "code"),
    [
        ({"card_pause_s": 60}, "  ", "why_missing"),
        ({"card_pawse_s": 60}, "typing", "setting_unknown"),
        ({"card_pause_s": -1}, "typing", "setting_bad"),
        ({"card_pause_s": 10**18}, "typing", "setting_bad"),
        ({"card_pause_s": "60"}, "typing", "setting_type"),
        ({"card_pause_s": True}, "typing", "setting_type"),
        ({"card_pause_s": 6.0}, "typing", "setting_type"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(
    db: Database, changes: dict[str, object], why: str, code: str
) -> None:
    town = open_town(db)

    with pytest.raises(Refusal) as refused:
        db.write(
            lambda tx: settings.change(
                tx, town.community_id, changes, by=OFFICE, why=why, at=MORNING
            )
        )

    assert refused.value.code == code
    with db.read() as tx:
        assert settings.version(tx, town.community_id) == 0


def test_two_people_do_not_overwrite_each_other(db: Database) -> None:
    town = open_town(db)

    def change(tx, seen: int):
        return settings.change(
            tx,
            town.community_id,
            {"claim_days": 30},
            by=OFFICE,
            why="short",
            at=MORNING,
            seen_version=seen,
        )

    db.write(lambda tx: change(tx, 0))
    with pytest.raises(Refusal, match="setting_stale"):
        db.write(lambda tx: change(tx, 0))
    db.write(lambda tx: change(tx, 1))


def test_the_settings_of_one_community_are_not_those_of_another(db: Database) -> None:
    one, other = open_town(db), open_town(db, issuer="CA02")

    db.write(
        lambda tx: settings.change(
            tx, one.community_id, {"claim_days": 7}, by=OFFICE, why="try", at=MORNING
        )
    )

    with db.read() as tx:
        assert settings.current(tx, one.community_id).claim_days == 7
        assert settings.current(tx, other.community_id).claim_days == 60
