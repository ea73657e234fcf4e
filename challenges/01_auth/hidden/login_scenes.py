"""Situations in which callers meet at one account or one token; built and run in the submission's process."""

# ruff: noqa: ANN401, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

SECRET = "the secret of these checks: long enough to sign with"
RIGHT = "right password"


class PlainHasher:
    """Hashes nothing, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.aged = ""
        self.made: dict[str, str] = {}

    def hash(self, password: str) -> str:
        self.asked += 1
        stored = f"plain${self.asked}"
        self.made[stored] = password
        return stored

    def verify(self, stored: str, password: str) -> bool:
        self.asked += 1
        return self.made.get(stored) == password

    def needs_rehash(self, stored: str) -> bool:
        return stored == self.aged


class AtOneAccount:
    """Two callers and ada, whose password is "right"."""

    def __init__(self, solution: Any, **options: Any) -> None:
        self.hasher = PlainHasher()
        self.service = solution.AuthService(SECRET, hasher=self.hasher, **options)
        self.service.register("ada", RIGHT)

    def log_in(self, username: str = "ada", password: str = RIGHT) -> bool:
        return self.service.authenticate(username, password) is not None


class LastGuess(AtOneAccount):
    """Two callers guess at one name at which a single guess is allowed."""

    def __init__(self, solution: Any, username: str) -> None:
        super().__init__(solution, max_failures=1)
        self.username = username
        self.before = self.hasher.asked

    def jobs(self) -> list[Callable[[], object]]:
        return [self.guess, self.guess]

    def guess(self) -> bool:
        return self.log_in(self.username, "wrong password")

    def seen(self) -> int:
        """How many of the two were hashed."""
        return self.hasher.asked - self.before


class OwnersAtOnce(AtOneAccount):
    """Ada logs in from two places at once, and one failure would lock her out."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, max_failures=1)

    def jobs(self) -> list[Callable[[], object]]:
        return [self.log_in, self.log_in]

    def seen(self) -> None:
        """Nothing more."""


class OneName(AtOneAccount):
    """Two people register the same name."""

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: self.register("first password"), lambda: self.register("second password")]

    def register(self, password: str) -> str:
        try:
            self.service.register("bob", password)
        except ValueError:
            return "refused"
        return "registered"

    def seen(self) -> list[bool]:
        """Whose password opens the account."""
        return [self.log_in("bob", f"{which} password") for which in ("first", "second")]


class OneRefreshToken(AtOneAccount):
    """Two callers bring the same refresh token."""

    def __init__(self, solution: Any) -> None:
        time.sleep(datetime.now(UTC).timestamp() - time.time())  # time is virtual here, but not PyJWT's
        super().__init__(solution)
        _, self.token = self.service.issue_refresh("ada", RIGHT)

    def jobs(self) -> list[Callable[[], object]]:
        return [self.refresh, self.refresh]

    def refresh(self) -> bool:
        return self.service.refresh(self.token) is not None

    def seen(self) -> None:
        """Nothing more."""


class DisabledMeanwhile(AtOneAccount):
    """Ada's account is disabled while a login of hers replaces her old hash."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution)
        self.hasher.aged = self.service.users["ada"]

    def jobs(self) -> list[Callable[[], object]]:
        return [self.log_in, lambda: self.service.disable("ada")]

    def seen(self) -> list[bool]:
        """Whether ada is marked as disabled, and whether she can log in."""
        return [self.service.users["ada"].startswith("!"), self.log_in()]


class Shown(AtOneAccount):
    """One caller looks at what a service says of itself."""

    def jobs(self) -> list[Callable[[], object]]:
        return [self.look]

    def look(self) -> list[str]:
        access, refresh = self.service.issue_refresh("ada", RIGHT)
        shown = f"{self.service!r} {self.service}"
        secrets = {
            "the secret key": SECRET,
            "a password": RIGHT,
            "an access token": access,
            "a refresh token": refresh,
        }
        return [name for name, secret in secrets.items() if secret in shown]

    def seen(self) -> None:
        """Nothing more."""
