"""How passwords are kept: slow, salted hashes whose stored string carries its own salt and cost."""

import hashlib
import hmac
import re
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEGACY_SHA256 = re.compile(r"[0-9a-f]{64}")


class Hasher(Protocol):
    """What the service asks of a password hash."""

    def hash(self, password: str, /) -> str:
        """Return a new string to store."""

    def verify(self, stored: str, password: str, /) -> bool:
        """Tell whether *stored* was made from *password*."""

    def needs_rehash(self, stored: str, /) -> bool:
        """Tell whether *stored* was made in a way or with a cost that is out of date."""


class Argon2Hasher:
    """Argon2id (RFC 9106) with 9 MiB and four passes, one of the costs that OWASP asks for at least; 20 ms a hash.

    It still verifies the bare SHA-256 of an older store, so that its users can log in once and be upgraded.
    """

    def __init__(self) -> None:
        """Fix the cost."""
        self._argon2 = PasswordHasher(time_cost=4, memory_cost=9 * 1024, parallelism=1)

    def hash(self, password: str, /) -> str:
        """Return a new string to store, different at each call."""
        return self._argon2.hash(password)

    def verify(self, stored: str, password: str, /) -> bool:
        """Tell whether *stored* was made from *password*; nothing matches a string of an unknown kind."""
        if LEGACY_SHA256.fullmatch(stored):
            return hmac.compare_digest(stored, hashlib.sha256(password.encode()).hexdigest())
        try:
            return self._argon2.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def needs_rehash(self, stored: str, /) -> bool:
        """Tell whether *stored* is bare SHA-256 or has another cost than today's."""
        return bool(LEGACY_SHA256.fullmatch(stored)) or self._argon2.check_needs_rehash(stored)
