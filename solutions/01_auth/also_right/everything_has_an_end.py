"""Design: scrypt, tokens signed by hand, and one table in which every entry has an end.

Reaches: tier 3

Revoked tokens, refresh families and failed logins are the same kind of thing: a name, a value, and a time after which
it means nothing. One table keeps all three and forgets on every access what has ended; a heap tells what is next.
Guesses at one name wait for each other at one of 64 locks, so the lock may be held while a password is hashed.
"""

import base64
import hashlib
import heapq
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable, Hashable, Sequence
from threading import Lock, RLock
from typing import Any

COST = (2**14, 8, 5)
MOST_CHARACTERS = 1000
MOST_IN_A_TOKEN = 30_000
LOCKS = 64


class ScryptHasher:
    """scrypt (RFC 7914), and the bare SHA-256 of an older system."""

    def hash(self, password: str, /) -> str:
        """Return a new string to store: method, cost, salt and key."""
        salt = os.urandom(16)
        return f"scrypt:{':'.join(map(str, COST))}${salt.hex()}${_scrypt(password, salt, *COST)}"

    def verify(self, stored: str, password: str, /) -> bool:
        """Tell whether *stored* was made from *password*."""
        if _is_sha256(stored):
            return hmac.compare_digest(stored, hashlib.sha256(password.encode()).hexdigest())
        try:
            method, salt, key = stored.split("$")
            name, *cost = method.split(":")
            n, r, p = map(int, cost)
            return name == "scrypt" and hmac.compare_digest(key, _scrypt(password, bytes.fromhex(salt), n, r, p))
        except ValueError:
            return False

    def needs_rehash(self, stored: str, /) -> bool:
        """Tell whether *stored* was made with another method or cost."""
        return not stored.startswith(f"scrypt:{':'.join(map(str, COST))}$")


class Table:
    """A dict whose entries end; whoever touches it first throws out what has ended."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start empty."""
        self._clock = clock
        self._entries: dict[Hashable, tuple[float, Any]] = {}
        self._ends: list[tuple[float, int, Hashable]] = []
        self._count = 0

    def put(self, key: Hashable, value: object, end: float) -> None:
        """Store *value* until *end*."""
        self._entries[key] = (end, value)
        self._count += 1
        heapq.heappush(self._ends, (end, self._count, key))
        self.size()

    def get(self, key: Hashable) -> Any:  # noqa: ANN401
        """Return the value, or None."""
        self.size()
        return self._entries.get(key, (0, None))[1]

    def pop(self, key: Hashable) -> Any:  # noqa: ANN401
        """Take the value out, or return None."""
        self.size()
        return self._entries.pop(key, (0, None))[1]

    def size(self) -> int:
        """Throw out what has ended; return how many entries are left."""
        while self._ends and self._ends[0][0] <= self._clock():
            end, _, key = heapq.heappop(self._ends)
            if self._entries.get(key, (0, None))[0] == end:  # else it was taken out, or stored again with another end
                del self._entries[key]
        return len(self._entries)


