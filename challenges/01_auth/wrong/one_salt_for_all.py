"""Mistake: all users share one salt.

Believes: a salt is a second secret, so one that is random is enough.
Rejected by: stored_hash_is_made_for_passwords
Hint: Two users choose the same password. What does a thief see in the dict?
"""

import hashlib
import hmac
import secrets
import time
from typing import Any

import jwt

ITERATIONS = 100_000


class Pbkdf2Hasher:
    """PBKDF2 with one salt, made when the service starts."""

    def __init__(self) -> None:
        self._salt = secrets.token_hex(16)

    def hash(self, password: str) -> str:
        return self._digest(self._salt, password)

    def verify(self, stored: str, password: str) -> bool:
        salt = stored.split("$")[2]
        return hmac.compare_digest(stored, self._digest(salt, password))

    @staticmethod
    def _digest(salt: str, password: str) -> str:
        key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), ITERATIONS)
        return f"pbkdf2_sha256${ITERATIONS}${salt}${key.hex()}"


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
        self._hasher = Pbkdf2Hasher() if hasher is None else hasher
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
            return jwt.decode(token, self._secret_key, algorithms=["HS256"])
        except jwt.PyJWTError:
            return None
