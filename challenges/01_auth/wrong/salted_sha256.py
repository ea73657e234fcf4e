"""Mistake: passwords are kept as SHA-256, with a salt.

Believes: a salt makes a hash fit for passwords. It stops tables, not a billion guesses a second.
Rejected by: stored_hash_is_made_for_passwords
Hint: SHA-256 was built to be fast. Is that good news for you or for the thief?
"""

import hashlib
import hmac
import secrets
import time
from typing import Any

import jwt


class SaltedSha256:
    """SHA-256 over a random salt and the password."""

    def hash(self, password: str) -> str:
        return self._digest(secrets.token_hex(16), password)

    def verify(self, stored: str, password: str) -> bool:
        return hmac.compare_digest(stored, self._digest(stored.split("$")[1], password))

    @staticmethod
    def _digest(salt: str, password: str) -> str:
        return f"sha256${salt}${hashlib.sha256((salt + password).encode()).hexdigest()}"


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
        self._hasher = SaltedSha256() if hasher is None else hasher
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
