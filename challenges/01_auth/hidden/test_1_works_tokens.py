"""Tier 1 of the tokens: they name their user, say when they end, and cannot be forged."""

import base64
import json
from functools import partial
from random import Random

from grader.testing import Clock, Handle, attr, check, expect, fail, member
from login_calls import SECRET, claims_of, is_refused, log_in, random_word, returned, start_service, to_fraction
from login_stand_ins import QuickHasher


@check(tier=1, section="§4")
def test_token_names_its_user(subject: Handle, clock: Clock) -> None:
    """Each token names its own user, also when others log in later."""
    service = start_service(subject)
    service.register(" Zoë ", " Zoë 's password")
    to_fraction(clock, 0.05)
    tokens = {username: log_in(service, username) for username in ("ada", "bob", " Zoë ")}

    for username, token in tokens.items():
        sub = member(claims_of(service, token), "sub", f"the claims of {username}'s token")
        expect(sub, f"'sub' of {username}'s token after both have logged in").equals(
            username, because="the name belongs in the token as it was given: the service has many users at once"
        )


@check(tier=1, section="§4")
def test_token_carries_its_times(subject: Handle, clock: Clock) -> None:
    """A token says when it was issued and when it ends, one hour later."""
    service = start_service(subject)
    issued = []

    for which in ("first", "second"):
        to_fraction(clock, 0.05)
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
def test_token_is_good_at_once(subject: Handle, clock: Clock) -> None:
    """A token is good from the moment it is issued, also late in a second."""
    service = start_service(subject)
    clock.freeze()

    for fraction in (0.1, 0.6, 0.9):
        to_fraction(clock, fraction)
        when = f"issued {fraction} s into a second, at once"
        early = "the token is not good yet: an iat that is rounded up lies in the future; int() rounds down"
        claims = claims_of(service, log_in(service), when, because=early)
        issued = member(claims, "iat", "the claims")
        expect(issued, f"'iat' of a token issued at {clock.now():.2f}").between(
            clock.now() - 1.01, clock.now() + 0.01, because="iat is the time of the login, at most rounded down"
        )


@check(tier=1, section="§4")
def test_token_ends_after_an_hour(subject: Handle, clock: Clock) -> None:
    """A token is good for one hour and then refused."""
    lives_for(start_service(subject), clock, 3600, "")


@check(tier=1, section="§4")
def test_access_ttl_sets_the_lifetime(subject: Handle, clock: Clock, rng: Random) -> None:
    """The lifetime of a token is what access_ttl says."""
    for ttl in (rng.randrange(120, 1200), rng.randrange(5000, 20000)):
        lives_for(start_service(subject, access_ttl=ttl), clock, ttl, f", with access_ttl={ttl}")


@check(tier=1, section="§4")
def test_token_is_good_elsewhere(subject: Handle, clock: Clock) -> None:
    """A second service with the same secret and accounts accepts the token."""
    hasher = QuickHasher()
    first = subject.AuthService(SECRET, hasher=hasher)
    first.register("ada", "ada's password")
    second = subject.AuthService(SECRET, users=attr(first, "users"), hasher=hasher)
    to_fraction(clock, 0.05)
    token = log_in(first)

    because = "all that makes a token good is in the token and in secret_key: a service needs no list of its tokens"
    claims = claims_of(second, token, "of another service with the same secret_key", because)
    expect(member(claims, "sub", "the claims"), "'sub' of that token").equals("ada")


@check(tier=1, section="§4")
def test_token_of_another_secret_is_refused(subject: Handle, clock: Clock, rng: Random) -> None:
    """A token that was signed with another secret is refused."""
    ours, theirs = (start_service(subject, random_word(rng, 48)) for _ in range(2))
    to_fraction(clock, 0.05)
    token = log_in(theirs)
    claims_of(theirs, token)

    because = "the signature must be checked, with a key that comes from secret_key"
    is_refused(ours, token, "of a service with another secret_key", because)


@check(tier=1, section="§4")
def test_changed_token_is_refused(subject: Handle, clock: Clock) -> None:
    """A token that was changed after signing is refused."""
    service = start_service(subject)
    to_fraction(clock, 0.05)
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
        call = f"verify_token({text!r})"
        raised = "anybody can send any text; catch what reading it raises (all of PyJWT's: jwt.PyJWTError)"
        answer = returned(partial(service.verify_token, text), call, "None", raised)
        expect(answer, call).is_none(because="what is no token has no claims: the answer is None itself")


def lives_for(service: Handle, clock: Clock, ttl: int, where: str) -> None:
    """Expect that a new token is good until its exp, *ttl* seconds after its login, and no longer."""
    __tracebackhide__ = True
    clock.freeze()
    to_fraction(clock, 0.25)
    token = log_in(service)
    start = clock.now()
    exp = member(claims_of(service, token), "exp", "the claims of a token")
    expect(exp, f"'exp' less the time of the login{where}").is_a(int, float, because="exp is in seconds since 1970")
    because = f"a token lives for {ttl} s{where}" + ("" if where else ", one hour, if access_ttl is left out")
    expect(round(exp - start, 3), f"'exp' less the time of the login{where}").between(ttl - 1, ttl + 1, because=because)

    clock.advance(ttl - 2)
    claims_of(service, token, f"{ttl - 2} s after its login{where}")
    clock.advance(exp + 0.5 - clock.now())
    late = "a token is refused from its exp on, without any grace (leeway is 0)"
    is_refused(service, token, f"half a second after its exp{where}", late)
    clock.advance(5)
    is_refused(service, token, f"5.5 s after its exp{where}", late)


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
