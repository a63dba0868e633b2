"""Shops, agreements by date, terminals with their one-time codes, adopted schemes."""

import pytest

from ledger import audit
from ledger.book import day as book_day
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import agreements, communities, merchants, schemes, terminals
from ledger.refs import is_valid
from ledger.sql import Tx
from tests.support.members import (
    CHANGAN,
    DAY,
    MORNING,
    OFFICE,
    Town,
    agreement_for,
    jwk_of,
    new_device,
    open_town,
)

TEN_MINUTES = 600 * SECOND_US


def refusal_of(db: Database, work) -> Refusal:
    with pytest.raises(Refusal) as refused:
        db.write(work)
    return refused.value


# --- communities


@pytest.mark.parametrize(
    ("issuer", "code"),
    [
        ("CA01", "issuer_taken"),
        ("ca02", "issuer_bad"),
        ("CA2", "issuer_bad"),
        ("常安01", "issuer_bad"),
    ],
)
def test_a_community_has_a_code_of_its_own(db: Database, issuer: str, code: str) -> None:
    open_town(db)

    refused = refusal_of(
        db,
        lambda tx: communities.open_community(
            tx, issuer=issuer, name="二号", hotline="1", by=OFFICE, at=MORNING
        ),
    )

    assert refused.code == code


# --- shops and agreements


@pytest.mark.parametrize(
    ("code", "name", "refusal"),
    [
        ("M01", "老李粮油店", "merchant_code_taken"),
        ("m02", "店", "code_bad"),
        ("M02", "", "name_bad"),
        ("M02", "a\nb", "name_bad"),
        ("M02", "x" * 61, "name_bad"),
    ],
)
def test_a_shop_needs_a_fresh_code_and_a_name(
    db: Database, code: str, name: str, refusal: str
) -> None:
    town = open_town(db)

    refused = refusal_of(
        db,
        lambda tx: merchants.open_merchant(
            tx, town.community_id, code=code, name=name, category="超市", by=OFFICE, at=MORNING
        ),
    )

    assert refused.code == refusal


def sign(town: Town, **terms: object):
    return lambda tx: agreements.sign_agreement(
        tx, town.community_id, agreement_for(town.merchant_id, **terms), by=OFFICE, at=MORNING
    )


def test_a_new_agreement_ends_the_old_one_the_day_before(db: Database) -> None:
    town = open_town(db)

    db.write(sign(town, effective_from=20_260_401, allowance_day_fen=6_000))

    with db.read() as tx:
        both = agreements.agreements_of(tx, town.community_id, town.merchant_id)
    assert [(row.effective_from, row.effective_to) for row in both] == [
        (20_260_101, 20_260_331),
        (20_260_401, None),
    ]
    march = agreements.agreement_on(both, 20_260_331)
    april = agreements.agreement_on(both, 20_260_401)
    assert march is not None
    assert april is not None
    assert (march.allowance_day_fen, april.allowance_day_fen) == (20_000, 6_000)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"effective_from": 20_260_101}, "agreement_dates"),
        ({"effective_from": 20_251_201}, "agreement_dates"),
        ({"effective_from": 20_260_431}, "agreement_dates"),
        ({"effective_from": 20_260_401, "effective_to": 20_260_301}, "agreement_dates"),
        ({"effective_from": 20_260_401, "roles": frozenset({"lend"})}, "agreement_terms"),
        ({"effective_from": 20_260_401, "roles": frozenset()}, "agreement_terms"),
        ({"effective_from": 20_260_401, "proof": "word"}, "agreement_terms"),
        ({"effective_from": 20_260_401, "proof_days": -1}, "agreement_terms"),
        ({"effective_from": 20_260_401, "allowance_day_fen": -1}, "agreement_terms"),
        ({"effective_from": 20_260_401, "allowance_day_fen": 10**18}, "agreement_terms"),
    ],
)
def test_an_agreement_that_makes_no_sense_is_refused(
    db: Database, terms: dict[str, object], code: str
) -> None:
    town = open_town(db)

    assert refusal_of(db, sign(town, **terms)).code == code
    with db.read() as tx:
        assert len(agreements.agreements_of(tx, town.community_id, town.merchant_id)) == 1


# --- terminals


def a_waiting_till(db: Database, town: Town) -> tuple[int, str]:
    def open_one(tx: Tx) -> tuple[int, str]:
        terminal = terminals.open_terminal(
            tx, town.community_id, town.branch_id, code="M01T2", kind="till", by=OFFICE, at=MORNING
        )
        return terminal, terminals.make_enrolment_code(
            tx, town.community_id, terminal, by=OFFICE, at=MORNING
        )

    return db.write(open_one)


def test_a_code_of_twelve_characters_enrols_one_tablet_once(db: Database) -> None:
    town = open_town(db)
    terminal_id, code = a_waiting_till(db, town)
    device = new_device()

    def enrol(tx):
        return terminals.enrol(tx, town.community_id, code, jwk_of(device), at=MORNING)

    enrolled = db.write(enrol)

    assert len(code) == 12
    assert is_valid(code)
    assert (enrolled.terminal_id, enrolled.state) == (terminal_id, "active")
    assert refusal_of(db, enrol).code == "enrolment_used"


def test_a_code_may_be_typed_with_gaps_and_small_letters(db: Database) -> None:
    town = open_town(db)
    _, code = a_waiting_till(db, town)
    typed = f" {code[:4]}-{code[4:8]} {code[8:]} ".lower()

    enrolled = db.write(
        lambda tx: terminals.enrol(tx, town.community_id, typed, jwk_of(new_device()), at=MORNING)
    )

    assert enrolled.code == "M01T2"


