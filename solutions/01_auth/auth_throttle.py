"""How guessing is slowed down: a limit on wrong passwords per account that any number of threads keep."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition

from auth_swept import Swept


@dataclass
class Guesses:
    """The recent guesses at one account's password."""

    failed_at: deque[float] = field(default_factory=deque)
    under_way: int = 0


class LoginThrottle:
    """Lets at most *limit* wrong guesses at one account through in any *window* seconds.

    It never looks whether the account exists, so a locked door says nothing about who lives there.
    The price: whoever knows a name can keep its owner out.
    """

    def __init__(self, limit: int, window: float, clock: Callable[[], float]) -> None:
        """Admit *limit* wrong guesses in *window* seconds of *clock*."""
        self._limit, self._window, self._clock = limit, window, clock
        self._accounts: Swept[Guesses] = Swept(lambda guesses: guesses.under_way + self._failed(guesses) > 0)
        self._settled = Condition()

    def enter(self, account: str) -> bool:
        """Take one guess, to be given back with `leave`; False while the account is locked."""
        with self._settled:
            while True:
                guesses = self._accounts.get(account) or Guesses()
                failed = self._failed(guesses)
                if failed >= self._limit:
                    return False
                if failed + guesses.under_way < self._limit:
                    guesses.under_way += 1
                    self._accounts[account] = guesses
                    return True
                # If all guesses under way are wrong, the limit is used up: to let this one through as well
                # could exceed it, and to refuse could turn away an owner logging in from many places at once.
                self._settled.wait()

    def leave(self, account: str, *, matched: bool) -> None:
        """Settle a guess: a wrong one counts, a right one forgives those before it."""
        with self._settled:
            guesses = self._accounts[account]
            guesses.under_way -= 1
            if matched:
                guesses.failed_at.clear()
            else:
                guesses.failed_at.append(self._clock())
            self._settled.notify_all()

    def sweep(self) -> int:
        """Forget the accounts without a recent failure; return how many are left."""
        with self._settled:
            return self._accounts.sweep()

    def _failed(self, guesses: Guesses) -> int:
        while guesses.failed_at and guesses.failed_at[0] <= self._clock() - self._window:
            guesses.failed_at.popleft()
        return len(guesses.failed_at)
