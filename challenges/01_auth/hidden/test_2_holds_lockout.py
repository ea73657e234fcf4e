"""Tier 2 of the logins: failures are limited, for every name alike, and the lock opens again."""

from grader.testing import Clock, Handle, check, expect
from login_calls import (
    SECRET,
    fails_to_log_in,
    gets_no_family,
    is_let_in,
    is_turned_away,
    log_in,
    start_service,
)
from login_stand_ins import QuickHasher


@check(tier=2, section="§6")
def test_failures_lock_the_name(subject: Handle) -> None:
    """After max_failures failed logins even the right password is refused, for that name alone."""
    service = start_service(subject, max_failures=3)
    fails_to_log_in(service, 3)

    because = "three logins at 'ada' have failed, and max_failures is 3"
    is_turned_away(service, "ada", "ada's password", because=because)
    is_let_in(service, "bob", "bob's password", because="nobody has guessed at bob: failures are counted for each name")


@check(tier=2, section="§6")
def test_locked_name_is_not_hashed(subject: Handle) -> None:
    """While a name is locked, logins at it cost no hashing."""
    hasher = QuickHasher()
    service = subject.AuthService(SECRET, hasher=hasher, max_failures=3)
    service.register("ada", "ada's password")
    for username in ("ada", "nobody"):
        fails_to_log_in(service, 3, username)
        hasher.asked.clear()
        fails_to_log_in(service, 2, username)
        because = f"three logins at {username!r} have failed: look at the count first, and hash only then"
        expect(hasher.asked, f"what the hasher was asked after that about {username!r}").equals([], because=because)


@check(tier=2, section="§6")
def test_five_failures_are_the_default(subject: Handle, clock: Clock) -> None:
    """If nothing else is said, five failures lock a name for at most five minutes."""
    service = start_service(subject)
    fails_to_log_in(service, 4)
    is_let_in(service, "ada", "ada's password", because="four logins have failed, and max_failures is 5 if left out")
    fails_to_log_in(service, 5)
    is_turned_away(service, "ada", "ada's password", because="five logins have failed since the last success")
    clock.advance(300.5)
    because = "lockout_seconds is 300 if left out, and more have passed since the last failure"
    is_let_in(service, "ada", "ada's password", because=because)


@check(tier=2, section="§6")
def test_lock_opens_again(subject: Handle, clock: Clock) -> None:
    """A locked name opens again, however often somebody tries it meanwhile."""
    service = start_service(subject, max_failures=3, lockout_seconds=100)
    fails_to_log_in(service, 3)

    for _ in range(2):
        clock.advance(40)
        for _ in range(3):
            service.authenticate("ada", "ada's password")
    clock.advance(20.5)
    because = "100 s have passed since the last login that was hashed: one that is refused must not prolong the lock"
    is_let_in(service, "ada", "ada's password", because=because)


@check(tier=2, section="§6")
def test_success_clears_the_count(subject: Handle) -> None:
    """A successful login sets the count of failures back to zero."""
    service = start_service(subject, max_failures=3)
    for time in ("first", "second", "third"):
        fails_to_log_in(service, 2)
        because = f"two failures, then a success, for the {time} time: failures before a success no longer count"
        is_let_in(service, "ada", "ada's password", because=because)


@check(tier=2, section="§6")
def test_old_failures_do_not_add_up(subject: Handle, clock: Clock) -> None:
    """Failures that lie more than lockout_seconds apart do not add up."""
    service = start_service(subject, max_failures=3, lockout_seconds=100)
    for _ in range(4):
        fails_to_log_in(service, 1)
        clock.advance(100.5)
    fails_to_log_in(service, 1)
    because = "each failure was more than lockout_seconds after the one before"
    is_let_in(service, "ada", "ada's password", because=because)


@check(tier=2, section="§6")
def test_both_logins_share_the_count(subject: Handle) -> None:
    """issue_refresh is a login like any other: it checks the password and shares the count."""
    service = start_service(subject, max_failures=3)
    gets_no_family(service, "ada", "a wrong password", because="the password is wrong")
    fails_to_log_in(service, 2)
    because = "a login by issue_refresh and two by authenticate have failed, and max_failures is 3"
    is_turned_away(service, "ada", "ada's password", because=because)
    gets_no_family(service, "ada", "ada's password", because=because)
    log_in(service, "bob")
