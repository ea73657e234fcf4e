"""Tier 1 of the logins: accounts, passwords at rest, logging in, and tokens that name their user and end."""

import base64
import hashlib
import json
import secrets
import string
from random import Random
from typing import Any

from grader.testing import attr, check, expect, exported, fail, member, raises

Remote = Any  # the submission's module, or an object of it
SECRET = "the secret of these checks: long enough to sign with"
SLOW_HASHES = ("argon2", "scrypt", "bcrypt", "pbkdf2", "$2a$", "$2b$", "$2y$")


@exported(methods=("hash", "verify", "needs_rehash"))
class QuickHasher:
    """A salted hash that takes no time, good in a check and nowhere else; it remembers what it was asked."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}  # stored string → the password it was made from
        self.verified: list[tuple[str, str]] = []

    def hash(self, password: str) -> str:
        salt = secrets.token_hex(8)
        stored = f"quick${salt}${hashlib.sha256((salt + password).encode()).hexdigest()}"
        self.made[stored] = password
        return stored

    def verify(self, stored: str, password: str) -> bool:
        self.verified.append((stored, password))
        return self.made.get(stored) == password

    def needs_rehash(self, stored: str) -> bool:
        return stored not in self.made


def random_word(rng: Random, length: int) -> str:
    """Return lower-case letters that nobody can have written into a solution."""
    return "".join(rng.choices(string.ascii_lowercase, k=length))


def start_service(subject: Remote, secret: str = SECRET, **options: float) -> Remote:
    """Return a service that hashes in no time and knows ada and bob."""
    service = subject.AuthService(secret, hasher=QuickHasher(), **options)
    for username in ("ada", "bob"):
        service.register(username, f"{username}'s password")
    return service


def log_in(service: Remote, username: str = "ada") -> str:
    """Return the token of a login that has to work."""
    token = service.authenticate(username, f"{username}'s password")
    expect(token, f"authenticate({username!r}, the right password)").is_a(
        str, because="a registered user with the right password gets a token, as text"
    )
    return str(token)


def is_turned_away(service: Remote, username: str, password: str, because: str) -> None:
    """Expect None of a login."""
    call = f"authenticate({username!r}, {password!r})"
    expect(service.authenticate(username, password), call).is_none(because=because)


def claims_of(service: Remote, token: str, when: str = "just issued") -> dict[str, Any]:
    """Return the claims of a token that has to be good."""
    claims = service.verify_token(token)
    expect(claims, f"verify_token of a token {when}").is_a(
        dict, because="a token of ours whose time is not over is good, and its claims come back as a dict"
    )
    return dict(claims)


def is_refused(service: Remote, token: str, which: str, because: str) -> None:
    """Expect that a token is not good."""
    expect(service.verify_token(token), f"verify_token of a token {which}").is_none(because=because)


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


@check(tier=1, section="§1")
def test_new_service_knows_nobody(subject: Remote) -> None:
    """A new service has no account, not even an admin."""
    service = subject.AuthService(SECRET, hasher=QuickHasher())

    back_door = "an account that is built in is a back door into every copy of the service"
    expect(attr(service, "users"), "the users of a new service").equals({}, because=back_door)
    is_turned_away(service, "admin", "password", because=back_door)


@check(tier=1, section="§1")
def test_registered_user_gets_a_token(subject: Remote, rng: Random) -> None:
    """A registered user gets a token for the right password."""
    username, password = random_word(rng, 8), random_word(rng, 14)
    service = subject.AuthService(SECRET, hasher=QuickHasher())
    service.register(username, password)

    expect(service.authenticate(username, password), f"authenticate({username!r}, {password!r})").is_a(
        str, because="hasher.verify tells whether a password is right; to hash it again gives another string"
    )


@check(tier=1, section="§1")
def test_taken_name_is_refused(subject: Remote) -> None:
    """A name that is taken cannot be registered again."""
    service = start_service(subject)

    with raises("ValueError", because="whoever can register 'ada' a second time takes over her account"):
        service.register("ada", "another password")

    log_in(service, "ada")
    is_turned_away(service, "ada", "another password", because="register changed the account all the same")


@check(tier=1, section="§1")
def test_empty_name_or_password_is_refused(subject: Remote) -> None:
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
def test_accounts_survive_a_restart(subject: Remote) -> None:
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
def test_given_hasher_is_used(subject: Remote, rng: Random) -> None:
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
def test_same_password_is_stored_differently(subject: Remote) -> None:
    """Two users with the same password do not have the same stored hash."""
    service = subject.AuthService(SECRET)
    for username in ("ada", "bob"):
        service.register(username, "correct horse battery")

    ada, bob = (member(attr(service, "users"), name, "users") for name in ("ada", "bob"))
    expect(bob, "the stored hash of bob, who has ada's password").differs_from(
        ada, because="without a salt of its own, one cracked hash opens every account with that password"
    )


@check(tier=1, section="§2")
def test_stored_hash_is_made_for_passwords(subject: Remote, rng: Random) -> None:
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
def test_wrong_password_gets_none(subject: Remote) -> None:
    """A wrong or empty password gets None, even if it is somebody else's right one."""
    service = start_service(subject)

    for password in ("not her password", "bob's password", ""):
        is_turned_away(service, "ada", password, because="hasher.verify returns False for it: not right")


