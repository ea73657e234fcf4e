"""Tier 1 of the logins: accounts, passwords at rest, and logging in."""

from random import Random

from grader.testing import Handle, attr, check, expect, fail, member, raises
from login_calls import SECRET, is_let_in, is_turned_away, knows_nobody, log_in, random_word, returned, start_service
from login_stand_ins import QuickHasher
from stored_hashes import SLOW_HASHES, fast_hash_inside, too_cheap


@check(tier=1, section="§1")
def test_new_service_knows_nobody(subject: Handle) -> None:
    """A new service has no account, not even an admin."""
    start_service(subject)
    service = subject.AuthService(SECRET, hasher=QuickHasher())

    knows_nobody(service)
    back_door = "an account that is built in is a back door into every copy of the service"
    is_turned_away(service, "admin", "password", because=back_door)


@check(tier=1, section="§1")
def test_registered_user_gets_a_token(subject: Handle, rng: Random) -> None:
    """A registered user gets a token for the right password."""
    username, password = random_word(rng, 8), random_word(rng, 14)
    service = subject.AuthService(SECRET, hasher=QuickHasher())

    expect(service.register(username, password), f"register({username!r}, {password!r})").is_none(
        because="register has nothing to answer: it has worked, or it raises ValueError"
    )
    again = "hasher.verify tells whether a password is right; to hash it again gives another string"
    is_let_in(service, username, password, because=again)


@check(tier=1, section="§1")
def test_names_are_used_as_given(subject: Handle) -> None:
    """A name is used exactly as it is given, with its capitals, spaces and signs."""
    service = subject.AuthService(SECRET, hasher=QuickHasher())

    for name in (" Ada ", "Ada", "ada", "o'neil+1@example.org", "Zoë Łuk"):
        is_accepted(service, name, f"the password of {name}", "every name of 1 to 64 characters is accepted")
        expect(attr(service, "users"), f"users after register({name!r}, …)").has_keys(
            name, because="the name is stored exactly as it is given: not stripped, not lowered"
        )
    is_let_in(service, " Ada ", "the password of  Ada ", because="a login looks the name up as it is given")
    is_turned_away(service, "ADA", "the password of ada", because="'ADA' is not 'ada': a login changes no name")
    is_turned_away(service, "ada ", "the password of ada", because="'ada ' is not 'ada': a login changes no name")


@check(tier=1, section="§1")
def test_short_and_long_input_is_accepted(subject: Handle, rng: Random) -> None:
    """Names of 1 to 64 characters and passwords of 8 to 64 are accepted."""
    service = subject.AuthService(SECRET, hasher=QuickHasher())

    for name_length, password_length in ((1, 8), (2, 33), (33, 9), (64, 64)):
        name, password = random_word(rng, name_length), random_word(rng, password_length)
        allowed = "a name may have 1 to 64 characters and a password 8 to 64, whichever they are"
        is_accepted(service, name, password, allowed)
        is_let_in(service, name, password, because="what register accepts, a login accepts as well")


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
    start_service(subject)
    service = subject.AuthService(SECRET, hasher=QuickHasher())
    knows_nobody(service)

    with raises("ValueError", because="an account without a password is open to everybody"):
        service.register("ada", "")
    with raises("ValueError", because="an empty name is a form sent by mistake, not a user"):
        service.register("", "a good password")

    expect(attr(service, "users"), "users after both were refused").equals(
        {}, because="store an account only after its input was looked at"
    )


@check(tier=1, section="§1")
def test_unknown_name_cannot_be_disabled(subject: Handle, rng: Random) -> None:
    """To disable a name that nobody has is an error."""
    service = start_service(subject)
    name = random_word(rng, 9)

    with raises("KeyError", because="whoever mistypes a name must hear that nobody was locked out"):
        service.disable(name)

    users = attr(service, "users")
    left = type(users) is dict and name not in users
    expect(users, f"users after disable({name!r})").satisfies(
        left, f"a dict without {name!r}", because="disable makes no accounts"
    )


@check(tier=1, section="§1")
def test_disabling_keeps_the_hash(subject: Handle) -> None:
    """A disabled account keeps its stored hash, with a '!' in front."""
    service = start_service(subject)
    stored = member(attr(service, "users"), "bob", "users")

    service.disable("bob")

    marked = member(attr(service, "users"), "bob", "users after disable('bob')")
    lost = "the old hash is lost: put the '!' in front of it, so that the account can be opened again"
    elsewhere = "users must say that an account is disabled: put a '!' in front of its stored hash"
    expect(marked, "the stored hash of bob, who is disabled").equals(
        f"!{stored}", because=elsewhere if marked == stored else lost
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
def test_stored_hash_is_made_for_passwords(subject: Handle, rng: Random) -> None:
    """Each password is kept as a slow hash that names its method and has a salt of its own."""
    password = random_word(rng, 16)
    service = subject.AuthService(SECRET)
    for username in ("ada", "bob"):
        service.register(username, password)

    stored, other = (member(attr(service, "users"), name, "users") for name in ("ada", "bob"))
    text = "users maps names to text"
    expect(stored, "the stored hash").is_a(
        str, because=f"{text}: decode() the bytes" if type(stored) is bytes else text
    )
    wanted = "argon2…, scrypt…, $2b$… or pbkdf2…"
    if password in stored:
        because = "whoever reads the store has every password at once"
        fail("The stored text contains the password itself.", expected=wanted, got=stored, because=because)
    if fast := fast_hash_inside(stored, password):
        because = f"this is {fast}, whatever its label says: a thief tries billions of those a second"
        fail("The stored text is a fast hash.", expected=wanted, got=stored, because=because)
    names_itself = any(name in stored[:24].lower() for name in SLOW_HASHES)
    expect(stored, "the stored hash").satisfies(
        names_itself, wanted, because="it begins with the name of a slow method, so that it can be told how it was made"
    )
    cheap = too_cheap(stored)
    expect(stored, "the stored hash").satisfies(
        not cheap, "a hash with a cost as §2 asks for", because=f"{cheap} is too cheap: a thief tries too many a second"
    )
    expect(other, "the stored hash of bob, who has ada's password").differs_from(
        stored, because="without a salt of its own, one cracked hash opens every account with that password"
    )


@check(tier=1, section="§2")
def test_default_hasher_reads_every_character(subject: Handle, rng: Random) -> None:
    """Your own hasher knows the right password and tells it from one that differs a little."""
    password = f" {random_word(rng, 63)}"
    service = subject.AuthService(SECRET)
    service.register("ada", password)

    is_let_in(service, "ada", password, because="your own hasher does not recognise the password it hashed")
    for guess, because in (
        (password[:-1] + "#", "the last of 64 characters differs: only the first ones count in your hash"),
        (password[1:], "the space in front belongs to the password: do not strip it"),
    ):
        is_turned_away(service, "ada", guess, because)


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


def is_accepted(service: Handle, username: str, password: str, because: str) -> None:
    """Expect that register takes a name and a password."""
    __tracebackhide__ = True
    call = f"register({username!r}, {password!r})"
    returned(lambda: service.register(username, password), call, "the account is added", because)
