"""Tier 2 of the tokens: nobody's but our own count, whatever they are made of."""

from functools import partial
from typing import Any

from forged_tokens import Pen, encoded
from grader.testing import Clock, Handle, check, expect, member
from login_calls import claims_of, is_refused, log_in, returned, start_service, to_fraction

CLAIMS = ("sub", "iat", "exp", "jti", "iss", "aud")
DEEP = encoded("[" * 9000)
HOSTILE: dict[str, Any] = {
    "'.'": ".",
    "'..'": "..",
    "a megabyte of text": "a.b." + "c" * 1_000_000,
    "text that is not ASCII": "é.ü.ß",
    "a lone surrogate": "a.\ud800.c",
    "None": None,
    "a number": 17,
    "bytes": b"a.b.c",
    "a list": ["a", "b", "c"],
    "a header that is nested 9000 deep": f"{DEEP}.{DEEP}.",
    "a header that is a list": f"{encoded('[]')}.{encoded('{}')}.",
    "a header that is a number": f"{encoded('5')}.{encoded('{}')}.",
}


@check(tier=2, section="§5")
def test_token_says_where_it_belongs(subject: Handle, clock: Clock) -> None:
    """A token names its issuer and its audience, and has a jti of its own."""
    service = start_service(subject, issuer="the house", audience="its guests")
    clock.freeze()
    to_fraction(clock, 0.2)
    seen = []

    for which in ("first", "second", "third"):
        claims = claims_of(service, log_in(service))
        for name, value in (("iss", "the house"), ("aud", "its guests")):
            said = member(claims, name, "the claims of a token")
            expect(said, f"'{name}' of a token").is_one_of(
                value, [value], because="iss is the issuer and aud the audience that the constructor was given"
            )
        jti = member(claims, "jti", "the claims of a token")
        expect(jti, f"'jti' of the {which} token").is_a(str, because="jti is a text")
        seen.append(jti)

    because = "a jti is unique: made at random, not from the name and the time, which two logins may share"
    expect(len(set(seen)), "the number of different 'jti' in 3 tokens of the same second").equals(3, because=because)


@check(tier=2, section="§5")
def test_token_for_somebody_else_is_refused(subject: Handle, clock: Clock) -> None:
    """A token of another issuer or for another audience is refused, though the key is the same."""
    ours = start_service(subject)
    to_fraction(clock, 0.05)
    claims_of(ours, log_in(ours))

    for what in ("issuer", "audience"):
        theirs = start_service(subject, **{what: "somebody else"})
        because = f"the same key may sign for many services: demand your own {what}"
        is_refused(ours, log_in(theirs), f"with another {what}", because)


@check(tier=2, section="§5")
def test_token_cannot_choose_its_algorithm(subject: Handle, clock: Clock) -> None:
    """A token that brings another algorithm in its header is refused."""
    service = start_service(subject)
    to_fraction(clock, 0.05)
    pen = Pen(service)
    because = "the algorithm is chosen by you, before you look at the token; its header was written by the sender"

    for alg in ("none", "None", "nOnE", ""):
        unsigned = pen.write({"alg": alg}).rpartition(".")[0]
        is_refused(service, f"{unsigned}.", f"with alg {alg!r} and no signature", because)
    if not pen.signs:
        return
    for alg, digest in (("HS384", "sha384"), ("HS512", "sha512")):
        forged = pen.write({"alg": alg}, digest)
        is_refused(service, forged, f"with alg {alg!r} and a signature that fits", because)
    others: dict[str, Any] = {"'none'": "none", "'RS256'": "RS256", "left out": ..., "null": None, "a list": ["HS256"]}
    for which, value in others.items():
        is_refused(service, pen.write({"alg": value}), f"with alg {which} and the signature of HS256", because)


@check(tier=2, section="§5")
def test_missing_claim_is_refused(subject: Handle, clock: Clock) -> None:
    """A token without one of its claims is refused, though its signature is right."""
    service = start_service(subject)
    to_fraction(clock, 0.05)
    pen = Pen(service)
    for name in CLAIMS:
        member(pen.claims, name, "the claims of a token")
        if pen.signs:
            because = f"a token must say its {name}: PyJWT demands only what options={{'require': […]}} names"
            is_refused(service, pen.write(**{name: ...}), f"without '{name}'", because)