@check(tier=1, section="§3")
def test_unknown_name_gets_none(subject: Remote, rng: Random) -> None:
    """An unknown or empty name gets the same None as a wrong password."""
    service = start_service(subject)

    for name in (random_word(rng, 9), ""):
        is_turned_away(service, name, "ada's password", because="another answer tells who has an account")


@check(tier=1, section="§3")
def test_disabled_account_gets_none(subject: Remote) -> None:
    """A disabled account gets None, even with the right password."""
    service = start_service(subject)
    service.disable("bob")

    is_turned_away(service, "bob", "bob's password", because="disabled looks like a wrong password")
    log_in(service, "ada")


@check(tier=1, section="§4")
def test_token_names_its_user(subject: Remote) -> None:
    """Each token names its own user, also when others log in later."""
    service = start_service(subject)
    tokens = {username: log_in(service, username) for username in ("ada", "bob")}

    for username, token in tokens.items():
        sub = member(claims_of(service, token), "sub", f"the claims of {username}'s token")
        expect(sub, f"'sub' of {username}'s token after both have logged in").equals(
            username, because="the name belongs in the token: the service has many users at once"
        )


@check(tier=1, section="§4")
def test_token_carries_its_times(subject: Remote, clock: Remote) -> None:
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
def test_token_ends_after_an_hour(subject: Remote, clock: Remote) -> None:
    """A token is good for one hour and then refused."""
    service = start_service(subject)
    token = log_in(service)

    clock.advance(3570)
    claims_of(service, token, "3570 s after its login")
    clock.advance(35)
    is_refused(service, token, "3605 s after its login", because="a token is refused from its exp on")


@check(tier=1, section="§4")
def test_access_ttl_sets_the_lifetime(subject: Remote, clock: Remote, rng: Random) -> None:
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
def test_token_of_another_secret_is_refused(subject: Remote, rng: Random) -> None:
    """A token that was signed with another secret is refused."""
    ours, theirs = (start_service(subject, random_word(rng, 48)) for _ in range(2))
    token = log_in(theirs)
    claims_of(theirs, token)

    because = "the signature must be checked, with a key that comes from secret_key"
    is_refused(ours, token, "of a service with another secret_key", because)


@check(tier=1, section="§4")
def test_changed_token_is_refused(subject: Remote) -> None:
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
def test_nonsense_is_no_token(subject: Remote) -> None:
    """Text that is no token at all is refused without an exception."""
    service = start_service(subject)

    for text in ("", "hello", "a.b.c"):
        expect(service.verify_token(text), f"verify_token({text!r})").is_none(
            because="anybody can send any text: verify_token answers None and never raises"
        )
