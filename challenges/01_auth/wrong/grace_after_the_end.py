"""Mistake: tokens are good for two more seconds after their end.

Believes: clocks differ, so a little grace is polite. Nobody asked for it: leeway is 0.
Rejected by: token_ends_after_an_hour, access_ttl_sets_the_lifetime
Hint: A token says when it ends. For how many seconds after that do you still accept it?
"""

import time
from typing import Any

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Hasher:
    """Argon2id whose verify answers and never raises."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

    def hash(self, password: str) -> str:
        return self._argon2.hash(password)

    def verify(self, stored: str, password: str) -> bool:
        try:
            return self._argon2.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


class AuthService:
    """Registers users, logs them in, and issues and checks their tokens."""

    def __init__(
        self,
        secret_key: str,
        *,
        users: dict[str, str] | None = None,
        hasher: Any = None,
        access_ttl: float = 3600,
        **_later: object,
    ) -> None:
        self._secret_key = secret_key
        self._hasher = Argon2Hasher() if hasher is None else hasher
        self._access_ttl = access_ttl
        self.users = dict(users or {})

    def register(self, username: str, password: str) -> None:
        if not username or not password:
            raise ValueError("name and password must not be empty")
        if username in self.users:
            raise ValueError("the name is taken")
        self.users[username] = self._hasher.hash(password)

    def disable(self, username: str) -> None:
        self.users[username] = "!" + self.users[username]

    def authenticate(self, username: str, password: str) -> str | None:
        stored = self.users.get(username, "!")
        if stored.startswith("!") or not self._hasher.verify(stored, password):
            return None
        now = time.time()
        claims = {"sub": username, "iat": int(now), "exp": int(now + self._access_ttl)}
        return jwt.encode(claims, self._secret_key, algorithm="HS256")

    def verify_token(self, token: str) -> dict[str, Any] | None:
        try:
            return jwt.decode(token, self._secret_key, algorithms=["HS256"], leeway=2)
        except jwt.PyJWTError:
            return None