@check(tier=2, section="§5")
def test_token_is_not_good_early(subject: Handle, clock: Clock) -> None:
    """A token is good only from its iat and its nbf on."""
    service = start_service(subject)
    clock.freeze()
    to_fraction(clock, 0.5)
    pen = Pen(service)
    if not pen.signs:
        return
    now = int(clock.now())
    early = "its time has not come yet, and leeway is 0"
    is_refused(service, pen.write(iat=now + 30), "whose iat is 30 s ahead", early)
    is_refused(service, pen.write(nbf=now + 30), "whose nbf is 30 s ahead", early)
    claims_of(service, pen.write(nbf=now - 30), "whose nbf is 30 s ago")


@check(tier=2, section="§5")
def test_leeway_forgives_that_much(subject: Handle, clock: Clock) -> None:
    """Leeway forgives so many seconds at both ends of a token's time, and no more."""
    service = start_service(subject, leeway=60)
    clock.freeze()
    to_fraction(clock, 0.5)
    pen = Pen(service, log_in(service))
    if pen.signs:
        now = int(clock.now())
        for claim in ("iat", "nbf"):
            claims_of(service, pen.write(**{claim: now + 50}), f"whose {claim} is 50 s ahead, with leeway=60")
            because = f"leeway is 60 s, and no more is forgiven before {claim}"
            is_refused(service, pen.write(**{claim: now + 70}), f"whose {claim} is 70 s ahead, with leeway=60", because)

    clock.advance(3600 + 50)
    claims_of(service, pen.token, "50 s after its exp, with leeway=60")
    clock.advance(20)
    because = "leeway is 60 s, and no more is forgiven after exp"
    is_refused(service, pen.token, "70 s after its exp, with leeway=60", because)


@check(tier=2, section="§5")
def test_no_input_makes_a_token_method_raise(subject: Handle) -> None:
    """Whatever they are given, verify_token, refresh and revoke answer and raise nothing."""
    service = start_service(subject)
    because = "anybody can send anything: look at the type and the length first, then catch what reading raises"

    for what, thing in HOSTILE.items():
        for method, no in (("verify_token", None), ("refresh", None), ("revoke", False)):
            call = f"{method} of {what}"
            answer = returned(partial(getattr(service, method), thing), call, f"{no}", because)
            expect(answer, call).equals(no, because="what is no token of ours is refused")


@check(tier=2, section="§5")
def test_signed_nonsense_is_refused(subject: Handle, clock: Clock) -> None:
    """A token with a right signature and nonsense in it is refused without an exception."""
    service = start_service(subject)
    to_fraction(clock, 0.05)
    pen = Pen(service)
    if not pen.signs:
        return
    endless = pen.sign(f'{{"exp": 1e999, {pen.claims_text(without="exp")}')
    forged = {
        "an exp of null": pen.write(exp=None),
        "an exp of []": pen.write(exp=[]),
        "an exp of 1e999": endless,
        "an exp that is a word": pen.write(exp="tomorrow"),
        "an iat of null": pen.write(iat=None),
        "an iat of {}": pen.write(iat={}),
        "an nbf of []": pen.write(nbf=[]),
        "a sub that is a number": pen.write(sub=17),
        "a payload that is a list": pen.sign("[]"),
        "a payload that is null": pen.sign("null"),
        "a payload that is no JSON": pen.sign("sub: ada"),
        "a payload that is nested 9000 deep": pen.sign("[" * 9000),
    }
    because = "the signature proves who wrote it, not that it makes sense: each value may be of any type"
    for what, token in forged.items():
        for method, no in (("verify_token", None), ("refresh", None), ("revoke", False)):
            call = f"{method} of a signed token with {what}"
            answer = returned(partial(getattr(service, method), token), call, f"{no}", because)
            expect(answer, call).equals(no, because=because)
