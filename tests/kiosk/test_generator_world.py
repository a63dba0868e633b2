"""The made-up community: the same from the same seed, and shaped as the specification of its people says."""

import hashlib
import json
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kiosk.generator import generate
from kiosk.generator.command import command
from kiosk.generator.people import make_people
from kiosk.generator.shapes import World
from kiosk.generator.sizes import SIZES
from kiosk.generator.streams import Streams
from kiosk.generator.trade import trade
from kiosk.generator.world import first_day, imagine
from ledger.earning.scheme_file import parse_scheme, shipped_scheme
from ledger.refs import read_reference

UNTIL = date(2026, 5, 31)


@pytest.fixture(scope="module")
def world() -> World:
    return imagine("S", 7, months=3, until=UNTIL)


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        generate("S", seed=7, months=1, until=UNTIL, out=tmp_path / name)
    generate("S", seed=8, months=1, until=UNTIL, out=tmp_path / "other")

    assert _hashes(tmp_path / "one") == _hashes(tmp_path / "two")
    assert _hashes(tmp_path / "one") != _hashes(tmp_path / "other")


def test_a_stream_does_not_hear_of_another_table() -> None:
    alone = Streams(3).stream("purchases").random()
    streams = Streams(3)
    streams.stream("a table made later").random()

    assert streams.stream("purchases").random() == alone
    assert Streams(4).stream("purchases").random() != alone


def test_rare_names_change_no_purchase(world: World) -> None:
    rare = imagine("S", 7, months=3, until=UNTIL, rare=True)

    assert [p.rare for p in rare.people if p.rare]
    assert rare.purchases == world.purchases
    assert rare.people != world.people


def test_a_longer_period_changes_no_person(world: World) -> None:
    shorter = imagine("S", 7, months=1, until=date(2026, 3, 31))

    assert [p.name for p in shorter.people] == [p.name for p in world.people]


def test_three_hundred_people_and_thirteen_counters(world: World) -> None:
    assert len(world.members) == 300
    assert [shop.code for shop in world.shops] == [f"M{n:02d}" for n in range(1, 13)]
    assert sum(len(shop.tills) for shop in world.shops) == 16
    assert world.market.category == "积分超市"
    assert round(sum(shop.share for shop in world.shops), 9) == 1


def test_nobody_is_real(world: World) -> None:
    phones = [person.phone for person in world.people]

    assert all(len(phone) == 11 and phone.startswith("100") for phone in phones)
    assert len(set(phones)) == len(phones)
    assert all(p.payment_ref is None or p.payment_ref[:4] == "0000" for p in world.purchases)


