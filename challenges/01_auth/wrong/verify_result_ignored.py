"""Mistake: the answer of hasher.verify is not looked at.

Believes: verify raises when the password is wrong, as the one of argon2-cffi does.
Rejected by: wrong_password_gets_none
Hint: A hasher says no in one of two ways: it raises, or it returns something. Which way does the spec
describe?
"""

import time
from typing import Any

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


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
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1) if hasher is None else hasher
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
        if stored.startswith("!"):
            return None
        try:
            self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return None
        now = time.time()
        claims = {"sub": username, "iat": int(now), "exp": int(now + self._access_ttl)}
        return jwt.encode(claims, self._secret_key, algorithm="HS256")

    def verify_token(self, token: str) -> dict[str, Any] | None:
        try:
            return jwt.decode(token, self._secret_key, algorithms=["HS256"])
        except jwt.PyJWTError:
            return None
