"""Which backups stay: enough to choose from, none so old that tills could not fill the gap, never none."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.copies.retention import ALL_DAYS, DAILY_DAYS, LONGEST_DAYS, kept

DAY = 86_400_000_000
NOW = 20_500 * DAY + DAY // 2


def ages(made: list[int]) -> list[int]:
    return sorted((NOW - one) // DAY for one in kept(made, at=NOW))


def test_hourly_backups_of_fifty_days_thin_out_with_age() -> None:
    made = [NOW - hour * DAY // 24 for hour in range(50 * 24)]

    stay = kept(made, at=NOW)

    assert len([one for one in stay if NOW - one < ALL_DAYS * DAY]) == 48
    assert len([one for one in stay if ALL_DAYS * DAY <= NOW - one < DAILY_DAYS * DAY]) in {12, 13}
    assert len([one for one in stay if NOW - one > (DAILY_DAYS + 1) * DAY]) == 3
    assert max(NOW - one for one in stay) <= (LONGEST_DAYS + 1) * DAY


def test_the_newest_of_each_day_stays() -> None:
    morning, evening = NOW - 5 * DAY, NOW - 5 * DAY + DAY // 4

    assert kept([morning, evening, NOW], at=NOW) == {evening, NOW}


def test_the_only_backup_stays_however_old() -> None:
    assert ages([NOW - 400 * DAY]) == [400]
    assert kept([], at=NOW) == set()


@given(st.lists(st.integers(0, 60 * 24), min_size=1, unique=True))
def test_thinning_twice_is_thinning_once_and_the_newest_stays(hours: list[int]) -> None:
    made = [NOW - hour * DAY // 24 for hour in hours]

    once = kept(made, at=NOW)

    assert max(made) in once
    assert kept(once, at=NOW) == once