class AuthService:
    """Registers users, logs them in, and issues, checks, renews and revokes their tokens."""

    def __init__(
        self,
        secret_key: str,
        *,
        users: dict[str, str] | None = None,
        hasher: Any = None,  # noqa: ANN401 -- anything with hash, verify and needs_rehash
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
        """Start with the accounts in *users*; all times are in seconds."""
        self._keys = [key.encode() for key in (secret_key, *previous_keys)]
        if min(map(len, self._keys)) < hashlib.sha256().digest_size:
            message = "a signing key has at least 32 bytes"
            raise ValueError(message)
        self.users = {} if users is None else users
        self._hasher = hasher or ScryptHasher()
        self._clock = clock
        self._ttl = {"access": access_ttl, "refresh": refresh_ttl}
        self._issuer, self._audience, self._leeway = issuer, audience, leeway
        self._max_failures, self._lockout = max_failures, lockout_seconds
        self._table = Table(clock)
        self._lock = RLock()  # of users and table; never held while hashing
        self._doors = [Lock() for _ in range(LOCKS)]

    def register(self, username: str, password: str) -> None:
        """Add an account; ValueError if the name is taken or either is of no use."""
        if not (_fits(username) and _fits(password)):
            message = "a name and a password are text that is neither empty nor very long"
            raise ValueError(message)
        stored = self._hasher.hash(password)
        with self._lock:
            if self.users.setdefault(username, stored) is not stored:
                message = "the name is taken"
                raise ValueError(message)

    def disable(self, username: str) -> None:
        """Lock an account."""
        with self._lock:
            self.users[username] = "!" + self.users[username]

    def authenticate(self, username: str, password: str) -> str | None:
        """Return an access token, or None."""
        return self._issue("access", username) if self._enters(username, password) else None

    def issue_refresh(self, username: str, password: str) -> tuple[str, str] | None:
        """Return an access and a refresh token, or None."""
        return self._pair(username, secrets.token_hex(12)) if self._enters(username, password) else None

    def verify_token(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a good access token, or None; never raises."""
        claims = self._read(token)
        with self._lock:
            good = (
                claims is not None and claims.get("use") == "access" and not self._table.get(("revoked", claims["jti"]))
            )
            return claims if good else None

    def refresh(self, refresh_token: str) -> tuple[str, str] | None:
        """Trade the newest refresh token of a family for a new pair; an older one ends the family."""
        claims = self._read(refresh_token)
        if claims is None or claims.get("use") != "refresh":
            return None
        with self._lock:
            newest = self._table.pop(("family", claims["family"]))
            if newest != claims["jti"] or not self._is_open(claims["sub"]):
                return None
            return self._pair(claims["sub"], claims["family"])

    def revoke(self, token: str) -> bool:
        """End an access token, or the family of a refresh token."""
        claims = self._read(token)
        if claims is None:
            return False
        with self._lock:
            if claims.get("use") == "refresh":
                return self._table.pop(("family", claims["family"])) is not None
            key = ("revoked", claims["jti"])
            was_good = self._table.get(key) is None
            self._table.put(key, value=True, end=claims["exp"] + self._leeway)
            return was_good

    def state_size(self) -> int:
        """Return how many entries are left."""
        with self._lock:
            return self._table.size()

    def _enters(self, username: str, password: str) -> bool:
        if not (_fits(username) and _fits(password)):
            return False
        with self._doors[hash(username) % LOCKS]:
            now, failures = self._clock(), ("failures", username)
            with self._lock:
                recent = [time for time in self._table.get(failures) or () if time > now - self._lockout]
                stored = self.users[username] if self._is_open(username) else None
            if len(recent) >= self._max_failures:
                return False
            if stored is None:
                self._hasher.hash(password)  # an unknown name takes as long as a wrong password
            elif self._hasher.verify(stored, password):
                with self._lock:
                    self._table.pop(failures)
                self._renew(username, stored, password)
                return True
            with self._lock:
                self._table.put(failures, [*recent, self._clock()], self._clock() + self._lockout)
            return False

    def _renew(self, username: str, stored: str, password: str) -> None:
        if self._hasher.needs_rehash(stored):
            better = self._hasher.hash(password)
            with self._lock:
                if self.users[username] == stored:  # not disabled in the meantime
                    self.users[username] = better

    def _is_open(self, username: str) -> bool:
        return not self.users.get(username, "!").startswith("!")

    def _pair(self, username: str, family: str) -> tuple[str, str]:
        jti = secrets.token_hex(12)
        with self._lock:
            self._table.put(("family", family), jti, self._clock() + self._ttl["refresh"] + self._leeway)
        return self._issue("access", username), self._issue("refresh", username, jti=jti, family=family)

    def _issue(self, use: str, username: str, **more: str) -> str:
        now = int(self._clock())
        claims = {"sub": username, "iat": now, "exp": now + int(self._ttl[use]), "jti": secrets.token_hex(12)}
        claims |= {"iss": self._issuer, "aud": self._audience, "use": use, **more}
        header = {"alg": "HS256", "typ": "JWT", "kid": _name_of(self._keys[0])}
        signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
        return f"{signed}.{_base64(hmac.digest(self._keys[0], signed.encode(), 'sha256'))}"

    def _read(self, token: object) -> dict[str, Any] | None:
        """Return the claims of a token of ours within its time, whatever its use."""
        try:
            return self._checked(token)
        except (ValueError, LookupError, TypeError, RecursionError):
            return None

    def _checked(self, token: object) -> dict[str, Any] | None:
        if not isinstance(token, str) or len(token) > MOST_IN_A_TOKEN:
            return None
        head, body, signature = token.split(".")
        header = json.loads(_unbase64(head))
        key = {_name_of(key): key for key in self._keys}[header["kid"]]
        right = _base64(hmac.digest(key, f"{head}.{body}".encode(), "sha256"))
        if header["alg"] != "HS256" or not hmac.compare_digest(right.encode(), signature.encode()):
            return None
        claims: dict[str, Any] = json.loads(_unbase64(body))
        times = [claims["iat"], claims.get("nbf", claims["iat"]), claims["exp"]]
        texts = [claims["sub"], claims["jti"]]
        if any(type(time) not in (int, float) or abs(time) > 1e12 for time in times):  # noqa: PLR2004
            return None
        if any(type(text) is not str for text in texts) or (claims["iss"], claims["aud"]) != (
            self._issuer,
            self._audience,
        ):
            return None
        now = self._clock()
        return claims if max(times[:2]) - self._leeway <= now < times[2] + self._leeway else None


def _fits(text: object) -> bool:
    """Tell whether *text* is text that can be hashed."""
    if not isinstance(text, str) or not 0 < len(text) <= MOST_CHARACTERS:
        return False
    return not any(0xD800 <= ord(character) <= 0xDFFF for character in text)  # noqa: PLR2004 -- lone surrogates


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=64 * 2**20).hex()


def _is_sha256(stored: str) -> bool:
    return len(stored) == 64 and all(digit in "0123456789abcdef" for digit in stored)  # noqa: PLR2004


def _name_of(key: bytes) -> str:
    return hashlib.sha256(b"kid" + key).hexdigest()[:12]


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
