"""Terms: what a sale must know, read once for each version of a community's facts."""

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import agreements, communities, merchants, schemes, settings, terminals
from ledger.members.terms import Terms, TermsCache
from tests.support.members import CHANGAN, DAY, MORNING, OFFICE, Town, agreement_for, open_town


def terms_of(db: Database, town: Town, cache: TermsCache) -> Terms:
    with db.read() as tx:
        return cache.latest(tx, town.community_id)


def test_terms_say_everything_a_sale_needs(db: Database) -> None:
    town = open_town(db)

    terms = terms_of(db, town, TermsCache())

    assert terms.community.issuer == "CA01"
    assert terms.community.zone.key == "Asia/Shanghai"
    assert terms.settings.pin_above_units_card == 20_000
    assert terms.scheme_on(DAY).version == "2026.1"
    assert (terms.civic.commodity, terms.civic.precision, terms.civic.has_pool) == (1002, 2, True)
    assert terms.terminal(town.terminal_id).code == "M01T1"
    assert terms.terminal(town.terminal_id).state == "active"
    assert terms.merchant(town.merchant_id).code == "M01"
    assert terms.branch(town.branch_id).name == "常村路店"
    agreement = terms.agreement_on(town.merchant_id, DAY)
    assert agreement is not None
    assert agreement.roles == {"earn", "offset"}
    assert terms.keyset.find(0) == ()


def test_before_its_first_day_a_scheme_and_an_agreement_are_not_in_force(db: Database) -> None:
    town = open_town(db)
    terms = terms_of(db, town, TermsCache())

    with pytest.raises(Refusal) as refused:
        terms.scheme_on(20_251_231)

    assert (refused.value.code, refused.value.facts) == (
        "scheme_missing",
        {"business_date": 20_251_231},
    )
    assert terms.agreement_on(town.merchant_id, 20_251_231) is None


def test_terms_are_kept_until_something_changes(db: Database) -> None:
    town, cache = open_town(db), TermsCache()
    first = terms_of(db, town, cache)

    again = terms_of(db, town, cache)
    db.write(
        lambda tx: merchants.set_state(
            tx, town.community_id, town.merchant_id, "suspended", by=OFFICE, at=MORNING
        )
    )
    changed = terms_of(db, town, cache)

    assert again is first
    assert changed is not first
    assert first.agreement_on(town.merchant_id, DAY) is not None
    assert changed.agreement_on(town.merchant_id, DAY) is None


@pytest.mark.parametrize("change", ["setting", "terminal", "scheme", "agreement", "branch"])
def test_every_change_a_sale_must_know_raises_the_version(db: Database, change: str) -> None:
    town = open_town(db)
    community = town.community_id
    later = CHANGAN.replace(b'"2026.1"', b'"2026.2"').replace(
        b"effective_from = 2026-01-01", b"effective_from = 2026-04-01"
    )
    changes = {
        "setting": lambda tx: settings.change(
            tx, community, {"claim_days": 7}, by=OFFICE, why="try", at=MORNING
        ),
        "terminal": lambda tx: terminals.revoke(
            tx, community, town.terminal_id, by=OFFICE, at=MORNING
        ),
        "scheme": lambda tx: schemes.adopt(
            tx, community, later, name="later.toml", by=OFFICE, at=MORNING
        ),
        "agreement": lambda tx: agreements.sign_agreement(
            tx,
            community,
            agreement_for(town.merchant_id, effective_from=20_260_401),
            by=OFFICE,
            at=MORNING,
        ),
        "branch": lambda tx: merchants.open_branch(
            tx, community, town.merchant_id, code="2", name="二店", by=OFFICE, at=MORNING
        ),
    }
    with db.read() as tx:
        before = communities.get_community(tx, community).config_version

    db.write(changes[change])

    with db.read() as tx:
        assert communities.get_community(tx, community).config_version > before


def test_terms_of_one_community_know_nothing_of_another(db: Database) -> None:
    one, other, cache = open_town(db), open_town(db, issuer="CA02"), TermsCache()

    terms = terms_of(db, one, cache)

    with pytest.raises(Refusal, match="terminal_not_found"):
        terms.terminal(other.terminal_id)
    with pytest.raises(Refusal, match="merchant_not_found"):
        terms.merchant(other.merchant_id)
    assert terms_of(db, other, cache).terminal(other.terminal_id).code == "M01T1"
