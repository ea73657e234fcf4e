"""What the suites of this challenge share: a service with two users, logging in, and reading tokens."""

import string
from random import Random
from typing import Any

from grader.testing import Handle, expect
from login_stand_ins import QuickHasher

SECRET = "the secret of these checks: long enough to sign with"


def random_word(rng: Random, length: int) -> str:
    """Return lower-case letters that nobody can have written into a solution."""
    return "".join(rng.choices(string.ascii_lowercase, k=length))


def start_service(subject: Handle, secret: str = SECRET, **options: float) -> Handle:
    """Return a service that hashes in no time and knows ada and bob."""
    service: Handle = subject.AuthService(secret, hasher=QuickHasher(), **options)
    for username in ("ada", "bob"):
        service.register(username, f"{username}'s password")
    return service


def log_in(service: Handle, username: str = "ada") -> str:
    """Return the token of a login that has to work."""
    __tracebackhide__ = True
    token = service.authenticate(username, f"{username}'s password")
    expect(token, f"authenticate({username!r}, the right password)").is_a(
        str, because="a registered user with the right password gets a token, as text"
    )
    return str(token)


def is_turned_away(service: Handle, username: str, password: str, because: str) -> None:
    """Expect None of a login."""
    __tracebackhide__ = True
    call = f"authenticate({username!r}, {password!r})"
    expect(service.authenticate(username, password), call).is_none(because=because)


def claims_of(service: Handle, token: str, when: str = "just issued") -> dict[str, Any]:
    """Return the claims of a token that has to be good."""
    __tracebackhide__ = True
    claims = service.verify_token(token)
    expect(claims, f"verify_token of a token {when}").is_a(
        dict, because="a token of ours whose time is not over is good, and its claims come back as a dict"
    )
    return dict(claims)


def is_refused(service: Handle, token: str, which: str, because: str) -> None:
    """Expect that a token is not good."""
    __tracebackhide__ = True
    expect(service.verify_token(token), f"verify_token of a token {which}").is_none(because=because)
