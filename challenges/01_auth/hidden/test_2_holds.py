"""Tier 2 of the logins: whatever is typed, however often, and by however many at once."""

from functools import partial
from random import Random
from typing import Any

from grader.testing import CheckFailed, Handle, RaceRun, Races, SubjectRaised, check, expect, raises
from login_calls import SECRET, is_let_in, is_turned_away, random_word, returned
from login_stand_ins import QuickHasher

HOSTILE: dict[str, Any] = {
    "None": None,
    "a number": 17,
    "bytes": b"ada's password",
    "a list": ["ada"],
    "a dict": {"ada": 1},
    "a lone surrogate": "ada's pass\ud800word",
}


@check(tier=2, section="§6")
def test_any_input_gets_an_answer(subject: Handle) -> None:
    """A name or a password may be anything: a login returns None and does not raise."""
    service = subject.AuthService(SECRET, max_failures=1000)
    service.register("ada", "ada's password")

    for what, thing in HOSTILE.items():
        for method in ("authenticate", "issue_refresh"):
            for part, typed in (("name", (thing, "ada's password")), ("password", ("ada", thing))):
                call = f"{method} with {what} for a {part}"
                because = "look at the types before anything else; text that cannot be encoded cannot be hashed"
                answer = returned(partial(getattr(service, method), *typed), call, "None", because)
                expect(answer, call).is_none(because=f"{what} is no {part} of ada's")
        for part, typed in (("name", (thing, "a good password")), ("password", ("bob", thing))):
            with raises("ValueError", "TypeError", because=f"{what} is no {part}: nobody could ever log in with it"):
                service.register(*typed)
    is_let_in(service, "ada", "ada's password", because="all those were somebody else's mistakes")


@check(tier=2, section="§6")
def test_password_counts_in_full(subject: Handle, rng: Random) -> None:
    """Two passwords that differ late, in one capital, or after a NUL are different."""
    service = subject.AuthService(SECRET)
    word = random_word(rng, 20)
    for kind, password, guess in (
        ("after the 72nd byte", word + "x" * 60 + "1", word + "x" * 60 + "2"),
        ("in one capital", word + "Aa", word + "AA"),
        ("after a NUL character", word + "\0one", word + "\0two"),
    ):
        try:
            service.register(kind, password)
        except SubjectRaised as error:
            if error.is_a("ValueError") and kind != "in one capital":
                continue  # a password that the hash cannot take in full may be refused
            raise
        is_turned_away(service, kind, guess, because=f"the guess differs only {kind}: all of a password must count")


@check(tier=2, section="§6")
def test_long_password_is_not_hashed(subject: Handle) -> None:
    """A password of more than 4096 characters is refused without being hashed."""
    hasher = QuickHasher()
    service = subject.AuthService(SECRET, hasher=hasher)
    service.register("ada", "ada's password")
    hasher.asked.clear()

    for length in (4097, 1_000_000):
        for username in ("ada", "nobody"):
            answer = service.authenticate(username, "x" * length)
            expect(answer, f"authenticate({username!r}, {length} characters)").is_none()
        with raises("ValueError", because=f"a password of {length} characters is too long"):
            service.register("bob", "x" * length)
    because = "to hash a megabyte takes long, and a stranger may send many: look at the length first"
    expect(hasher.asked, "what the hasher was asked about long passwords").equals([], because=because)


@check(tier=2, section="§6")
def test_unknown_name_costs_the_same(subject: Handle) -> None:
    """A login with an unknown name asks the hasher for as much work as one with a wrong password."""
    hasher = QuickHasher()
    service = subject.AuthService(SECRET, hasher=hasher, max_failures=50)
    service.register("ada", "ada's password")
    costs_one_hash(service, hasher, "ada", "a wrong password", "a guess")
    is_turned_away(service, "somebody", "a guess", because="nobody of that name is registered")  # may prepare a decoy

    for username in ("nobody", "no one"):
        costs_one_hash(service, hasher, username, "an unknown name", "a guess")


@check(tier=2, section="§6")
def test_disabled_account_costs_the_same(subject: Handle) -> None:
    """A login to a disabled account asks the hasher for as much work as one with a wrong password."""
    hasher = QuickHasher()
    service = subject.AuthService(SECRET, hasher=hasher, max_failures=50)
    for username in ("ada", "bob"):
        service.register(username, f"{username}'s password")
        service.disable(username)
    is_turned_away(service, "ada", "a guess", because="her account is disabled")  # may prepare a decoy

    costs_one_hash(service, hasher, "bob", "a disabled account", "a guess")
    costs_one_hash(service, hasher, "bob", "a disabled account", "bob's password")


@check(tier=2, section="§6")
def test_last_guess_is_hashed_once(races: Races) -> None:
    """Threads that guess at the same moment get no more guesses than one after the other."""

    def one_is_hashed(run: RaceRun) -> None:
        expect(run.results, "two logins with a wrong password").equals([False, False], because="they are wrong")
        because = "both looked at the count before either was counted: a guess is counted when it begins"
        what = f"how many of two guesses at {username!r} were hashed, with max_failures=1"
        expect(run.seen, what).at_most(1, because=because)

    for username, kind in (("ada", "lines"), ("nobody", "few")):
        races.every("login_scenes.LastGuess", username, keeps=one_is_hashed, kind=kind)


@check(tier=2, section="§6")
def test_logins_under_way_are_no_failures(races: Races) -> None:
    """Logins with the right password at the same moment all succeed."""

    def both_are_in(run: RaceRun) -> None:
        because = "nobody has failed: a login that is still being hashed is no failure; let the others wait for it"
        what = "whether two logins with the right password succeeded, with max_failures=1"
        expect(run.results, what).equals([True, True], because=because)

    races.every("login_scenes.OwnersAtOnce", keeps=both_are_in, kind="few")


@check(tier=2, section="§6")
def test_name_goes_to_one_of_two(races: Races) -> None:
    """When two threads register the same name, one of them gets it and the other ValueError."""

    def one_has_it(run: RaceRun) -> None:
        because = "both found the name free before either had stored its hash: look and store in one step, under a lock"
        expect(sorted(run.results), "two calls of register('bob', …)").equals(
            ["refused", "registered"], because=because
        )
        winner = [result == "registered" for result in run.results]
        expect(run.seen, "whose password opens the account").equals(winner, because=because)

    races.every("login_scenes.OneName", keeps=one_has_it, kind="few")


def costs_one_hash(service: Handle, hasher: QuickHasher, username: str, what: str, password: str) -> None:
    """Expect that a failed login asks for one verify of a hash that this hasher made, or for one hash."""
    __tracebackhide__ = True
    hasher.asked.clear()
    is_turned_away(service, username, password, because=f"this is {what}")
    if hasher.asked not in (["verify"], ["hash"]):
        because = "whoever measures how long the answer takes learns which names have an account"
        raise CheckFailed(
            f"A login with {what} asked the hasher for {', then '.join(hasher.asked) or 'nothing'}",
            expected="one verify of a hash that this hasher made, or one hash",
            got=", ".join(hasher.asked) or "nothing",
            because=because,
        )
