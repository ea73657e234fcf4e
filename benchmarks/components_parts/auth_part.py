"""01: log in and check a token, beside argon2-cffi or pwdlib with PyJWT put together as their manuals say."""

import secrets
import statistics
import time
from typing import Any, Protocol

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from auth import AuthService
from components_parts.arena import Arena, took
from components_parts.contest import REFERENCE, Contest

KEY = "0123456789abcdef0123456789abcdef-only-for-this"
NAME, PASSWORD = "ada", "correct horse battery staple"
COST = {"time_cost": 4, "memory_cost": 9 * 1024, "parallelism": 1}
REQUIRED = ["iss", "aud", "sub", "iat", "exp", "jti"]


class Login(Protocol):
    """What every contestant can do."""

    def hash(self) -> str:
        """Hash the password anew."""

    def login(self, name: str, password: str) -> str | None:
        """A token, or None."""

    def check(self, token: str) -> dict[str, Any] | None:
        """The claims, or None."""


class Reference:
    """The challenge's service."""

    def __init__(self) -> None:
        self.service = AuthService(KEY)
        self.service.register(NAME, PASSWORD)
        self.hasher = self.service._hasher  # noqa: SLF001 - its cost is compared
        self.login = self.service.authenticate
        self.check = self.service.verify_token
        self.revoke = self.service.revoke

    def hash(self) -> str:
        """Hash the password anew."""
        return self.hasher.hash(PASSWORD)


class Glue:
    """PyJWT with a hasher: two libraries and the lines between them."""

    def __init__(self) -> None:
        self.users = {NAME: self.hash()}

    def hash(self) -> str:
        """Hash the password anew."""
        raise NotImplementedError

    def matches(self, stored: str, password: str) -> bool:
        """Verify, and look whether the cost is out of date."""
        raise NotImplementedError

    def login(self, name: str, password: str) -> str | None:
        """Verify and sign."""
        stored = self.users.get(name)
        if stored is None or not self.matches(stored, password):
            return None
        now = int(time.time())
        claims = {"iss": "levelup", "aud": "levelup-api", "sub": name, "typ": "access"}
        claims |= {"iat": now, "exp": now + 3600, "jti": secrets.token_urlsafe(16)}  # type: ignore[dict-item]
        return jwt.encode(claims, KEY, "HS256")

    def check(self, token: str) -> dict[str, Any] | None:
        """Decode with all that PyJWT can be asked to verify."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token, KEY, ["HS256"], issuer="levelup", audience="levelup-api", options={"require": REQUIRED}
            )
        except jwt.PyJWTError:
            return None
        return claims if claims.get("typ") == "access" else None


class Argon2Cffi(Glue):
    """With argon2-cffi."""

    def __init__(self) -> None:
        self.hasher = PasswordHasher(**COST)
        super().__init__()

    def hash(self) -> str:
        """Hash the password anew."""
        return self.hasher.hash(PASSWORD)

    def matches(self, stored: str, password: str) -> bool:
        """Verify, and look whether the cost is out of date."""
        try:
            self.hasher.verify(stored, password)
        except VerificationError:
            return False
        self.hasher.check_needs_rehash(stored)
        return True


class Pwdlib(Glue):
    """With pwdlib."""

    def __init__(self) -> None:
        from pwdlib import PasswordHash  # noqa: PLC0415 - may be missing
        from pwdlib.hashers.argon2 import Argon2Hasher  # noqa: PLC0415

        self.hasher = PasswordHash((Argon2Hasher(**COST),))
        super().__init__()

    def hash(self) -> str:
        """Hash the password anew."""
        return self.hasher.hash(PASSWORD)

    def matches(self, stored: str, password: str) -> bool:
        """Verify, and look whether the cost is out of date."""
        return self.hasher.verify_and_update(password, stored)[0]


def contest(_: Arena, runs: int) -> Contest[Any]:
    """Time and provoke."""
    result: Contest[Any] = Contest(
        "01 auth", {REFERENCE: Reference, "argon2-cffi + PyJWT": Argon2Cffi, "pwdlib + PyJWT": Pwdlib}
    )
    tokens = {id(one): one.login(NAME, PASSWORD) for one in result.contestants.values()}
    result.row("hash a password: argon2id, 9 MiB, 4 passes, 1 lane", 1, lambda one: one.hash())
    result.row("log in: verify at that cost, look for an old cost, sign", 1, lambda one: one.login(NAME, PASSWORD))
    result.row(
        "check a token: HS256, issuer, audience, dates, type, all claims there",
        200,
        lambda one: [one.check(tokens[id(one)]) for _ in range(200)],
    )
    result.race(runs)
    result.fault("20 wrong passwords, limit 5: how many reached the hash", _guesses)
    result.fault("unknown name / wrong password, time of the answer", _timing)
    result.fault("a password of 10 MB", _huge)
    result.fault("revoked token", _revoked)
    result.fault("token signed with alg none", _forged)
    result.fault("1 000 tokens with one character changed, other bytes", _fuzz)
    result.fault("a token that is no text: None", lambda one: took(lambda: one.check(None))[1])
    result.notes.append("the reference also limits guesses, revokes, and rotates keys: that work is in its times")
    return result


def _huge(one: Any) -> str:  # noqa: ANN401 - any contestant
    fresh = type(one)()
    return f"refused after {took(lambda: fresh.login(NAME, 'x' * 10**7))[0]:.0f} ms"


def _guesses(one: Any) -> str:  # noqa: ANN401 - any contestant
    one = type(one)()
    typical = statistics.median(took(one.hash)[0] for _ in range(5))
    slow = sum(took(lambda: one.login(NAME, "wrong"))[0] > typical / 4 for _ in range(20))
    return f"{slow} of 20"


def _timing(one: Any) -> str:  # noqa: ANN401 - any contestant
    unknown = statistics.median(took(lambda n=n: one.login(f"nobody{n}", PASSWORD))[0] for n in range(9))  # type: ignore[misc]
    known = statistics.median(took(one.hash)[0] for _ in range(9))
    return f"{unknown / known:.2f}"


def _revoked(one: Any) -> str:  # noqa: ANN401 - any contestant
    fresh = type(one)()
    token = fresh.login(NAME, PASSWORD)
    if not hasattr(fresh, "revoke"):
        return "cannot be revoked"
    fresh.revoke(token)
    return "accepted" if fresh.check(token) else "refused"


def _forged(one: Any) -> str:  # noqa: ANN401 - any contestant
    fresh = type(one)()
    claims = fresh.check(fresh.login(NAME, PASSWORD))
    return "accepted" if one.check(jwt.encode(claims, "", "none")) else "refused"


def _fuzz(one: Any) -> str:  # noqa: ANN401 - any contestant
    token = type(one)().login(NAME, PASSWORD)
    accepted = 0
    for n in range(1000):
        place = n % (len(token) - 1)  # the last character has spare bits: other spellings of the same bytes
        other = "A" if token[place] != "A" else "B"
        accepted += one.check(token[:place] + other + token[place + 1 :]) is not None
    return f"accepted {accepted}"
