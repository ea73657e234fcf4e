"""Challenge 01: a service that checks names and passwords and gives out signed tokens.

The spec says what each part promises. Start with tier 1: register, disable, authenticate, verify_token.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol


class Hasher(Protocol):
    """What the service asks of a password hasher (§2). Call it with positional arguments."""

    def hash(self, password: str, /) -> str:
        """Return a new string to store; it contains its own salt."""

    def verify(self, stored: str, password: str, /) -> bool:
        """Return True if *stored* was made from *password*, else False; does not raise."""

    def needs_rehash(self, stored: str, /) -> bool:
        """Return True if *stored* should be made anew (§10)."""


class AuthService:
    """Registers users, logs them in, and issues and checks their tokens.

    >>> service = AuthService("a secret of at least 32 characters, please")
    >>> service.register("ada", "correct horse battery")
    >>> token = service.authenticate("ada", "correct horse battery")
    >>> service.verify_token(token)["sub"]
    'ada'
    """

    users: dict[str, str]
    """The accounts: name → stored hash. A disabled account's hash has a "!" in front (§1)."""

    def __init__(
        self,
        secret_key: str,
        *,
        users: dict[str, str] | None = None,
        hasher: Hasher | None = None,
        clock: Callable[[], float] = time.time,
        access_ttl: float = 3600,
        refresh_ttl: float = 30 * 86400,
        issuer: str = "levelup",
        audience: str = "levelup-api",
        leeway: float = 0,
        max_failures: int = 5,
        lockout_seconds: float = 300,
        previous_keys: Sequence[str] = (),
    ) -> None:
        """Tier 1. Start with the accounts in *users*, or with none.

        *secret_key* signs the tokens, *hasher* hashes the passwords (None: your own), *clock* returns the
        time in seconds, *access_ttl* is the life of a token in seconds. The other arguments belong to tiers 2
        and 3: accept them now, use them when you get there.

        Tier 3: raises ValueError for a key of fewer than 32 bytes (§9).
        """
        raise NotImplementedError("see the spec, from §1 on")

    def register(self, username: str, password: str) -> None:
        """Tier 1. Add an account (§1, §2).

        Raises ValueError if the name is taken, or if the name or the password is empty. Tier 2: also if the
        password is very long, and ValueError or TypeError for what is not text (§6).

        >>> service.register("ada", "correct horse battery")
        """
        raise NotImplementedError("see the spec, §1 and §2")

    def disable(self, username: str) -> None:
        """Tier 1. Lock an account by putting "!" in front of its stored hash (§1).

        Raises KeyError if there is no such account.

        >>> service.disable("ada")
        >>> service.authenticate("ada", "correct horse battery") is None
        True
        """
        raise NotImplementedError("see the spec, §1")

    def authenticate(self, username: str, password: str) -> str | None:
        """Tier 1. Return a new token, or None for every kind of failure (§3).

        >>> service.authenticate("ada", "wrong horse") is None
        True
        """
        raise NotImplementedError("see the spec, §3")

    def verify_token(self, token: str) -> dict[str, Any] | None:
        """Tier 1. Return the claims of a good token, or None; raises nothing (§4, §5).

        >>> service.verify_token(token)
        {'sub': 'ada', 'iat': 1767225600, 'exp': 1767229200}
        >>> service.verify_token("hello") is None
        True
        """
        raise NotImplementedError("see the spec, §4")

    def revoke(self, token: str) -> bool:
        """Tier 2. End a token before its time; True if it was good until now (§7, §8).

        >>> service.revoke(token)
        True
        >>> service.verify_token(token) is None
        True
        """
        raise NotImplementedError("see the spec, §7")

    def issue_refresh(self, username: str, password: str) -> tuple[str, str] | None:
        """Tier 2. Log in; return (access token, refresh token), or None (§8).

        >>> access_token, refresh_token = service.issue_refresh("ada", "correct horse battery")
        """
        raise NotImplementedError("see the spec, §8")

    def refresh(self, refresh_token: str) -> tuple[str, str] | None:
        """Tier 2. Trade a refresh token for a new pair; it works only once (§8).

        >>> access_token, newer_refresh_token = service.refresh(refresh_token)
        >>> service.refresh(refresh_token) is None
        True
        """
        raise NotImplementedError("see the spec, §8")

    def state_size(self) -> int:
        """Tier 3. Forget what has expired; return how many entries are still remembered (§11).

        >>> service.state_size()
        0
        """
        raise NotImplementedError("see the spec, §11")
