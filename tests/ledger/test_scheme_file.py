"""Scheme files: the five that ship load clean; every slip is named by line and reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.earning.scheme import Scheme, scheme_on
from ledger.earning.scheme_file import (
    MOST_BYTES,
    SCHEMES,
    SHIPPED,
    load_scheme,
    parse_scheme,
    shipped_scheme,
)
from ledger.earning.scheme_problems import SENTENCES, Problem, SchemeError
from tests.ledger.scheme_slips import SLIPS

CHANGAN = (SCHEMES / "changan.toml").read_text(encoding="utf-8")


def problems_in(text: str | bytes) -> list[Problem]:
    with pytest.raises(SchemeError) as caught:
        parse_scheme(text, "changan.toml")
    return caught.value.problems


def changed(*pairs: tuple[str, str]) -> str:
    """The Chang'an scheme with each first text replaced by its second."""
    text = CHANGAN
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize("scheme_id", SHIPPED)
def test_every_shipped_scheme_loads_clean(scheme_id: str) -> None:
    scheme = shipped_scheme(scheme_id)

    assert scheme.id == scheme_id
    assert len(scheme.digest) == 64
    assert not any(point_type.transferable for point_type in scheme.point_types)


def test_the_schemes_have_the_articles_numbers_of_items() -> None:
    counts = {scheme_id: len(shipped_scheme(scheme_id).active_items()) for scheme_id in SHIPPED}

    assert counts == {"changan": 4, "qinzao": 7, "hebei": 14, "arcadia": 39, "huludao": 8}


def test_changan_says_what_the_story_of_fifty_yuan_needs() -> None:
    scheme = shipped_scheme("changan")
    rule = scheme.get_spend_rule("S01")
    offset = scheme.find_offset("merchant_purchase")

    assert (scheme.version, scheme.effective_from) == ("2026.1", date(2026, 1, 1))
    assert rule.points_per_yuan == 1
    assert rule.units(Decimal(500)) == 50_000
    assert offset is not None
    assert (offset.code, offset.cap_percent_of_bill) == ("O02", 30)
    assert offset.points_per_yuan == 20
    assert scheme.units("civic", 20) == 2_000
    assert scheme.units("party", 20) == 200
    assert scheme.get_reward("R11").price_units == 25_000


def test_points_finer_than_their_type_never_become_units() -> None:
    with pytest.raises(ValueError, match="finer"):
        shipped_scheme("changan").units("party", Decimal("0.05"))


@pytest.mark.parametrize(("old", "new", "line_of", "key", "code", "word"), SLIPS)
def test_a_slip_is_named_by_line_key_reason_and_way_out(
    old: str, new: str, line_of: str | None, key: str, code: str, word: str
) -> None:
    text = changed((old, new))

    problems = problems_in(text)

    assert [(problem.key, problem.code) for problem in problems] == [(key, code)]
    said = str(problems[0])
    assert word in said
    assert said.startswith(f"changan.toml:{problems[0].line}: ")
    assert problems[0].advice
    if line_of is not None:
        assert problems[0].line == text[: text.index(line_of)].count("\n") + 1


def test_an_item_of_honour_alone_gives_no_points() -> None:
    text = (SCHEMES / "arcadia.toml").read_text(encoding="utf-8")
    blood = 'name = "无偿献血"'
    at = text.index(blood)
    text = text[:at] + text[at:].replace("points = 0", "points = 1", 1)

    assert ("item.24.points", "needless_key") in [(p.key, p.code) for p in problems_in(text)]


def test_all_slips_are_told_at_once_in_the_order_of_the_file() -> None:
    text = changed(
        ("precision = 2 ", "precision = 3 "),
        ("cap_day = 12", "cap_dya = 12"),
        ('review_flow = "automatic"', 'review_flow = "nobody"'),
        ("cap_txn_points = 500", "cap_txn_points = -5"),
        ("percent_off = 30", "percent_off = 130"),
        ('path = "item.3.name"', 'path = "item.33.name"'),
        ("consent_required = true", "consent_required = false"),
    )

    problems = problems_in(text)

    assert [problem.key for problem in problems] == [
        "point_type.1.precision",
        "item.0.cap_dya",
        "spend_rule.0.cap_txn_points",
        "spend_rule.0.review_flow",
        "benefit.1.percent_off",
        "privacy.consent_required",
        "provenance.2.path",
    ]
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)


