"""Tier 2 of the tokens: taking one back, and refresh tokens that work once."""

from forged_tokens import respelled
from grader.testing import Clock, Handle, RaceRun, Races, check, expect
from login_calls import (
    SECRET,
    claims_of,
    is_not_renewed,
    is_refused,
    log_in,
    new_family,
    renewed,
    start_service,
    to_fraction,
)

GOOD = "it has not been used, and its time is not over"


@check(tier=2, section="§7")
def test_revoked_token_is_refused(subject: Handle, clock: Clock) -> None:
    """A revoked token is refused from then on, and no other token is."""
    service = start_service(subject)
    clock.freeze()
    to_fraction(clock, 0.2)
    first, second = log_in(service), log_in(service)
    access, refresh = new_family(service)

    expect(service.revoke(first), "revoke of a good token").is_true(because="it was good until now")

    is_refused(service, first, "that was revoked", because="revoke ends it before its time")
    for token, which in ((second, "of the same user and second"), (access, "of another login")):
        claims_of(service, token, which, because="only one token was revoked, and it was not this one")
    renewed(service, refresh, "a token of another login", because="only one token was revoked, and it was not this one")


@check(tier=2, section="§7")
def test_revoked_token_stays_revoked_in_any_spelling(subject: Handle, clock: Clock) -> None:
    """A revoked token is refused in every spelling."""
    service = start_service(subject)
    to_fraction(clock, 0.05)
    token = log_in(service)
    service.revoke(token)

    because = "the text is another one, the token is the same: remember its jti, which is signed, and not its text"
    for text in respelled(token):
        is_refused(service, text, f"that was revoked, now written with …{text[-3:]!r} at its end", because)


@check(tier=2, section="§7")
def test_only_good_tokens_are_revoked(subject: Handle, clock: Clock) -> None:
    """Only a good token can be revoked: for anything else revoke returns False."""
    service = start_service(subject)
    to_fraction(clock, 0.05)
    token, other = log_in(service), log_in(service)
    stranger = log_in(start_service(subject, SECRET[::-1]))

    expect(service.revoke(token), "revoke of a good token").is_true(because="it was good until now")
    expect(service.revoke(token), "revoke of the same token again").is_false(because="it was not good any more")
    expect(service.revoke(stranger), "revoke of a token with another signature").is_false(because="it is none of ours")
    clock.advance(3601)
    expect(service.revoke(other), "revoke of a token after its exp").is_false(because="its time was over")


@check(tier=2, section="§8")
def test_refresh_token_buys_a_new_pair(subject: Handle, clock: Clock) -> None:
    """A refresh token buys a new pair for the same user, again and again."""
    service = start_service(subject)
    to_fraction(clock, 0.05)
    access, token = new_family(service, "bob")
    new_family(service, "ada")
    because = "the access token of issue_refresh is like that of authenticate"
    expect(claims_of(service, access, because=because).get("sub"), "'sub' of the access token").equals("bob")

    for which in ("the first refresh token", "the second one", "the third one"):
        clock.advance(3601)
        to_fraction(clock, 0.05)
        access, token = renewed(service, token, which, GOOD)
        claims = claims_of(service, access, f"that {which} has bought")
        expect(claims.get("sub"), f"'sub' of the access token that {which} has bought").equals(
            "bob", because="the new pair is for the user of the old one"
        )


@check(tier=2, section="§8")
def test_used_refresh_token_ends_its_family(subject: Handle) -> None:
    """A refresh token that comes a second time ends its whole family, and no other."""
    service = start_service(subject)
    _, first = new_family(service)
    _, other = new_family(service)
    _, second = renewed(service, first, "a refresh token", GOOD)
    _, third = renewed(service, second, "the refresh token after it", GOOD)

    is_not_renewed(service, first, "a refresh token that was used before", because="it works only once")

    because = "somebody has a copy of an older one, and nobody knows who is the thief: its whole family ends"
    is_not_renewed(service, third, "the newest of a family, of which an older one came again", because)
    renewed(service, other, "that of another login of the same user", because="only one family has ended")


@check(tier=2, section="§8")
def test_refresh_token_ends_in_time(subject: Handle, clock: Clock) -> None:
    """A refresh token lives for refresh_ttl seconds, and so does each one after it."""
    service = start_service(subject, refresh_ttl=5000)
    to_fraction(clock, 0.05)
    _, token = new_family(service)
    for which in ("a refresh token", "the one after it"):
        clock.advance(4990)
        because = "4990 s have passed since it was made, and refresh_ttl is 5000"
        _, token = renewed(service, token, f"{which}, 4990 s old", because)
    clock.advance(5000.5)
    is_not_renewed(service, token, "one that is 5000.5 s old", because="refresh_ttl is 5000")


@check(tier=2, section="§8")
def test_kinds_of_token_are_not_mixed(subject: Handle, clock: Clock) -> None:
    """A refresh token opens nothing, and an access token buys nothing."""
    service = start_service(subject)
    to_fraction(clock, 0.05)
    access, refresh = new_family(service)

    because = "a refresh token lives for a month and goes nowhere but to refresh: demand the right kind"
    is_refused(service, refresh, "that is a refresh token", because)
    because = "who has an access token for an hour must not get tokens for ever: demand the right kind"
    is_not_renewed(service, access, "an access token", because)
    claims_of(service, access, "that was brought to refresh", because="nothing else happens to it")
    because = "an access token came to refresh, and that must change nothing"
    renewed(service, refresh, "the refresh token of the same login", because)


@check(tier=2, section="§8")
def test_disabled_user_gets_no_new_pair(subject: Handle) -> None:
    """Who has been disabled gets nothing for a refresh token."""
    service = start_service(subject)
    _, token = new_family(service)
    _, other = new_family(service, "bob")
    service.disable("ada")

    because = "ada is disabled: look at the account again, the token knows nothing of that"
    is_not_renewed(service, token, "the token of a user who is disabled", because)
    renewed(service, other, "the token of another user", GOOD)


@check(tier=2, section="§8")
def test_revoked_refresh_token_ends_its_family(subject: Handle) -> None:
    """To revoke a refresh token ends its family, and no other."""
    service = start_service(subject)
    _, first = new_family(service)
    _, other = new_family(service)
    _, token = renewed(service, first, "a refresh token", GOOD)

    expect(service.revoke(token), "revoke of a good refresh token").is_true(because="it was good until now")

    is_not_renewed(service, token, "a refresh token that was revoked", because="revoke ends its family")
    renewed(service, other, "that of another login of the same user", because="only one family was revoked")
    expect(service.revoke(token), "revoke of the same refresh token again").is_false(because="its family has ended")


@check(tier=2, section="§8")
def test_refresh_token_is_good_once(races: Races) -> None:
    """Of two threads with the same refresh token at most one gets a new pair."""

    def at_most_one(run: RaceRun) -> None:
        because = "both found the token unused before either had marked it: look and mark in one step, under a lock"
        expect(run.results.count(True), "the number of callers who got a pair").at_most(1, because=because)

    races.every("login_scenes.OneRefreshToken", keeps=at_most_one, kind="few")
