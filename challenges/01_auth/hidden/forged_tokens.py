"""Tokens as an attacker writes them: a genuine one taken apart, changed, and signed again where that is possible."""

import base64
import hmac
import json
from typing import Any

from grader.testing import Handle, fail
from login_calls import SECRET, log_in

DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


class Pen:
    """Writes tokens with the header, the claims and the key of a genuine one.

    Attributes:
        header, claims: of the genuine token.
        signs: whether it can sign: the service uses HS256 with the text of its secret. Other algorithms are right as
            well, and nobody can forge for them without their private key.
    """

    def __init__(self, service: Handle, token: str = "", secret: str = SECRET) -> None:
        self._secret = secret.encode()
        self.token = token or log_in(service)
        self.header, self.claims = _opened(self.token)
        self.signs = self.header.get("alg") == "HS256"
        if self.signs and not token and service.verify_token(self.write()) is None:
            because = "if your algorithm is HS256, its key is the UTF-8 text of secret_key, and nothing else"
            fail("A token was refused although it was signed with secret_key.", expected="claims", because=because)

    def write(self, header: dict[str, Any] | None = None, digest: str = "sha256", /, **claims: object) -> str:
        """Return a signed token; *header* and *claims* replace those of the genuine one, `...` leaves one out."""
        payload = {name: value for name, value in {**self.claims, **claims}.items() if value is not ...}
        return self.sign(json.dumps(payload), header, digest)

    def sign(self, payload: str, header: dict[str, Any] | None = None, digest: str = "sha256") -> str:
        """Return a token with the text *payload*."""
        merged = {name: value for name, value in {**self.header, **(header or {})}.items() if value is not ...}
        unsigned = f"{encoded(json.dumps(merged))}.{encoded(payload)}"
        return f"{unsigned}.{encoded(hmac.digest(self._secret, unsigned.encode(), digest))}"

    def claims_text(self, without: str) -> str:
        """Return the claims but one as JSON, without the brace in front."""
        return json.dumps({name: value for name, value in self.claims.items() if name != without})[1:]


def encoded(data: str | bytes) -> str:
    """Return base64url without padding."""
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def respelled(token: str) -> list[str]:
    """Return other texts that some decoders read as the same token: more padding, other unused bits at the end."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.find(token[-1])
    unused = {2: 4, 3: 2}.get(len(token.rpartition(".")[2]) % 4, 0) if last >= 0 else 0
    others = [last ^ bits for bits in range(1, 2**unused)]
    return [f"{token}=", f"{token}==", *[token[:-1] + alphabet[other] for other in others]]


def _opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        header, payload, _ = token.split(".")
        parts = [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (header, payload)]
    except (ValueError, TypeError):
        parts = []
    if [type(part) for part in parts] != [dict, dict]:
        expected = "header.payload.signature, with a JSON object in base64url as header and as payload"
        because = "jwt.encode(claims, key, algorithm) makes one; it is signed, not secret"
        fail("The token is not a signed JSON Web Token.", expected=expected, got=token, because=because)
    return parts[0], parts[1]