def test_a_row_left_out_for_its_slip_shifts_no_other_rows_name() -> None:
    text = changed(
        ('mode = "formula"', 'mode = "magic"'),
        ('name = "便民服务"', 'name = "便民服务"\nper = "year"'),
    )

    assert [p.key for p in problems_in(text)] == ["item.0.mode", "item.2.per"]


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("schema = \n", 1, "Invalid value"),
        ("a = 1\nb = [1,\n", 2, "no TOML"),
        ("a = 1\na = 2\n", 2, "overwrite"),
        ("a = 1\n[a]\n", 2, "no TOML"),
        ("a = 2026-02-30\n", 1, "no TOML"),
        ("a = " + "9" * 5_000, 1, "no TOML"),
        ("a = " + "[" * 50_000, 1, "nested"),
        ("a = 1e99999999999999999999\n", 1, "number"),
    ],
)
def test_broken_toml_is_refused_with_its_line(text: str, line: int, word: str) -> None:
    (problem,) = problems_in(text)

    assert problem.code == "broken_toml"
    assert word in str(problem)
    assert abs(problem.line - line) <= 1


@pytest.mark.parametrize(("encoding", "guess"), [("gbk", "GBK"), ("utf-16", "UTF-16")])
def test_a_file_in_another_encoding_is_refused_and_says_which(encoding: str, guess: str) -> None:
    (problem,) = problems_in(CHANGAN.encode(encoding, errors="replace"))

    assert problem.code == "wrong_encoding"
    assert guess in problem.advice


def test_an_empty_file_is_told_every_table_it_lacks() -> None:
    keys = [problem.key for problem in problems_in("")]

    assert keys == sorted(
        ["budget", "calendar", "expiry", "point_type", "privacy", "schema", "scheme"]
    )


@pytest.mark.parametrize("text", ["item = 3\n", "item = [3]\n", '[item]\ncode = "P01"\n'])
def test_a_table_of_the_wrong_kind_is_refused_and_not_stumbled_over(text: str) -> None:
    problems = problems_in(text)

    assert any(p.code == "wrong_type" and p.path[0] == "item" for p in problems)


def test_a_file_that_is_not_there_or_far_too_big_is_refused(tmp_path: Path) -> None:
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * (MOST_BYTES + 1))

    for path, code in ((tmp_path / "none.toml", "file_missing"), (big, "file_too_big")):
        with pytest.raises(SchemeError) as caught:
            load_scheme(path)
        assert caught.value.problems[0].code == code


def test_the_refusal_carries_a_code_the_first_problem_and_no_path_of_the_machine(
    tmp_path: Path,
) -> None:
    with pytest.raises(SchemeError) as caught:
        load_scheme(tmp_path / "none.toml")

    assert caught.value.code == "scheme_refused"
    assert caught.value.facts["problem_count"] == 1
    assert str(tmp_path) not in str(caught.value)


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    plain = parse_scheme(CHANGAN, "changan.toml")
    windows = parse_scheme(b"\xef\xbb\xbf" + CHANGAN.replace("\n", "\r\n").encode(), "changan.toml")

    assert windows == plain


def test_the_digest_names_the_content_and_not_its_layout() -> None:
    digest = parse_scheme(CHANGAN, "x").digest
    layout = changed(
        ("hard = 1.6", "hard = 1.60   # as it was"),
        ('code = "party"\nname = "党员积分"\n', 'name = "党员积分"\n\ncode = "party"\n'),
    )
    content = changed(("hard = 1.6", "hard = 1.7"))

    assert parse_scheme(layout, "x").digest == digest
    assert parse_scheme(content, "x").digest != digest


def test_the_version_in_force_is_the_latest_that_has_begun() -> None:
    first = parse_scheme(CHANGAN, "x")
    second = parse_scheme(
        changed(('version = "2026.1"', 'version = "2026.2"'), ("= 2026-01-01", "= 2026-07-01")), "x"
    )
    versions: list[Scheme] = [second, first]

    assert scheme_on(versions, date(2026, 6, 30)).version == "2026.1"
    assert scheme_on(versions, date(2026, 7, 1)).version == "2026.2"
    with pytest.raises(LookupError):
        scheme_on(versions, date(2025, 12, 31))


def test_every_kind_of_problem_has_a_reason_and_a_way_out() -> None:
    assert all(reason and advice for reason, advice in SENTENCES.values())
