"""How a card stood when a till was told, and when it died after that."""

import pytest

from ledger.offline.card_life import dead_since, read_life

ACTS = [
    (10, "", '{"person_id":7}'),
    (20, '{"state":"active"}', '{"state":"suspended"}'),
    (30, '{"state":"suspended"}', '{"state":"active"}'),
    (40, '{"state":"active"}', '{"state":"lost"}'),
    (50, '{"issue":1,"state":"lost"}', '{"issue":2,"state":"active"}'),
]


@pytest.mark.parametrize(
    ("issue", "told_at", "died_at"),
    [
        (1, 5, None),  # nobody's yet
        (1, 10, 20),
        (1, 25, None),  # suspended when the till was told
        (1, 30, 40),
        (1, 40, None),
        (1, 60, None),
        (2, 35, None),  # an issue that did not exist
        (2, 50, None),  # still good
    ],
)
def test_a_card_died_after_the_till_was_told_or_not(
    issue: int, told_at: int, died_at: int | None
) -> None:
    assert dead_since(read_life(ACTS), issue, told_at=told_at) == died_at


def test_a_card_whose_first_act_is_its_loss_was_what_stood_before() -> None:
    life = read_life(ACTS[3:])

    assert dead_since(life, 1, told_at=30) == 40
    assert read_life([]) == []
    assert dead_since(read_life([]), 1, told_at=30) is None
