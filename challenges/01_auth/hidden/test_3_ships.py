"""Tier 3 of the logins: keys that are strong and can be changed, and hashes that grow with the times."""

import hashlib
from functools import partial
from random import Random
from typing import Any

from forged_tokens import Pen, encoded
from grader.testing import Clock, Handle, Process, RaceRun, Races, attr, check, expect, member, raises
from login_calls import (
    SECRET,
    claims_of,
    is_let_in,
    is_refused,
    is_turned_away,
    log_in,
    random_word,
    returned,
    start_service,
    to_fraction,
)
from login_stand_ins import QuickHasher
from stored_hashes import SLOW_HASHES


@check(tier=3, section="§9")
def test_short_key_is_refused(subject: Handle, rng: Random) -> None:
    """A key of fewer than 32 bytes is refused at once, an old one as well."""
    word = random_word(rng, 31)
    for key in ("", "secret", word, "é" * 15 + "x"):
        with raises("ValueError", because=f"a key of {len(key.encode())} bytes can be guessed; HS256 wants 32"):
            subject.AuthService(key, hasher=QuickHasher())
        with raises("ValueError", because=f"a previous key of {len(key.encode())} bytes can be guessed as well"):
            subject.AuthService(SECRET, hasher=QuickHasher(), previous_keys=[SECRET[::-1], key])
    for key in (word + "x", "é" * 16):
        call = f"AuthService with a key of {len(key)} characters and 32 bytes"
        because = "32 bytes in UTF-8 are enough: count the bytes, not the characters"
        returned(partial(subject.AuthService, key, hasher=QuickHasher()), call, "a service", because)


@check(tier=3, section="§9")
def test_keys_can_be_changed(subject: Handle, clock: Clock, rng: Random) -> None:
    """After a change of keys the old tokens are good until their end, and new ones have the new key."""
    oldest, old, new = (random_word(rng, 40) for _ in range(3))
    before, between = start_service(subject, oldest), start_service(subject, old)
    after = start_service(subject, new, previous_keys=[old, oldest])
    only_new = start_service(subject, new)
    to_fraction(clock, 0.05)

    for service, key in ((before, "second of previous_keys"), (between, "first of previous_keys")):
        claims_of(after, log_in(service), f"signed with the {key}", because="previous keys are good for checking")
    token = log_in(after)
    claims_of(only_new, token, "signed after the change of keys", because="new tokens are signed with secret_key")
    is_refused(between, token, "signed with a key that came later", because="this service does not know the new key")
    is_refused(only_new, log_in(between), "signed with an old key", because="this service was not given the old key")


@check(tier=3, section="§9")
def test_unknown_key_is_refused(subject: Handle, clock: Clock) -> None:
    """A token names its key; one that names an unknown key is refused."""
    service = start_service(subject)
    to_fraction(clock, 0.05)
    pen = Pen(service)
    member(pen.header, "kid", "the header of a token")
    if not pen.signs:
        return
    theirs = Pen(other := start_service(subject, SECRET[::-1]), log_in(other)).header.get("kid")
    expect(theirs, "'kid' of a service with another key").differs_from(
        pen.header["kid"], because="the kid names the key: two keys have two names"
    )
    kids: list[Any] = ["unknown", "", "../../../dev/null", "' OR 1=1 --", None, 0, True, [], ["a"], {}, theirs]
    for kid in kids:
        because = "the kid chooses among your own keys, and this one is the name of none; it may be of any type"
        call = f"verify_token of a token with the kid {kid!r}"
        answer = returned(partial(service.verify_token, pen.write({"kid": kid})), call, "None", because)
        expect(answer, call).is_none(because=because)


@check(tier=3, section="§9")
def test_brought_keys_are_ignored(subject: Handle, clock: Clock, rng: Random) -> None:
    """A key that a token brings along does not open the door."""
    service = start_service(subject)
    to_fraction(clock, 0.05)
    key = random_word(rng, 40)
    forger = Pen(service, log_in(service), secret=key)
    kid = forger.header.get("kid")
    jwk = {"kty": "oct", "alg": "HS256", "k": encoded(key), "kid": kid}
    brought: list[dict[str, Any]] = [
        {"jwk": jwk},
        {"jku": "http://127.0.0.1:9/keys"},
        {"x5u": "http://127.0.0.1:9/key"},
        {"x5c": [encoded(key)]},
    ]
    because = "the sender wrote the header: whoever may bring his own key can sign anything"
    for name in (kid, "mine", ...):
        for header in brought:
            forged = forger.write({**header, "alg": "HS256", "kid": name})
            is_refused(service, forged, f"signed with a key of its own, and {next(iter(header))}", because)