def test_purchases_follow_the_specification(world: World) -> None:
    bought = world.purchases
    channels = Counter(p.channel for p in bought)
    shops = Counter(p.shop for p in bought)
    amounts = sorted(p.total_fen for p in bought)

    # 300 people, 3.2 tickets a month, three months; a person's taste for buying varies widely.
    assert 2_000 < len(bought) < 4_000
    assert abs(channels["wechat"] / len(bought) - 0.58) < 0.04
    assert abs(channels["cash"] / len(bought) - 0.06) < 0.02
    assert abs(shops["M01"] / len(bought) - 0.20) < 0.04
    assert 1_700 < amounts[len(amounts) // 2] < 2_500
    assert min(amounts) >= 100
    assert abs(sum(p.wish_points > 0 for p in bought) / len(bought) - 0.28) < 0.04
    assert all(p.payment_ref is None for p in bought if p.channel == "cash")
    assert {p.shop for p in bought if not 6 <= p.second // 3_600 <= 21} == set()
    assert all(6 <= p.second // 3_600 <= 9 for p in bought if p.shop == "M07")


def test_purchases_stand_in_the_order_of_time(world: World) -> None:
    times = [(p.day, p.second) for p in world.purchases]

    assert times == sorted(times)
    assert [p.number for p in world.purchases] == list(range(1, len(times) + 1))
    assert (world.since, world.until) == (date(2026, 3, 1), UNTIL)


def test_the_supermarket_opens_when_the_scheme_says(world: World) -> None:
    assert {visit.day.isoweekday() for visit in world.visits} == {2, 5}
    assert all(9 * 3_600 <= visit.second < 11 * 3_600 + 1_800 for visit in world.visits)


def test_the_budget_is_scaled_and_nothing_else_of_the_scheme(world: World) -> None:
    ours, shipped = parse_scheme(world.scheme_text, "ours"), shipped_scheme("changan")

    assert ours.budget.yearly_cap_fen == 1_700_000
    assert ours.budget.yearly_cap_fen < shipped.budget.yearly_cap_fen
    assert (ours.spend_rules, ours.offsets) == (shipped.spend_rules, shipped.offsets)


def test_the_tills_keep_to_the_scheme(world: World) -> None:
    rung = trade(world).rung
    sales = {line.ref: line for line in rung if line.kind == "sale"}
    earning = {
        shop.code for shop in world.shops if shop.category not in {"药店", "理发店", "家电维修"}
    }

    assert any(line.offset_units for line in sales.values())
    for line in rung:
        reference = read_reference(line.ref)
        assert reference is not None
        assert reference.counter == line.counter
        assert line.total_fen == line.offset_fen + line.paid_fen
        assert line.offset_units == 20 * line.offset_fen
    for line in sales.values():
        assert line.offset_units % 2_000 == 0
        assert line.offset_fen * 100 <= line.total_fen * 30
        assert line.earned_units <= min(line.paid_fen, 50_000)
        assert line.earned_units == 0 or line.merchant in earning
    for line in rung:
        if line.kind == "refund":
            assert line.original_ref in sales
            assert line.offset_fen <= sales[line.original_ref].offset_fen


def test_counters_of_a_till_have_no_gap(world: World) -> None:
    counters: dict[str, list[int]] = {}
    for line in trade(world).rung:
        counters.setdefault(line.terminal, []).append(line.counter)

    assert all(seen == list(range(1, len(seen) + 1)) for seen in counters.values())


@pytest.mark.parametrize(
    ("until", "months", "first"),
    [
        (date(2026, 11, 21), 3, date(2026, 8, 22)),
        (date(2026, 5, 31), 3, date(2026, 3, 1)),
        (date(2026, 12, 31), 12, date(2026, 1, 1)),
        (date(2026, 3, 30), 1, date(2026, 2, 28)),
    ],
)
def test_months_end_on_the_last_day(until: date, months: int, first: date) -> None:
    assert first_day(until, months) == first


def test_the_large_community_has_its_people() -> None:
    households, people = make_people(SIZES["C1"], Streams(1), date(2026, 1, 1), rare=False)
    enrolled = {p.household for p in people if p.joined_on is not None}
    joined = [h for h in households if h.joined_on is not None]

    assert (len(households), len(people)) == (7_482, 30_000)
    assert len({household.building for household in households}) == 79
    assert len(joined) == round(7_482 * 0.42)
    assert len([h for h in joined if h.joined_on == date(2026, 1, 1)]) == round(7_482 * 0.12)
    assert enrolled <= {household.number for household in joined}
    assert 4_700 < sum(p.joined_on is not None for p in people) < 6_200


def test_the_command_writes_a_folder_once(tmp_path: Path) -> None:
    asked = ["--size", "S", "--seed", "5", "--months", "1", "--until", "2026-03-31", "--json"]
    out = tmp_path / "town"
    first = CliRunner().invoke(command, [*asked, "--out", str(out)])
    second = CliRunner().invoke(command, [*asked, "--out", str(out)])

    counts = json.loads(first.stdout)
    assert counts["members"] == 300
    assert counts["purchases"] == len(_rows(out / "purchases.jsonl"))
    assert second.exit_code == 1
    assert "is not empty" in second.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    assert (
        _hashes(out).items()
        >= {name: facts["sha256"] for name, facts in manifest["files"].items()}.items()
    )
    assert tomllib.loads((out / "scheme.toml").read_text())["scheme"]["id"] == "changan"
