"""Tier 1 of the tokens: they name their user, say when they end, and cannot be forged."""

import base64
import json
from random import Random

from grader.testing import Clock, Handle, check, expect, fail, member
from login_calls import claims_of, is_refused, log_in, random_word, start_service


@check(tier=1, section="§4")
def test_token_names_its_user(subject: Handle) -> None:
    """Each token names its own user, also when others log in later."""
    service = start_service(subject)
    tokens = {username: log_in(service, username) for username in ("ada", "bob")}

    for username, token in tokens.items():
        sub = member(claims_of(service, token), "sub", f"the claims of {username}'s token")
        expect(sub, f"'sub' of {username}'s token after both have logged in").equals(
            username, because="the name belongs in the token: the service has many users at once"
        )


@check(tier=1, section="§4")
def test_token_carries_its_times(subject: Handle, clock: Clock) -> None:
    """A token says when it was issued and when it ends, one hour later."""
    service = start_service(subject)
    issued = []

    for which in ("first", "second"):
        claims = claims_of(service, log_in(service))
        iat, exp = (member(claims, name, f"the claims of the {which} token") for name in ("iat", "exp"))
        expect(iat, f"'iat' of the {which} token").is_a(int, float, because="times are seconds since 1970")
        expect(exp, f"'exp' of the {which} token").between(
            iat + 3599, iat + 3601, because="every login starts a new lifetime of 3600 s from its iat"
        )
        issued.append(iat)
        clock.advance(500)

    expect(issued[1] - issued[0], "the second 'iat' less the first, of logins 500 s apart").between(
        498, 530, because="iat is the time of the login that made the token"
    )


@check(tier=1, section="§4")
def test_token_ends_after_an_hour(subject: Handle, clock: Clock) -> None:
    """A token is good for one hour and then refused."""
    service = start_service(subject)
    token = log_in(service)

    clock.advance(3570)
    claims_of(service, token, "3570 s after its login")
    clock.advance(35)
    is_refused(service, token, "3605 s after its login", because="a token is refused from its exp on")


@check(tier=1, section="§4")
def test_access_ttl_sets_the_lifetime(subject: Handle, clock: Clock, rng: Random) -> None:
    """The lifetime of a token is what access_ttl says."""
    for ttl in (rng.randrange(120, 1200), rng.randrange(5000, 20000)):
        service = start_service(subject, access_ttl=ttl)
        token = log_in(service)

        clock.advance(ttl - 30)
        claims_of(service, token, f"{ttl - 30} s after its login, with access_ttl={ttl}")
        clock.advance(35)
        late = f"{ttl + 5} s after its login, with access_ttl={ttl}"
        is_refused(service, token, late, because="a token ends when access_ttl seconds have passed")


@check(tier=1, section="§4")
def test_token_of_another_secret_is_refused(subject: Handle, rng: Random) -> None:
    """A token that was signed with another secret is refused."""
    ours, theirs = (start_service(subject, random_word(rng, 48)) for _ in range(2))
    token = log_in(theirs)
    claims_of(theirs, token)

    because = "the signature must be checked, with a key that comes from secret_key"
    is_refused(ours, token, "of a service with another secret_key", because)


@check(tier=1, section="§4")
def test_changed_token_is_refused(subject: Handle) -> None:
    """A token that was changed after signing is refused."""
    service = start_service(subject)
    token = log_in(service)
    claims_of(service, token)
    unsigned, _, signature = token.rpartition(".")
    half = len(signature) // 2
    altered = signature[:half] + ("B" if signature[half : half + 1] == "A" else "A") + signature[half + 1 :]

    for change, forgery in (
        ("whose sub was changed to 'bob'", with_claims(token, sub="bob")),
        ("whose exp was moved to the year 2100", with_claims(token, exp=4_102_444_800)),
        ("with another character in its signature", f"{unsigned}.{altered}"),
        ("without its signature", f"{unsigned}."),
    ):
        is_refused(service, forgery, change, because="only the signature proves that the service wrote it")


@check(tier=1, section="§4")
def test_nonsense_is_no_token(subject: Handle) -> None:
    """Text that is no token at all is refused without an exception."""
    service = start_service(subject)

    for text in ("", "hello", "a.b.c"):
        expect(service.verify_token(text), f"verify_token({text!r})").is_none(
            because="anybody can send any text: verify_token answers None and never raises"
        )


def with_claims(token: str, **changes: object) -> str:
    """Return the token with other claims and its old signature, as a forger would write it."""
    try:
        header, payload, signature = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) | changes
    except (ValueError, TypeError):
        expected = "header.payload.signature, with a JSON object in base64url as payload"
        because = "jwt.encode(claims, key, algorithm) makes one; it is signed, not secret"
        fail("The token is not a signed JSON Web Token.", expected=expected, got=token, because=because)
    forged = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode())
    return f"{header}.{forged.rstrip(b'=').decode()}.{signature}"