@check(tier=3, section="§9")
def test_checking_a_token_is_cheap(subject: Handle, process: Process, reference: Process) -> None:
    """To check a token takes at most 20 times the work that the reference solution needs."""
    spent = []
    for module, seat in ((subject, process), (reference.subject, reference)):
        service = start_service(module)
        token = log_in(service)
        service.verify_token(token)
        before = seat.cpu_seconds()
        for _ in range(30):
            service.verify_token(token)
        spent.append(seat.cpu_seconds() - before)
    yours, theirs = spent
    because = "it happens at every request: what is slow, such as deriving a key, belongs in the constructor"
    times = round(yours / max(theirs, 0.01), 1)
    expect(times, "the processor time of 30 calls of verify_token, in multiples of the reference's").at_most(
        20, because=because
    )


@check(tier=3, section="§10")
def test_old_hash_is_made_anew(subject: Handle) -> None:
    """After a successful login a stored hash that is out of date is replaced."""
    for method in ("authenticate", "issue_refresh"):
        hasher = QuickHasher()
        service = subject.AuthService(SECRET, hasher=hasher)
        service.register("ada", "ada's password")
        old = member(attr(service, "users"), "ada", "users")
        hasher.aged.add(old)

        getattr(service, method)("ada", "ada's password")

        new = member(attr(service, "users"), "ada", "users")
        because = "hasher.needs_rehash said so, and during a login the password is at hand"
        expect(new, f"the stored hash of ada after a successful {method}").differs_from(old, because=because)
        expect(list(hasher.made), "what hasher.hash has returned").contains(
            new, because="the new string is the one that hasher.hash returned"
        )
        is_let_in(service, "ada", "ada's password", because="the new hash is of the password she has typed")
        kept = member(attr(service, "users"), "ada", "users")
        expect(kept, "the stored hash after one more login").equals(new, because="needs_rehash is False for it")


@check(tier=3, section="§10")
def test_failed_login_changes_no_hash(subject: Handle) -> None:
    """After a failed login no stored hash is replaced."""
    hasher = QuickHasher()
    service = subject.AuthService(SECRET, hasher=hasher)
    for username in ("ada", "bob"):
        service.register(username, f"{username}'s password")
    service.disable("bob")
    before = attr(service, "users")
    hasher.aged.update(before.values(), hasher.made)

    is_turned_away(service, "ada", "a wrong password", because="the password is wrong")
    is_turned_away(service, "bob", "bob's password", because="bob is disabled")

    because = "a hash of what was typed would make the wrong password the right one"
    expect(attr(service, "users"), "users after failed logins").equals(before, because=because)


@check(tier=3, section="§10")
def test_disabled_account_stays_disabled(races: Races) -> None:
    """An account that is disabled while its hash is being replaced stays disabled."""

    def stays_disabled(run: RaceRun) -> None:
        because = "the new hash was stored over the '!': replace a hash only if it is still the one you verified"
        what = "whether users says that ada is disabled, and whether she can log in"
        expect(run.seen, what).equals([True, False], because=because)

    races.every("login_scenes.DisabledMeanwhile", keeps=stays_disabled, kind="few")


@check(tier=3, section="§10")
def test_bare_sha256_is_taken_over(subject: Handle, rng: Random) -> None:
    """Your own hasher lets in the users of an older system once more, and gives them a hash that is slow."""
    password = random_word(rng, 12)
    old = hashlib.sha256(password.encode()).hexdigest()
    service = subject.AuthService(SECRET, users={"ada": old})

    because = "the stored text is a bare SHA-256: what lets in is the password it was made from, never the text itself"
    is_turned_away(service, "ada", old, because=because)
    is_turned_away(service, "ada", password[:-1], because="the password is wrong")
    stored = member(attr(service, "users"), "ada", "users")
    expect(stored, "the stored text of ada after failed logins").equals(old, because="a failed login changes nothing")
    is_let_in(service, "ada", password, because="64 hexadecimal digits are the SHA-256 of her password")

    stored = member(attr(service, "users"), "ada", "users")
    slow = type(stored) is str and any(name in stored[:24].lower() for name in SLOW_HASHES)
    because = "needs_rehash is True for a bare SHA-256, so the login replaces it"
    expect(stored, "the stored text of ada after her login").satisfies(slow, "a slow hash", because=because)
