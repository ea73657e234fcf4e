"""Tier 3 of the logins: what the service remembers, and what it never says."""

from grader.testing import Clock, Handle, Process, RaceRun, Races, SubjectRaised, check, expect
from login_calls import SECRET, fails_to_log_in, is_turned_away, log_in, new_family, renewed, start_service

NAMES = 25
ROUNDS = 20
MOST = 12  # three times as many as count, and 100: seven times the first 25, and room for what a dict takes in advance


@check(tier=3, section="§11")
def test_state_is_counted(subject: Handle) -> None:
    """state_size counts what is revoked, the refresh families and the names with failures."""
    service = start_service(subject)
    expect(service.state_size(), "state_size() of a new service").equals(0, because="nobody has done anything yet")
    for _ in range(2):
        new_family(service)
    for _ in range(3):
        service.revoke(log_in(service))
    fails_to_log_in(service, 1, "ada")
    fails_to_log_in(service, 1, "nobody")
    because = "two families, three revoked tokens and two names with a failure"
    expect(service.state_size(), "state_size() after all that").at_least(7, because=because)


@check(tier=3, section="§11")
def test_state_ends_with_its_time(subject: Handle, clock: Clock) -> None:
    """When all tokens have expired and all locks are open, nothing is remembered."""
    service = start_service(subject, access_ttl=1000, refresh_ttl=5000, lockout_seconds=100, max_failures=3)
    _, token = new_family(service)
    new_family(service, "bob")
    service.refresh(token)
    service.refresh(token)
    service.revoke(log_in(service))
    fails_to_log_in(service, 4, "ada")
    fails_to_log_in(service, 1, "nobody")

    because = "the locks are open again, the revoked token has expired, and both families have ended or expired"
    clock.advance(5002)
    expect(service.state_size(), "state_size() when all of it is over").equals(0, because=because)


@check(tier=3, section="§11")
def test_state_keeps_what_counts(subject: Handle) -> None:
    """state_size forgets nothing whose time is not over."""
    service = start_service(subject, max_failures=3)
    revoked = log_in(service)
    service.revoke(revoked)
    _, used = new_family(service, "bob")
    _, token = service.refresh(used)
    fails_to_log_in(service, 3, "ada")
    service.state_size()

    expect(service.verify_token(revoked), "verify_token of a revoked token after state_size()").is_none(
        because="its exp has not come, so the revocation still counts"
    )
    is_turned_away(service, "ada", "ada's password", because="she is locked, and state_size() opens no lock")
    renewed(service, token, "the newest token of a family, after state_size()", because="the family is still alive")


@check(tier=3, section="§11")
def test_strangers_do_not_fill_the_memory(subject: Handle, clock: Clock, process: Process) -> None:
    """What strangers leave behind goes away by itself, also if nobody asks for state_size."""
    service = start_service(subject, lockout_seconds=100)
    fails_to_log_in(service, 1, "nobody")
    sizes = [process.size_of(service)[1]]
    for turn in range(ROUNDS):
        for number in range(NAMES):
            service.authenticate(f"stranger {turn} {number}", "a guess")
        sizes.append(process.size_of(service)[1])
        clock.advance(101)

    first, last = max(sizes[1] - sizes[0], NAMES * 100), sizes[-1] - sizes[0]  # no entry takes fewer than 100 bytes
    because = f"the failures of {NAMES} names count at any time, but all {ROUNDS * NAMES} are still remembered"
    what = f"the memory for {ROUNDS} times {NAMES} names, in multiples of that for the first {NAMES}"
    expect(round(last / first, 1), what).at_most(MOST, because=because)


@check(tier=3, section="§11")
def test_nothing_secret_is_logged(subject: Handle, process: Process, clock: Clock) -> None:
    """No secret, password or token appears in the log or in the text of an exception."""
    process.logged()
    secrets = {"the secret key": SECRET, "a password": "ada's password", "a mistyped password": "adas passwort"}
    said = []
    service = start_service(subject, max_failures=2)
    access, refresh = new_family(service)
    for time in range(3):
        is_turned_away(service, "ada", "adas passwort", because=f"wrong for the {time + 1}. time")
    clock.advance(3601)
    for token, what in ((access, "an access token"), (refresh, "a refresh token"), (access[:-4], "a broken token")):
        secrets[what] = token
        for call in (service.verify_token, service.refresh, service.refresh, service.revoke):
            call(token)
    short = "only 31 bytes, and still secret"
    secrets["a short key"] = short
    for call, typed in (
        (service.register, ("ada", "ada's password")),
        (service.register, ("", "ada's password")),
        (service.register, ("carol", "ada's password" * 1000)),
        (service.register, ("carol", b"ada's password")),
        (subject.AuthService, (short,)),
    ):
        try:
            call(*typed)
        except SubjectRaised as error:
            said.append(error.message)

    logged = [text for _, _, text in process.logged()]
    for where, texts in (("a log message", logged), ("the text of an exception", said)):
        for what, secret in secrets.items():
            found = next((text for text in texts if secret in text), None)
            because = "logs and error reports are read by many people and kept for years"
            expect(found, f"{where} with {what} in it").is_none(because=because)


@check(tier=3, section="§11")
def test_repr_shows_nothing_secret(races: Races) -> None:
    """No secret, password or token appears in the repr of the service."""

    def shows_nothing(run: RaceRun) -> None:
        because = (
            "the repr ends up in logs and error reports; a dataclass shows all its fields unless it is told not to"
        )
        expect(run.results[0], "what the repr of the service shows").equals([], because=because)

    races.every("login_scenes.Shown", keeps=shows_nothing, kind="few")
