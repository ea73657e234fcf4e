"""A service that knows users by their passwords and gives them signed tokens to show instead."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from auth_passwords import Argon2Hasher, Hasher
from auth_swept import Swept
from auth_throttle import LoginThrottle
from auth_tokens import TokenSigner

MAX_INPUT_CHARS = 1024  # of a name or a password: a stranger must not make us hash 10 MB
DISABLED = "!"  # in front of a stored hash, as in /etc/shadow: no password matches it


@dataclass
class Family:
    """The chain of refresh tokens that began with one login; only its newest is good."""

    newest: str
    ends: float


class AuthService:
    """Registers users, logs them in, and issues, checks, renews and revokes their tokens.

    Threads may share it. Revocations, families and failure counts live in this process: after a restart every
    refresh token is refused, and a revoked access token is good again until it expires.
    """

    def __init__(
        self,
        secret_key: str,
        *,
        users: Mapping[str, str] | None = None,
        hasher: Hasher | None = None,
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
        """Start with the accounts in *users*, name → stored hash, or with none.

        *secret_key* signs; what was signed with one of *previous_keys* is accepted too. Times are in seconds.
        Raises `ValueError` for a key of fewer than 32 bytes.
        """
        self.users = dict(users or {})
        self._hasher = Argon2Hasher() if hasher is None else hasher
        self._signer = TokenSigner(
            [secret_key, *previous_keys], issuer=issuer, audience=audience, leeway=leeway, clock=clock
        )
        self._throttle = LoginThrottle(max_failures, lockout_seconds, clock)
        self._access_ttl, self._refresh_ttl, self._leeway = access_ttl, refresh_ttl, leeway
        self._revoked: Swept[float] = Swept(lambda ends: clock() < ends)
        self._families: Swept[Family] = Swept(lambda family: clock() < family.ends)
        self._lock = Lock()  # guards users, revoked and families; never held while hashing

    def register(self, username: str, password: str) -> None:
        """Add an account; `ValueError` if the name is taken or the two could never log in."""
        if not (_is_usable(username) and _is_usable(password)):
            message = f"name and password must be text of 1 to {MAX_INPUT_CHARS} characters"
            raise ValueError(message)
        stored = self._hasher.hash(password)
        with self._lock:
            if username in self.users:
                message = f"the name {username!r} is taken"
                raise ValueError(message)
            self.users[username] = stored

    def disable(self, username: str) -> None:
        """Lock an account for good: it can neither log in nor refresh; `KeyError` if there is none."""
        with self._lock:
            self.users[username] = DISABLED + self.users[username].removeprefix(DISABLED)

    def authenticate(self, username: str, password: str) -> str | None:
        """Return an access token, or None without a reason."""
        if not self._password_is_right(username, password):
            return None
        return self._signer.sign(username, "access", self._access_ttl)[0]

    def verify_token(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a live access token, else None; never raises."""
        claims = self._signer.read(token, "access")
        with self._lock:
            return claims if claims and claims["jti"] not in self._revoked else None

    def issue_refresh(self, username: str, password: str) -> tuple[str, str] | None:
        """Log in; return an access token and the first refresh token of a new family, or None."""
        if not self._password_is_right(username, password):
            return None
        with self._lock:
            return self._issue_pair(username, family_id=secrets.token_urlsafe(16))

    def refresh(self, refresh_token: str) -> tuple[str, str] | None:
        """Trade a refresh token for a new pair; a second use ends the whole family (RFC 9700, 4.14)."""
        claims = self._signer.read(refresh_token, "refresh")
        if claims is None:
            return None
        username, family_id = claims["sub"], str(claims.get("fam"))
        with self._lock:
            # Two requests bring the same token. The one that gets the lock first makes another token the
            # newest; the second then holds an old one. Either may be the thief's, so the family stays out.
            family = self._families.pop(family_id, None)
            if family is None or family.newest != claims["jti"] or self._hash_of(username) is None:
                return None
            return self._issue_pair(username, family_id)

    def revoke(self, token: str) -> bool:
        """End an access token, or the family of a refresh token; True if there was something to end."""
        access = self._signer.read(token, "access")
        refresh = self._signer.read(token, "refresh")
        with self._lock:
            if access and access["jti"] not in self._revoked:
                # Noted by its id, not by its text: one token has several spellings that decode alike.
                self._revoked[access["jti"]] = access["exp"] + self._leeway
                return True
            return bool(refresh and self._families.pop(str(refresh.get("fam")), None))

    def state_size(self) -> int:
        """Forget what has expired; return how many revocations, families and failure counts are left."""
        with self._lock:
            return self._revoked.sweep() + self._families.sweep() + self._throttle.sweep()

    def _password_is_right(self, username: str, password: str) -> bool:
        if not (_is_usable(username) and _is_usable(password)) or not self._throttle.enter(username):
            return False
        matched = False
        try:
            stored = self._hash_of(username)
            if stored is None:
                # No account: hash all the same. If the work were not the same for everybody, the time an answer
                # takes would tell who is a user here.
                self._hasher.hash(password)
            else:
                matched = self._hasher.verify(stored, password)
        finally:
            self._throttle.leave(username, matched=matched)
        if matched and stored and self._hasher.needs_rehash(stored):
            self._replace_hash(username, stored, self._hasher.hash(password))
        return matched

    def _hash_of(self, username: str) -> str | None:
        stored = self.users.get(username, DISABLED)
        return None if stored.startswith(DISABLED) else stored

    def _replace_hash(self, username: str, old: str, new: str) -> None:
        with self._lock:
            # disable() may have come in while the new hash was made: replace only what was verified.
            if self.users.get(username) == old:
                self.users[username] = new

    def _issue_pair(self, username: str, family_id: str) -> tuple[str, str]:
        refresh_token, claims = self._signer.sign(username, "refresh", self._refresh_ttl, fam=family_id)
        self._families[family_id] = Family(newest=claims["jti"], ends=claims["exp"] + self._leeway)
        access_token, _ = self._signer.sign(username, "access", self._access_ttl)
        return access_token, refresh_token


def _is_usable(text: object) -> bool:
    """Tell whether *text* may be hashed: a string, not empty, not huge, and without half characters."""
    if not isinstance(text, str) or not 0 < len(text) <= MAX_INPUT_CHARS:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True