def test_a_code_ends_after_ten_minutes(db: Database) -> None:
    town = open_town(db)
    _, code = a_waiting_till(db, town)

    def enrol_at(at: int):
        return lambda tx: terminals.enrol(tx, town.community_id, code, jwk_of(new_device()), at=at)

    assert refusal_of(db, enrol_at(MORNING + TEN_MINUTES)).code == "enrolment_expired"
    assert db.write(enrol_at(MORNING + TEN_MINUTES - 1)).state == "active"


def test_a_new_code_ends_the_old_one_and_the_code_itself_is_not_kept(db: Database) -> None:
    town = open_town(db)
    terminal_id, old = a_waiting_till(db, town)

    new = db.write(
        lambda tx: terminals.make_enrolment_code(
            tx, town.community_id, terminal_id, by=OFFICE, at=MORNING
        )
    )

    refused = refusal_of(
        db,
        lambda tx: terminals.enrol(tx, town.community_id, old, jwk_of(new_device()), at=MORNING),
    )
    assert refused.code == "enrolment_used"
    with db.read() as tx:
        said = str(audit.newest(tx, town.community_id))
    assert new not in said


@pytest.mark.parametrize("code", ["AAAAAAAAAAAA", "", "M01T2", "x" * 10_000])
def test_a_guessed_code_enrols_nothing(db: Database, code: str) -> None:
    town = open_town(db)
    a_waiting_till(db, town)

    refused = refusal_of(
        db,
        lambda tx: terminals.enrol(tx, town.community_id, code, jwk_of(new_device()), at=MORNING),
    )

    assert refused.code == "enrolment_wrong"


def test_a_code_of_one_community_enrols_nothing_in_another(db: Database) -> None:
    town, other = open_town(db), open_town(db, issuer="CA02")
    _, code = a_waiting_till(db, town)

    refused = refusal_of(
        db,
        lambda tx: terminals.enrol(tx, other.community_id, code, jwk_of(new_device()), at=MORNING),
    )

    assert refused.code == "enrolment_wrong"


@pytest.mark.parametrize(
    "spoil",
    [
        {"crv": "P-384"},
        {"kty": "OKP"},
        {"x": "AAAA"},
        {"x": 7},
        {"y": "A" * 43},
        {"d": "A" * 43},
    ],
)
def test_a_key_that_is_no_key_enrols_nothing(db: Database, spoil: dict[str, object]) -> None:
    town = open_town(db)
    _, code = a_waiting_till(db, town)

    refused = refusal_of(
        db,
        lambda tx: terminals.enrol(
            tx, town.community_id, code, jwk_of(new_device()) | spoil, at=MORNING
        ),
    )

    assert refused.code == "device_key_bad"


def test_a_revoked_terminal_is_told_apart_from_one_that_never_was(db: Database) -> None:
    town = open_town(db)

    db.write(
        lambda tx: terminals.revoke(tx, town.community_id, town.terminal_id, by=OFFICE, at=MORNING)
    )

    with db.read() as tx:
        assert terminals.get_terminal(tx, town.community_id, town.terminal_id).state == "revoked"
        with pytest.raises(Refusal, match="terminal_not_found"):
            terminals.get_terminal(tx, town.community_id, 1)


# --- schemes


def adopt(town: Town, text: bytes):
    return lambda tx: schemes.adopt(
        tx, town.community_id, text, name="scheme.toml", by=OFFICE, at=MORNING
    )


def second_version(first_day: bytes = b"2026-04-01") -> bytes:
    return CHANGAN.replace(b'"2026.1"', b'"2026.2"').replace(
        b"effective_from = 2026-01-01", b"effective_from = " + first_day
    )


def test_a_scheme_version_counts_from_its_day_on(db: Database) -> None:
    town = open_town(db)

    db.write(adopt(town, second_version()))

    with db.read() as tx:
        assert schemes.scheme_on(tx, town.community_id, 20_260_331).version == "2026.1"
        assert schemes.scheme_on(tx, town.community_id, 20_260_401).version == "2026.2"


def test_the_same_version_again_changes_nothing_and_another_content_is_refused(
    db: Database,
) -> None:
    town = open_town(db)

    db.write(adopt(town, CHANGAN))
    changed = CHANGAN.replace(b"points_per_yuan = 1\n", b"points_per_yuan = 2\n")

    assert refusal_of(db, adopt(town, changed)).code == "scheme_version_known"
    with db.read() as tx:
        assert len(schemes.versions(tx, town.community_id)) == 1


def test_a_scheme_does_not_begin_on_a_closed_day_nor_on_the_day_of_another(db: Database) -> None:
    town = open_town(db)
    db.write(lambda tx: book_day.lock(tx, town.community_id, DAY, at=MORNING))

    assert refusal_of(db, adopt(town, second_version(b"2026-03-02"))).code == "scheme_too_late"
    db.write(adopt(town, second_version()))
    third = second_version().replace(b'"2026.2"', b'"2026.3"')
    assert refusal_of(db, adopt(town, third)).code == "scheme_day_taken"


def test_a_kind_of_point_keeps_its_place_in_the_book(db: Database) -> None:
    town = open_town(db)
    renamed = second_version().replace(b'"party"', b'"member"')

    assert refusal_of(db, adopt(town, renamed)).code == "scheme_points_moved"


def test_a_broken_scheme_is_refused_with_its_line(db: Database) -> None:
    town = open_town(db)

    refused = refusal_of(db, adopt(town, second_version() + b"\n[nonsense]\nx = 1\n"))

    assert refused.code == "scheme_refused"
    assert "nonsense" in str(refused.facts["first_problem"])
