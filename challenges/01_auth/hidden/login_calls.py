"""What the suites of this challenge share: a service with two users, logging in, and reading tokens."""

import string
from collections.abc import Callable
from random import Random
from typing import Any

from grader.testing import CheckFailed, Clock, Handle, attr, expect, fail
from login_stand_ins import QuickHasher

SECRET = "the secret of these checks: long enough to sign with"


def random_word(rng: Random, length: int) -> str:
    """Return lower-case letters that nobody can have written into a solution."""
    return "".join(rng.choices(string.ascii_lowercase, k=length))


def start_service(subject: Handle, secret: str = SECRET, **options: object) -> Handle:
    """Return a service that hashes in no time and knows ada and bob."""
    service: Handle = subject.AuthService(secret, hasher=QuickHasher(), **options)
    for username in ("ada", "bob"):
        service.register(username, f"{username}'s password")
    return service


def knows_nobody(service: Handle) -> None:
    """Expect that a service which was just made has no account; "ada" is another service's user."""
    __tracebackhide__ = True
    users = attr(service, "users")
    if type(users) is dict and "ada" in users:
        fail(
            "A new service already knows ada, who was registered with another service.",
            expected="{}",
            got=users,
            because="its dict is shared between objects: a class attribute or a default argument is made only once",
        )
    back_door = "an account that is built in is a back door into every copy of the service"
    not_a_dict = "users is a plain dict: name → stored hash; a new service has an empty one"
    because = back_door if type(users) is dict else not_a_dict
    expect(users, "the users of a new service").equals({}, because=because)


def is_let_in(service: Handle, username: str, password: str, because: str) -> str:
    """Return the token of a login that has to work; *because* explains a None."""
    __tracebackhide__ = True
    token = service.authenticate(username, password)
    if type(token) is bytes:
        because = "a token is text (str), yours is bytes: decode() makes text of it"
    elif token is not None:
        because = f"a token is text (str), yours is of type {type(token).__name__}"
    expect(token, f"authenticate({username!r}, {password!r})").is_a(str, because=because)
    return str(token)


def log_in(service: Handle, username: str = "ada") -> str:
    """Return the token of a login with the right password."""
    __tracebackhide__ = True
    because = "a registered user with the right password gets a token"
    return is_let_in(service, username, f"{username}'s password", because)


def is_turned_away(service: Handle, username: str, password: str, because: str) -> None:
    """Expect None of a login."""
    __tracebackhide__ = True
    answer = service.authenticate(username, password)
    if answer is False or answer == "":
        because = "a login that fails returns None itself, not another empty value"
    expect(answer, f"authenticate({username!r}, {password!r})").is_none(because=because)


def returned(call: Callable[[], Any], what: str, expected: str, because: str) -> Any:  # noqa: ANN401
    """Return what *call* returns; an exception of the submission fails the check with *because*."""
    __tracebackhide__ = True
    try:
        return call()
    except Exception as error:
        name = getattr(error, "name", "") if hasattr(error, "bases") else ""
        if name in ("", "NotImplementedError", "SystemExit"):  # these explain themselves
            raise
        raise CheckFailed(f"{what} raised {name}", expected=expected, got=f"{error}", because=because) from error


def to_fraction(clock: Clock, fraction: float) -> None:
    """Move the clock on to the next moment with this fraction of a second."""
    clock.advance((fraction - clock.now()) % 1)


def claims_of(service: Handle, token: str, when: str = "just issued", because: str = "") -> dict[str, Any]:
    """Return the claims of a token that has to be good; *because* explains a None."""
    __tracebackhide__ = True
    claims = service.verify_token(token)
    if claims is not None:
        because = "the claims of a good token come back as a dict"
    expect(claims, f"verify_token of a token {when}").is_a(
        dict, because=because or "a token of ours whose time is not over is good"
    )
    return dict(claims)


def is_refused(service: Handle, token: str, which: str, because: str) -> None:
    """Expect that a token is not good."""
    __tracebackhide__ = True
    answer = service.verify_token(token)
    if answer is False or answer == {}:
        because = "verify_token returns None itself for a bad token, not another empty value"
    expect(answer, f"verify_token of a token {which}").is_none(because=because)


def fails_to_log_in(service: Handle, times: int, username: str = "ada") -> None:
    """Guess *times* wrong passwords; nothing else is asked of the answers than None."""
    __tracebackhide__ = True
    for number in range(times):
        is_turned_away(service, username, f"wrong guess {number}", because="the password is wrong")


def pair_of(answer: object, what: str, because: str) -> tuple[str, str]:
    """Return the access and the refresh token that *what* returned; *because* explains a None."""
    __tracebackhide__ = True
    if answer is not None:
        because = "the answer is a pair: (access token, refresh token), both text"
    right = type(answer) is tuple and len(answer) == 2 and all(type(token) is str for token in answer)
    expect(answer, what).satisfies(right, "a tuple of two texts", because=because)
    return answer  # type: ignore[return-value]


def new_family(service: Handle, username: str = "ada") -> tuple[str, str]:
    """Return the access and the refresh token of a login with the right password."""
    __tracebackhide__ = True
    answer = service.issue_refresh(username, f"{username}'s password")
    because = "a registered user with the right password gets two tokens"
    return pair_of(answer, f"issue_refresh({username!r}, …)", because)


def renewed(service: Handle, token: str, which: str, because: str) -> tuple[str, str]:
    """Return the pair that a good refresh token buys; *because* explains a None."""
    __tracebackhide__ = True
    return pair_of(service.refresh(token), f"refresh with {which}", because)


def is_not_renewed(service: Handle, token: str, which: str, because: str) -> None:
    """Expect None of refresh."""
    __tracebackhide__ = True
    expect(service.refresh(token), f"refresh with {which}").is_none(because=because)


def gets_no_family(service: Handle, username: str, password: str, because: str) -> None:
    """Expect None of issue_refresh."""
    __tracebackhide__ = True
    expect(service.issue_refresh(username, password), f"issue_refresh({username!r}, {password!r})").is_none(
        because=because
    )
