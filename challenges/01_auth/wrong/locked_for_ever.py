"""Mistake: a locked name stays locked.

Believes: an administrator will open it. Anybody can keep him busy.
Rejected by: lock_opens_again, five_failures_are_the_default, old_failures_do_not_add_up,
state_ends_with_its_time, strangers_do_not_fill_the_memory
Hint: Who opens a locked name again, and when?
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

CLAIMS = ["iss", "aud", "sub", "iat", "exp", "jti"]
LONGEST_PASSWORD = 4096
LONGEST_TOKEN = 100_000


class Argon2Hasher:
    """Argon2id that also knows the bare SHA-256 of an older system."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

    def hash(self, password: str) -> str:
        return self._argon2.hash(password)

    def verify(self, stored: str, password: str) -> bool:
        if _is_legacy(stored):
            return hmac.compare_digest(stored, hashlib.sha256(password.encode()).hexdigest())
        try:
            return self._argon2.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def needs_rehash(self, stored: str) -> bool:
        return _is_legacy(stored) or self._argon2.check_needs_rehash(stored)


class AuthService:
    """Registers users, logs them in, and issues, checks, renews and revokes their tokens."""

    def __init__(
        self,
        secret_key: str,
        *,
        users: dict[str, str] | None = None,
        hasher: Any = None,
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
        keys = [secret_key, *previous_keys]
        if any(len(key.encode()) < 32 for key in keys):
            raise ValueError("a key needs at least 32 bytes")
        self.users = dict(users or {})
        self._hasher = Argon2Hasher() if hasher is None else hasher
        self._keys = {_key_id(key): key for key in keys}
        self._key_id = _key_id(secret_key)
        self._clock = clock
        self._access_ttl = access_ttl
        self._refresh_ttl = refresh_ttl
        self._issuer = issuer
        self._audience = audience
        self._leeway = leeway
        self._max_failures = max_failures
        self._lockout = lockout_seconds
        self._revoked: dict[str, float] = {}  # jti → the end of the token
        self._families: dict[str, tuple[str, float]] = {}  # family → jti of the newest token, its end
        self._failures: dict[str, list[float]] = {}  # name → times of failed logins
        self._under_way: dict[str, int] = {}  # name → logins that are being hashed
        self._sweep_above = 100
        self._lock = threading.Lock()
        self._settled = threading.Condition(self._lock)

    def register(self, username: str, password: str) -> None:
        if not _is_usable(username) or not _is_usable(password):
            raise ValueError("name and password must be text, neither empty nor very long")
        stored = self._hasher.hash(password)
        with self._lock:
            if username in self.users:
                raise ValueError("the name is taken")
            self.users[username] = stored

    def disable(self, username: str) -> None:
        with self._lock:
            self.users[username] = "!" + self.users[username]

    def authenticate(self, username: str, password: str) -> str | None:
        return self._sign(username, "access")[0] if self._log_in(username, password) else None

    def verify_token(self, token: str) -> dict[str, Any] | None:
        claims = self._read(token, "access")
        with self._lock:
            return None if claims is None or claims["jti"] in self._revoked else claims

    def revoke(self, token: str) -> bool:
        access, refresh = self._read(token, "access"), self._read(token, "refresh")
        with self._lock:
            self._sweep_now_and_then()
            if access is not None and access["jti"] not in self._revoked:
                self._revoked[access["jti"]] = access["exp"]
                return True
            return refresh is not None and self._families.pop(refresh["fam"], None) is not None

    def issue_refresh(self, username: str, password: str) -> tuple[str, str] | None:
        if not self._log_in(username, password):
            return None
        with self._lock:
            return self._pair(username, secrets.token_hex(16))

    def refresh(self, refresh_token: str) -> tuple[str, str] | None:
        claims = self._read(refresh_token, "refresh")
        if claims is None:
            return None
        with self._lock:
            newest, _ = self._families.pop(claims["fam"], ("", 0))
            if newest != claims["jti"] or not self._is_enabled(claims["sub"]):
                return None
            return self._pair(claims["sub"], claims["fam"])

    def state_size(self) -> int:
        with self._lock:
            return self._sweep()

    def _log_in(self, username: str, password: str) -> bool:
        if not _is_usable(username) or not _is_usable(password) or not self._may_try(username):
            return False
        stored = self.users[username] if self._is_enabled(username) else None
        matched = False
        try:
            if stored is None:
                self._hasher.hash(password)  # the same work as for a name that has an account
            else:
                matched = self._hasher.verify(stored, password)
        finally:
            self._settle(username, matched)
        if matched and self._hasher.needs_rehash(stored):
            renewed = self._hasher.hash(password)
            with self._lock:
                if self.users.get(username) == stored:
                    self.users[username] = renewed
        return matched

    def _may_try(self, username: str) -> bool:
        with self._lock:
            while True:
                failed = len(self._recent_failures(username))
                if failed >= self._max_failures:
                    return False
                if failed + self._under_way.get(username, 0) < self._max_failures:
                    self._under_way[username] = self._under_way.get(username, 0) + 1
                    return True
                self._settled.wait()

    def _settle(self, username: str, matched: bool) -> None:
        with self._lock:
            self._under_way[username] -= 1
            if not self._under_way[username]:
                del self._under_way[username]
            if matched:
                self._failures.pop(username, None)
            else:
                self._sweep_now_and_then()
                self._failures[username] = [*self._recent_failures(username), self._clock()]
            self._settled.notify_all()

    def _recent_failures(self, username: str) -> list[float]:
        now = self._clock()
        times = self._failures.get(username, [])
        return (
            times
            if len(times) >= self._max_failures
            else [failed for failed in times if failed + 10 * self._lockout > now]
        )

    def _is_enabled(self, username: str) -> bool:
        return not self.users.get(username, "!").startswith("!")

    def _pair(self, username: str, family: str) -> tuple[str, str]:
        self._sweep_now_and_then()
        access, _ = self._sign(username, "access")
        refresh, claims = self._sign(username, "refresh", fam=family)
        self._families[family] = (claims["jti"], claims["exp"])
        return access, refresh

    def _sign(self, username: str, kind: str, **more: str) -> tuple[str, dict[str, Any]]:
        now = self._clock()
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": username,
            "iat": int(now),
            "exp": int(now + (self._access_ttl if kind == "access" else self._refresh_ttl)),
            "jti": secrets.token_urlsafe(16),
            "typ": kind,
            **more,
        }
        key = self._keys[self._key_id]
        return jwt.encode(claims, key, algorithm="HS256", headers={"kid": self._key_id}), claims

    def _read(self, token: object, kind: str) -> dict[str, Any] | None:
        if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
            return None
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._keys[jwt.get_unverified_header(token)["kid"]],
                algorithms=["HS256"],
                issuer=self._issuer,
                audience=self._audience,
                leeway=self._leeway,
                options={"require": CLAIMS},
            )
        except Exception:
            return None
        return claims if claims.get("typ") == kind else None

    def _sweep_now_and_then(self) -> None:
        if len(self._revoked) + len(self._families) + len(self._failures) > self._sweep_above:
            self._sweep_above = 100 + 2 * self._sweep()

    def _sweep(self) -> int:
        over = self._clock() - self._leeway
        self._revoked = {jti: end for jti, end in self._revoked.items() if end > over}
        self._families = {name: entry for name, entry in self._families.items() if entry[1] > over}
        self._failures = {name: times for name in self._failures if (times := self._recent_failures(name))}
        return len(self._revoked) + len(self._families) + len(self._failures)


def _is_usable(text: object) -> bool:
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_PASSWORD:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_legacy(stored: str) -> bool:
    return len(stored) == 64 and set(stored) <= set("0123456789abcdef")


def _key_id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
