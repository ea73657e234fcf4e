"""Design: scrypt for the passwords and a token signed by hand, with nothing but the standard library.

Reaches: tier 1

It shows how little is behind the names: a JSON Web Token is two pieces of JSON and an HMAC over both.
What a library adds is all that tier 2 asks for.
"""

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable
from typing import Any

HEADER = {"alg": "HS256", "typ": "JWT"}
COST = {"n": 2**14, "r": 8, "p": 5}  # as much work for a thief as OWASP asks for, in 16 MiB of memory


class ScryptHasher:
    """scrypt (RFC 7914); the stored string is method, cost, salt and key, with dollar signs between."""

    def hash(self, password: str) -> str:
        """Return a new string to store."""
        salt = os.urandom(16)
        cost = ":".join(str(number) for number in COST.values())
        return f"scrypt${cost}${salt.hex()}${self._key(password, salt, **COST).hex()}"

    def verify(self, stored: str, password: str) -> bool:
        """Tell whether *stored* was made from *password*."""
        try:
            method, cost, salt, key = stored.split("$")
            n, r, p = map(int, cost.split(":"))
            expected = bytes.fromhex(key)
            actual = self._key(password, bytes.fromhex(salt), n=n, r=r, p=p)
        except ValueError:
            return False
        return method == "scrypt" and hmac.compare_digest(actual, expected)

    def needs_rehash(self, stored: str) -> bool:
        """Tell whether the cost has changed since."""
        return stored.split("$")[1] != ":".join(str(number) for number in COST.values())

    @staticmethod
    def _key(password: str, salt: bytes, *, n: int, r: int, p: int) -> bytes:
        return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=64 * 2**20)


class AuthService:
    """Registers users, logs them in, and issues and checks their tokens."""

    def __init__(
        self,
        secret_key: str,
        *,
        users: dict[str, str] | None = None,
        hasher: Any = None,  # noqa: ANN401 -- anything with hash, verify and needs_rehash
        clock: Callable[[], float] = time.time,
        access_ttl: float = 3600,
        **_later_tiers: object,
    ) -> None:
        """Start with the accounts in *users*; *access_ttl* is the life of a token in seconds."""
        self.users = {} if users is None else users
        self._key = secret_key.encode()
        self._hasher = hasher or ScryptHasher()
        self._clock = clock
        self._access_ttl = access_ttl

    def register(self, username: str, password: str) -> None:
        """Add an account; ValueError if the name is taken or something is empty."""
        if not username or not password or username in self.users:
            message = "a new name and a password are needed"
            raise ValueError(message)
        self.users[username] = self._hasher.hash(password)

    def disable(self, username: str) -> None:
        """Lock an account."""
        self.users[username] = "!" + self.users[username]

    def authenticate(self, username: str, password: str) -> str | None:
        """Return a token, or None."""
        stored = self.users.get(username)
        if stored is None or stored.startswith("!") or not self._hasher.verify(stored, password):
            return None
        now = self._clock()
        return self._sign({"sub": username, "iat": now, "exp": now + self._access_ttl})

    def verify_token(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a good token, or None."""
        try:
            signed, _, signature = token.rpartition(".")
            if not hmac.compare_digest(signature.encode(), self._mac(signed).encode()):
                return None
        except UnicodeEncodeError:  # a lone surrogate: no token of ours has one
            return None
        payload = signed.partition(".")[2]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims if self._clock() < claims["exp"] else None

    def _sign(self, claims: dict[str, Any]) -> str:
        signed = ".".join(_base64(json.dumps(part).encode()) for part in (HEADER, claims))
        return f"{signed}.{self._mac(signed)}"

    def _mac(self, signed: str) -> str:
        return _base64(hmac.digest(self._key, signed.encode(), "sha256"))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
