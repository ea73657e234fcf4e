"""Tier 1 of the logins: accounts, passwords at rest, and logging in."""

import hashlib
from random import Random

from grader.testing import Handle, attr, check, expect, member, raises
from login_calls import SECRET, is_turned_away, log_in, random_word, start_service
from login_stand_ins import QuickHasher

SLOW_HASHES = ("argon2", "scrypt", "bcrypt", "pbkdf2", "$2a$", "$2b$", "$2y$")


@check(tier=1, section="§1")
def test_new_service_knows_nobody(subject: Handle) -> None:
    """A new service has no account, not even an admin."""
    service = subject.AuthService(SECRET, hasher=QuickHasher())

    back_door = "an account that is built in is a back door into every copy of the service"
    expect(attr(service, "users"), "the users of a new service").equals({}, because=back_door)
    is_turned_away(service, "admin", "password", because=back_door)


@check(tier=1, section="§1")
def test_registered_user_gets_a_token(subject: Handle, rng: Random) -> None:
    """A registered user gets a token for the right password."""
    username, password = random_word(rng, 8), random_word(rng, 14)
    service = subject.AuthService(SECRET, hasher=QuickHasher())
    service.register(username, password)

    expect(service.authenticate(username, password), f"authenticate({username!r}, {password!r})").is_a(
        str, because="hasher.verify tells whether a password is right; to hash it again gives another string"
    )


@check(tier=1, section="§1")
def test_taken_name_is_refused(subject: Handle) -> None:
    """A name that is taken cannot be registered again."""
    service = start_service(subject)

    with raises("ValueError", because="whoever can register 'ada' a second time takes over her account"):
        service.register("ada", "another password")

    log_in(service, "ada")
    is_turned_away(service, "ada", "another password", because="register changed the account all the same")


@check(tier=1, section="§1")
def test_empty_name_or_password_is_refused(subject: Handle) -> None:
    """No account can have an empty name or an empty password."""
    service = subject.AuthService(SECRET, hasher=QuickHasher())

    with raises("ValueError", because="an account without a password is open to everybody"):
        service.register("ada", "")
    with raises("ValueError", because="an empty name is a form sent by mistake, not a user"):
        service.register("", "a good password")

    users = attr(service, "users")
    neither = type(users) is dict and "ada" not in users and "" not in users
    expect(users, "users after both were refused").satisfies(
        neither, "a dict without 'ada' and ''", because="store an account only after its input was looked at"
    )


@check(tier=1, section="§1")
def test_accounts_survive_a_restart(subject: Handle) -> None:
    """A service that is given the users of another one knows the same accounts."""
    hasher = QuickHasher()
    before = subject.AuthService(SECRET, hasher=hasher)
    before.register("ada", "ada's password")
    before.register("bob", "bob's password")
    before.disable("bob")
    users = attr(before, "users")
    expect(users, "users").has_keys("ada", "bob", because="users is a plain dict: name → stored hash")
    marked = str(users["bob"]).startswith("!")
    expect(users["bob"], "the stored hash of bob, who is disabled").satisfies(
        marked, "text with '!' in front", because="that is how users says that an account is disabled"
    )

    after = subject.AuthService(SECRET, users=users, hasher=hasher)

    log_in(after, "ada")
    is_turned_away(after, "bob", "bob's password", because="bob is disabled: users says so with a '!'")


@check(tier=1, section="§2")
def test_given_hasher_is_used(subject: Handle, rng: Random) -> None:
    """A hasher that is passed in makes and verifies every stored hash."""
    password = f"  {random_word(rng, 6)} {random_word(rng, 6).upper()} "
    hasher = QuickHasher()
    service = subject.AuthService(SECRET, hasher=hasher)

    service.register("ada", password)

    stored = member(attr(service, "users"), "ada", "users after register('ada', …)")
    expect(list(hasher.made), "what hasher.hash has returned").contains(
        stored, because="register stores exactly the string that hasher.hash returns"
    )
    expect(hasher.made[stored], "the password that hasher.hash was given").equals(
        password, because="the password goes in as it was typed, with its spaces and capitals"
    )
    service.authenticate("ada", password)
    expect(hasher.verified, "what hasher.verify was asked during the login").contains(
        (stored, password), because="a login asks hasher.verify(stored, password)"
    )


@check(tier=1, section="§2")
def test_same_password_is_stored_differently(subject: Handle) -> None:
    """Two users with the same password do not have the same stored hash."""
    service = subject.AuthService(SECRET)
    for username in ("ada", "bob"):
        service.register(username, "correct horse battery")

    ada, bob = (member(attr(service, "users"), name, "users") for name in ("ada", "bob"))
    expect(bob, "the stored hash of bob, who has ada's password").differs_from(
        ada, because="without a salt of its own, one cracked hash opens every account with that password"
    )


@check(tier=1, section="§2")
def test_stored_hash_is_made_for_passwords(subject: Handle, rng: Random) -> None:
    """Passwords are kept as a slow hash that names its method."""
    password = random_word(rng, 16)
    service = subject.AuthService(SECRET)

    service.register("ada", password)

    stored = member(attr(service, "users"), "ada", "users")
    expect(stored, "the stored hash").is_a(str, because="users maps names to text")
    fast = [hashlib.new(name, password.encode()).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")]
    bare = any(text in stored for text in (password, *fast))
    expect(stored, "the stored hash").satisfies(
        not bare, "neither the password nor a fast hash of it", because="whoever reads the store can log in"
    )
    slow = any(name in stored[:24].lower() for name in SLOW_HASHES)
    expect(stored, "the stored hash").satisfies(
        slow, "argon2…, scrypt…, $2b$… or pbkdf2…", because="a thief tries billions of fast hashes a second"
    )
    expect(service.authenticate("ada", password), "a login with your own hasher").is_a(
        str, because="your own hasher does not recognise the password it hashed"
    )
    is_turned_away(service, "ada", password + "x", because="a hasher's verify returns False and never raises")


@check(tier=1, section="§3")
def test_wrong_password_gets_none(subject: Handle) -> None:
    """A wrong or empty password gets None, even if it is somebody else's right one."""
    service = start_service(subject)

    for password in ("not her password", "bob's password", ""):
        is_turned_away(service, "ada", password, because="hasher.verify returns False for it: not right")


@check(tier=1, section="§3")
def test_unknown_name_gets_none(subject: Handle, rng: Random) -> None:
    """An unknown or empty name gets the same None as a wrong password."""
    service = start_service(subject)

    for name in (random_word(rng, 9), ""):
        is_turned_away(service, name, "ada's password", because="another answer tells who has an account")


@check(tier=1, section="§3")
def test_disabled_account_gets_none(subject: Handle) -> None:
    """A disabled account gets None, even with the right password."""
    service = start_service(subject)
    service.disable("bob")

    is_turned_away(service, "bob", "bob's password", because="disabled looks like a wrong password")
    log_in(service, "ada")
