"""A hasher for the checks: quick, and with a memory of what it was asked."""

import hashlib
import secrets

from grader.testing import exported


@exported(methods=("hash", "verify", "needs_rehash"))
class QuickHasher:
    """A salted hash that takes no time, good in a check and nowhere else; it remembers what it was asked."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}  # stored string → the password it was made from
        self.verified: list[tuple[str, str]] = []

    def hash(self, password: str) -> str:
        """Return a new string to store."""
        salt = secrets.token_hex(8)
        stored = f"quick${salt}${hashlib.sha256((salt + password).encode()).hexdigest()}"
        self.made[stored] = password
        return stored

    def verify(self, stored: str, password: str) -> bool:
        """Tell whether *stored* was made here from *password*."""
        self.verified.append((stored, password))
        return self.made.get(stored) == password

    def needs_rehash(self, stored: str) -> bool:
        """Tell whether *stored* was made elsewhere."""
        return stored not in self.made
