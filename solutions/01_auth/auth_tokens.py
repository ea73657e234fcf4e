"""How tokens are written and read: JSON Web Tokens (RFC 7519), as strictly as RFC 8725 advises."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import jwt

ALGORITHM = "HS256"
MIN_KEY_BYTES = 32  # RFC 7518, 3.2: at least as long as the hash
MAX_TOKEN_CHARS = 20_000  # the longest name makes a token of 17 000
LAST_DATE = 10**12  # the year 33658: refuses infinity and NaN along with the absurd
REQUIRED = ["iss", "aud", "sub", "iat", "exp", "jti"]  # else a token without exp would live for ever

Claims = dict[str, Any]


class TokenSigner:
    """Signs with the first of its keys and accepts all of them, so that keys can be rotated."""

    def __init__(
        self, keys: Sequence[str], *, issuer: str, audience: str, leeway: float, clock: Callable[[], float]
    ) -> None:
        """Take the *keys*, newest first, and allow clocks to differ by *leeway* seconds.

        Raises `ValueError` for a key that is shorter than its signatures and could be guessed more easily.
        """
        if any(len(key.encode()) < MIN_KEY_BYTES for key in keys):
            message = f"a key needs at least {MIN_KEY_BYTES} bytes; secrets.token_hex(32) makes a good one"
            raise ValueError(message)
        self._keys = {hashlib.sha256(key.encode()).hexdigest()[:16]: key for key in keys}
        self._newest = next(iter(self._keys))
        self._issuer, self._audience, self._leeway, self._clock = issuer, audience, leeway, clock

    def sign(self, subject: str, kind: str, ttl: float, **more: str) -> tuple[str, Claims]:
        """Return a token of *kind* that lives *ttl* seconds, and its claims."""
        now = self._clock()
        claims: Claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": subject,
            "typ": kind,
            "iat": int(now),
            "exp": int(now + ttl),
            "jti": secrets.token_urlsafe(16),
            **more,
        }
        return jwt.encode(claims, self._keys[self._newest], ALGORITHM, headers={"kid": self._newest}), claims

    def read(self, token: object, kind: str) -> Claims | None:
        """Return the claims of a *kind* token of ours within its lifetime, else None; never raises."""
        if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARS:
            return None
        try:
            claims: Claims = jwt.decode(
                token,
                self._keys[_key_id(token)],
                algorithms=[ALGORITHM],  # never what the token itself proposes
                issuer=self._issuer,
                audience=self._audience,
                options={
                    "require": REQUIRED,
                    # PyJWT only knows the system's clock: the dates are checked below, by the service's.
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, LookupError, TypeError, ValueError, RecursionError):
            # An unknown kid is a KeyError, a list for a kid a TypeError, a lone surrogate a ValueError,
            # and JSON that is nested a thousand deep a RecursionError in some versions.
            return None
        dates = [claims["iat"], claims.get("nbf", claims["iat"]), claims["exp"]]
        if not all(type(date) in (int, float) and 0 <= date < LAST_DATE for date in dates):  # True is an int
            return None
        begins, ends = max(dates[:2]) - self._leeway, claims["exp"] + self._leeway
        return claims if claims.get("typ") == kind and begins <= self._clock() < ends else None


def _key_id(token: str) -> Any:  # noqa: ANN401 - a stranger wrote it
    """Return which key the token says it was signed with; `jwt.get_unverified_header` would parse all of it twice."""
    return json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))["kid"]
