"""What a stored hash says about itself: its method, its cost, and whether the label tells the truth."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator

SLOW_HASHES = ("argon2", "scrypt", "bcrypt", "pbkdf2", "$2a$", "$2b$", "$2y$")
FAST_HASHES = ("md5", "sha1", "sha256", "sha512")

ARGON2_MEMORY = re.compile(r"argon2.*?\bm=(\d{1,9})\b", re.IGNORECASE)
BCRYPT_COST = re.compile(r"\$2[aby]\$(\d\d)\$")
PBKDF2_ROUNDS = re.compile(r"pbkdf2(?:[-_:$](?:hmac|sha\w*|md5))*[$:](?:\w+=)?(\d{1,9})[$:,]", re.IGNORECASE)
SCRYPT_COST = re.compile(r"scrypt[$:](?P<log>ln=)?(?:n=)?(?P<n>\d{1,8})[$:,](?:r=)?(?P<r>\d{1,3})[$:,]", re.IGNORECASE)


def too_cheap(stored: str) -> str:
    """Return which cost in *stored* is below what the spec asks for; "" if none can be read or all are fine."""
    if (found := ARGON2_MEMORY.search(stored)) and int(found[1]) < 7168:
        return f"Argon2 with m={found[1]} KiB of memory"
    if (found := BCRYPT_COST.search(stored)) and int(found[1]) < 10:
        return f"bcrypt with cost {found[1]}"
    if (found := PBKDF2_ROUNDS.search(stored)) and int(found[1]) < 100_000:
        return f"PBKDF2 with {found[1]} rounds"
    if found := SCRYPT_COST.search(stored):
        n = int(found["n"])
        n = 2 ** min(n, 32) if found["log"] or n < 32 else n  # some write the logarithm of N
        if n * int(found["r"]) < 2**16:
            return f"scrypt with N={n} and r={found['r']}"
    return ""


def fast_hash_inside(stored: str, password: str) -> str:
    """Return the fast hash of *password*, salted with a part of *stored* or not at all, that *stored* holds; or ""."""
    typed = password.encode()
    for name in FAST_HASHES:
        for salt in _salts(stored):
            for digest in (
                hashlib.new(name, salt + typed).digest(),
                hashlib.new(name, typed + salt).digest(),
                hmac.digest(salt, typed, name),
            ):
                if any(spelling in stored for spelling in _spellings(digest)):
                    return f"{name.upper()} of the password {'and the salt' if salt else 'alone'}"
    return ""


def _salts(stored: str) -> Iterator[bytes]:
    """Yield what may be the salt: each part of *stored*, as text and decoded, and none."""
    yield b""
    for part in re.split(r"[$:]", stored)[:8]:
        yield part.encode(errors="replace")
        for decode in (bytes.fromhex, lambda text: base64.b64decode(text + "=" * (-len(text) % 4))):
            try:
                yield decode(part)
            except ValueError:
                continue


def _spellings(digest: bytes) -> tuple[str, ...]:
    plain, urlsafe = base64.b64encode(digest).decode(), base64.urlsafe_b64encode(digest).decode()
    return digest.hex(), digest.hex().upper(), plain.rstrip("="), urlsafe.rstrip("=")
