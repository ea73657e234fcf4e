"""A hasher for the checks: quick, and with a memory of what it was asked."""

import hashlib
import secrets

from grader.testing import exported


@exported(methods=("hash", "verify", "needs_rehash"))
class QuickHasher:
    """A salted hash that takes no time, good in a check and nowhere else; it remembers what it was asked."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}  # stored string → the password it was made from
        self.aged: set[str] = set()  # stored strings that need a new hash
        self.asked: list[str] = []  # each question whose answer takes a real hasher long
        self.verified: list[tuple[str, str]] = []

    def hash(self, password: str) -> str:
        """Return a new string to store."""
        self.asked.append("hash")
        salt = secrets.token_hex(8)
        typed = password.encode(errors="replace")
        stored = f"quick${salt}${hashlib.sha256(salt.encode() + typed).hexdigest()}"
        self.made[stored] = password
        return stored

    def verify(self, stored: str, password: str) -> bool:
        """Tell whether *stored* was made here from *password*."""
        known = stored in self.made
        self.asked.append("verify" if known else "verify of a string that this hasher has not made")
        self.verified.append((stored, password))
        return known and self.made[stored] == password

    def needs_rehash(self, stored: str) -> bool:
        """Tell whether *stored* is out of date."""
        return stored in self.aged
