"""Design: PBKDF2, refresh tokens that are mere random text, and a lockout that counts in fixed windows.

Reaches: tier 2

A refresh token needs no signature: whoever keeps its hash in a table knows it again. One lock for each
account makes guesses at it wait for one another. The fixed window is simpler than a sliding one, but around
its end it lets up to twice the failures through. Nothing is ever forgotten: that is for tier 3.
"""

import hashlib
import hmac
import os
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jwt

ITERATIONS = 600_000
LONGEST_INPUT = 512
LONGEST_TOKEN = 16_384


class Pbkdf2Hasher:
    """PBKDF2 with HMAC-SHA-256 (RFC 8018)."""

    def hash(self, password: str) -> str:
        """Return a new string to store."""
        return self._make(password, os.urandom(16).hex(), ITERATIONS)

    def verify(self, stored: str, password: str) -> bool:
        """Tell whether *stored* was made from *password*."""
        method, _, rest = stored.partition("$")
        if method != "pbkdf2_sha256":
            return False
        iterations, salt, _ = rest.split("$")
        return hmac.compare_digest(stored, self._make(password, salt, int(iterations)))

    def needs_rehash(self, stored: str) -> bool:
        """Tell whether the cost has changed since."""
        return not stored.startswith(f"pbkdf2_sha256${ITERATIONS}$")

    @staticmethod
    def _make(password: str, salt: str, iterations: int) -> str:
        key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations)
        return f"pbkdf2_sha256${iterations}${salt}${key.hex()}"


@dataclass
class Door:
    """The failed logins at one account, and the lock that lets one guess at a time through."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    failures: int = 0
    counted_until: float = 0.0


@dataclass
class Session:
    """One login with refresh tokens; *current* is the hash of the only good one."""

    username: str
    current: str
    ends: float


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
        **_later_tiers: object,
    ) -> None:
        """Start with the accounts in *users*; all times are in seconds."""
        self.users = dict(users or {})
        self._key = secret_key
        self._hasher = Pbkdf2Hasher() if hasher is None else hasher
        self._decoy = self._hasher.hash(secrets.token_hex(16))
        self._clock = clock
        self._access_ttl, self._refresh_ttl, self._leeway = access_ttl, refresh_ttl, leeway
        self._issuer, self._audience = issuer, audience
        self._max_failures, self._lockout = max_failures, lockout_seconds
        self._doors: defaultdict[str, Door] = defaultdict(Door)
        self._sessions: dict[str, Session] = {}
        self._revoked: set[str] = set()
        self._lock = threading.Lock()

    def register(self, username: str, password: str) -> None:
        """Add an account; ValueError if the name is taken or either cannot be used."""
        if not (_usable(username) and _usable(password)):
            message = "name and password must be text, neither empty nor very long"
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
        return self._access_token(username) if self._lets_in(username, password) else None

    def verify_token(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a good access token, or None; never raises."""
        claims = self._claims(token)
        with self._lock:
            return None if claims is None or claims["jti"] in self._revoked else claims

    def issue_refresh(self, username: str, password: str) -> tuple[str, str] | None:
        """Log in; return an access and a refresh token, or None."""
        if not self._lets_in(username, password):
            return None
        name = secrets.token_urlsafe(16)
        with self._lock:
            return self._access_token(username), self._next_refresh_token(name, username)

    def refresh(self, refresh_token: str) -> tuple[str, str] | None:
        """Trade the current refresh token of a session for a new pair; an older one ends the session."""
        name = _session_name(refresh_token)
        with self._lock:
            session = self._sessions.pop(name, None)
            if session is None or session.ends <= self._clock() or not self._is_enabled(session.username):
                return None
            if not hmac.compare_digest(session.current, _fingerprint(refresh_token)):
                return None
            return self._access_token(session.username), self._next_refresh_token(name, session.username)

    def revoke(self, token: str) -> bool:
        """End an access token, or a session."""
        claims = self._claims(token)
        with self._lock:
            if claims is None:
                return self._sessions.pop(_session_name(token), None) is not None
            known = claims["jti"] in self._revoked
            self._revoked.add(claims["jti"])
            return not known

    def _lets_in(self, username: str, password: str) -> bool:
        if not (_usable(username) and _usable(password)):
            return False
        with self._lock:
            door = self._doors[username]
        with door.lock:
            if self._clock() >= door.counted_until:
                door.failures = 0
            if door.failures >= self._max_failures:
                return False
            enabled = self._is_enabled(username)
            stored = self.users[username] if enabled else self._decoy
            if self._hasher.verify(stored, password) and enabled:
                door.failures = 0
                return True
            if door.failures == 0:
                door.counted_until = self._clock() + self._lockout
            door.failures += 1
            return False

    def _is_enabled(self, username: str) -> bool:
        return not self.users.get(username, "!").startswith("!")

    def _access_token(self, username: str) -> str:
        now = int(self._clock())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": username,
            "iat": now,
            "exp": now + int(self._access_ttl),
            "jti": secrets.token_hex(16),
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def _claims(self, token: object) -> dict[str, Any] | None:
        if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
            return None
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                audience=self._audience,
                issuer=self._issuer,
                leeway=self._leeway,
                options={"require": ["iss", "aud", "sub", "iat", "exp", "jti"]},
            )
        except Exception:  # noqa: BLE001 -- whatever a forged token makes a parser do, the answer is no
            return None
        return claims

    def _next_refresh_token(self, name: str, username: str) -> str:
        token = f"{name}.{secrets.token_urlsafe(32)}"
        self._sessions[name] = Session(username, _fingerprint(token), self._clock() + self._refresh_ttl)
        return token


def _usable(text: object) -> bool:
    """Tell whether *text* is text that can be encoded, neither empty nor too long to hash for a stranger."""
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_INPUT:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _session_name(token: object) -> str:
    return token.partition(".")[0] if isinstance(token, str) else ""


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
