"""One thread that stands for a whole town: virtual time, actors as generators, programs that can be cut off.

An actor is a generator; it yields a number of microseconds to let pass, or a Promise to wait for. A program (the
product's own code, which knows nothing of any of this) runs in a greenlet and is put aside wherever it touches the
database or the network, so that others come in between exactly as the seed says.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator
from random import Random
from typing import Any

from greenlet import getcurrent, greenlet

MS = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 3_600 * SECOND
DAY = 24 * HOUR

Actor = Generator[Any, Any, None]


class CutOffError(BaseException):
    """The process is gone at this point; nothing in it may catch this and go on."""


class Promise:
    """Something that will be known later."""

    __slots__ = ("_waiting", "known", "value")

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.known = False
        self.value: Any = None
        self._waiting: list[Callable[[Any], None]] = []

    def keep(self, value: Any) -> None:
        """Say it, once; later words are not heard."""
        if self.known:
            return
        self.known, self.value = True, value
        waiting, self._waiting = self._waiting, []
        for tell in waiting:
            tell(value)

    def then(self, tell: Callable[[Any], None]) -> None:
        """Call `tell` with the value, now or when it is known."""
        if self.known:
            tell(self.value)
        else:
            self._waiting.append(tell)


class Machine:
    """The order of all events. `chance` is the only source of anything unforeseen."""

    def __init__(self, seed: int, now: int) -> None:
        """Begin at `now` (microseconds UTC)."""
        self.now = now
        self.chance = Random(seed)
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._made = 0
        self._failure: BaseException | None = None
        self.trace: list[str] = []

    def note(self, text: str) -> None:
        """One line of what happened, for whoever looks into a seed."""
        self.trace.append(f"{self.now // MS % 10**9:>9} {text}")

    def after(self, delay: int, act: Callable[[], None]) -> None:
        """Let `act` happen `delay` microseconds from now."""
        self._made += 1
        heapq.heappush(self._events, (self.now + max(delay, 0), self._made, act))

    def follow(self, actor: Actor) -> Promise:
        """Let an actor live; the promise is kept (with None) when it has ended."""
        ended = Promise()

        def step(value: Any) -> None:
            try:
                wish = actor.send(value)
            except StopIteration:
                ended.keep(None)
                return
            if isinstance(wish, Promise):
                # Not at once: whoever kept the promise finishes first.
                wish.then(lambda known: self.after(0, lambda: step(known)))
            else:
                self.after(wish, lambda: step(None))

        self.after(0, lambda: step(None))
        return ended

    def run(self, until: int | None = None) -> None:
        """Let events happen in order, up to a moment or until none is left."""
        while self._events and (until is None or self._events[0][0] <= until):
            at, _, act = heapq.heappop(self._events)
            self.now = max(self.now, at)
            act()
            if self._failure is not None:
                raise self._failure
        if until is not None:
            self.now = max(self.now, until)

    def run_until(self, promise: Promise, *, within: int) -> bool:
        """Let events happen until a promise is kept; False where it was not, in time."""
        end = self.now + within
        while not promise.known and self._events and self._events[0][0] <= end:
            at, _, act = heapq.heappop(self._events)
            self.now = max(self.now, at)
            act()
            if self._failure is not None:
                raise self._failure
        return promise.known

    def close(self) -> None:
        """Nothing happens any more; programs that were cut off are let go."""
        while self._events:
            at, _, act = heapq.heappop(self._events)
            if at <= self.now:
                act()

    def fail(self, error: BaseException) -> None:
        """Stop everything: a program raised what no program should."""
        self._failure = self._failure or error

    # --- programs

    def start(self, program: Callable[[], None]) -> greenlet:
        """Run a program until it ends or is first put aside."""
        running = greenlet(program)
        running.switch()
        return running

    def put_aside(self, delay: int) -> None:
        """Called in a program: others come first, for `delay` microseconds."""
        me = getcurrent()
        self.after(delay, lambda: me.switch() if not me.dead else None)
        assert me.parent is not None, "only a program can be put aside"
        me.parent.switch()

    def wait_for(self, promise: Promise) -> Any:
        """Called in a program: others come first until the promise is kept; gives its value."""
        if promise.known:
            return promise.value
        me = getcurrent()
        promise.then(lambda _: self.after(0, lambda: me.switch() if not me.dead else None))
        assert me.parent is not None, "only a program can wait"
        me.parent.switch()
        return promise.value
