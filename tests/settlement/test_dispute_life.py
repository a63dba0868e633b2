"""The rules of a disputed line, tried with every order of acts: it ends, once, and asks for no more than it may."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import Refusal
from settlement.dispute_life import (
    FOR_OFFICE,
    HOLDING,
    VERB_NAMES,
    Outcome,
    State,
    Verb,
    ruled,
    ruling_fen,
    step,
    takes_two,
)

ACTS = st.lists(
    st.one_of(
        st.sampled_from([verb for verb in Verb if verb not in {Verb.RULE, Verb.APPROVE}]),
        st.tuples(st.sampled_from(Outcome), st.integers(-500, 500)),
    ),
    max_size=30,
)


@settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # the machine may be busy
)
@given(acts=ACTS, booked=st.integers(-100, 1000), asked=st.none() | st.integers(-100, 1000))
def test_whatever_is_tried_a_line_is_presented_again_once_and_gets_at_most_what_was_asked(
    acts: list[Verb | tuple[Outcome, int]], booked: int, asked: int | None
) -> None:
    state, appealed, added, proposed = State.RAISED, False, 0, None
    seen = [state]
    for tried in acts:
        before = state
        try:
            if isinstance(tried, Verb):
                state = step(state, tried, appealed=appealed)
                appealed = appealed or tried is Verb.PRESENT_AGAIN
            else:
                outcome, part = tried
                if state is State.PROPOSED and proposed is not None:
                    state = ruled(state, proposed[0], appealed=appealed, alone=False)
                    added += proposed[1]
                else:
                    fen = ruling_fen(
                        outcome, booked_fen=booked + added, asked_fen=asked, part_fen=part
                    )
                    state = ruled(state, outcome, appealed=appealed, alone=not takes_two(fen))
                    proposed = (outcome, fen)
                    added += 0 if state is State.PROPOSED else fen
        except Refusal:
            assert state is before
            continue
        seen.append(state)
    assert seen.count(State.APPEALED) <= 1
    if State.FINAL in seen:
        assert seen.index(State.FINAL) == len(seen) - 1
    if asked is not None:
        low, high = sorted((0, asked - booked))
        assert low <= added <= high


def test_from_every_state_there_is_a_way_to_the_end() -> None:
    def ends(state: State, appealed: bool, depth: int) -> bool:  # noqa: FBT001
        if state is State.FINAL:
            return True
        if not depth:
            return False
        ways = set()
        for verb in Verb:
            try:
                ways.add((step(state, verb, appealed=appealed), verb is Verb.PRESENT_AGAIN))
            except Refusal:
                continue
        for alone in (True, False):
            try:
                ways.add((ruled(state, Outcome.REJECTED, appealed=appealed, alone=alone), False))
            except Refusal:
                continue
        return any(ends(after, appealed or again, depth - 1) for after, again in ways)

    assert all(ends(state, appealed, 4) for state in State for appealed in (False, True))


def test_every_verb_has_a_name_and_only_open_lines_hold_money() -> None:
    assert set(VERB_NAMES) == set(Verb)
    assert FOR_OFFICE < HOLDING
    assert not HOLDING & {State.UPHELD, State.REJECTED, State.SPLIT, State.FINAL}
