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
    """A salted hash that takes no time, which is good in a check and nowhere else; it remembers what it was asked."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}  # stored string → the password it was made from
        self.verified: list[tuple[str, str]] = []

    def hash(self, password: str) -> str:
        salt = secrets.token_hex(8)
        stored = f"quick${salt}${hashlib.sha256((salt + password).encode()).hexdigest()}"
        self.made[stored] = password
        return stored

    def verify(self, stored: str, password: str) -> bool:
        if password in self.made and stored not in self.made:
            message = "verify(stored, password) was called with the password first"
            raise TypeError(message)
        self.verified.append((stored, password))
        return self.made.get(stored) == password

    def needs_rehash(self, stored: str) -> bool:
        return stored not in self.made


def start_service(subject: Remote, secret: str = SECRET, **options: float) -> Remote:
    """Return a service that hashes in no time and knows ada and bob."""
    service = subject.AuthService(secret, hasher=QuickHasher(), **options)
    service.register("ada", "ada's password")
    service.register("bob", "bob's password")
    return service


def log_in(service: Remote, username: str = "ada") -> str:
    """Return the token of a login that has to work."""
    token = service.authenticate(username, f"{username}'s password")
    expect(token, f"authenticate({username!r}, the right password)").is_a(
        str, because="a registered user with the right password gets a token, as text"
    )
    return str(token)


def claims_of(service: Remote, token: str) -> dict[str, Any]:
    """Return the claims of a token that has to be good."""
    claims = service.verify_token(token)
    expect(claims, "verify_token of a token just issued").is_a(
        dict, because="the service does not accept its own token, or does not return the claims as a dict"
    )
    return dict(claims)


def random_word(rng: Random, length: int) -> str:
    """Return lower-case letters that nobody can have written into a solution."""
    return "".join(rng.choices(string.ascii_lowercase, k=length))


def parts_of(token: str) -> list[str]:
    """Return the header, payload and signature of a token as they are written."""
    parts = token.split(".")
    if len(parts) != len(("header", "payload", "signature")) or not all(parts):
        fail("The token is not a signed JSON Web Token.", expected="three parts: header.payload.signature",
             got=token, because="jwt.encode(claims, key, algorithm) makes one")  # fmt: skip
    return parts


def with_claims(token: str, **changes: object) -> str:
    """Return the token with other claims and its old signature, as a forger would write it."""
    header, payload, signature = parts_of(token)
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) | changes
    except (ValueError, TypeError):
        fail("The middle part of the token cannot be read.", expected="a JSON object in base64url",
             got=payload, because="the payload of a JSON Web Token is signed, not secret")  # fmt: skip
    forged = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode())
    return f"{header}.{forged.rstrip(b'=').decode()}.{signature}"


@check(tier=1, section="§1")
def test_new_service_knows_nobody(subject: Remote) -> None:
    """A new service has no account, not even an admin."""
    service = subject.AuthService(SECRET, hasher=QuickHasher())

    expect(attr(service, "users"), "the users of a new service").equals(
        {}, because="an account that is built in is a back door into every copy of the service"
    )
    expect(service.authenticate("admin", "password"), "authenticate('admin', 'password') on it").is_none(
        because="nobody has registered yet"
    )


@check(tier=1, section="§1")
def test_registered_user_gets_a_token(subject: Remote, rng: Random) -> None:
    """A registered user gets a token for the right password."""
    username, password = random_word(rng, 8), random_word(rng, 14)
    service = subject.AuthService(SECRET, hasher=QuickHasher())
    service.register(username, password)

    token = service.authenticate(username, password)

    expect(token, f"authenticate({username!r}, the right password)").is_a(
        str, because="only hasher.verify can tell whether a password is right: hashing it again gives another salt"
    )
    parts_of(token)


@check(tier=1, section="§1")
def test_taken_name_is_refused(subject: Remote) -> None:
    """A name that is taken cannot be registered again."""
    service = start_service(subject)

    with raises("ValueError", because="whoever can register 'ada' a second time takes over her account"):
        service.register("ada", "another password")

    log_in(service, "ada")
    expect(service.authenticate("ada", "another password"), "a login with the refused password").is_none(
        because="the refused registration changed the account all the same"
    )


@check(tier=1, section="§1")
def test_empty_name_or_password_is_refused(subject: Remote) -> None:
    """No account can have an empty name or an empty password."""
    service = subject.AuthService(SECRET, hasher=QuickHasher())

    with raises("ValueError", because="an account without a password is open to everybody"):
        service.register("ada", "")
    with raises("ValueError", because="an empty name is a form sent by mistake, not a user"):
        service.register("", "a good password")

    expect(attr(service, "users"), "the users after both were refused").equals(
        {}, because="the account was stored before the input was looked at"
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
    expect(users["bob"], "the stored hash of bob, who is disabled").satisfies(
        str(users["bob"]).startswith("!"), "text with '!' in front", because="that is how users says 'disabled'"
    )

    after = subject.AuthService(SECRET, users=users, hasher=hasher)

    log_in(after, "ada")
    expect(after.authenticate("bob", "bob's password"), "a login of bob, who was disabled before").is_none(
        because="the '!' in front of his stored hash did not keep him out"
    )


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
    """The same password is never stored as the same text."""
    first, second = subject.AuthService(SECRET), subject.AuthService(SECRET)
    for service, username in ((first, "ada"), (first, "bob"), (second, "ada")):
        service.register(username, "correct horse battery")

    ada, bob = (member(attr(first, "users"), name, "users") for name in ("ada", "bob"))
    expect(bob, "the stored hash of bob, who has ada's password").differs_from(
        ada, because="without a salt of its own, one cracked hash opens every account with that password"
    )
    expect(member(attr(second, "users"), "ada", "users"), "ada's stored hash in another service").differs_from(
        ada, because="a salt is random: one that is made from the name is known in advance"
    )


@check(tier=1, section="§2")
def test_stored_hash_is_made_for_passwords(subject: Remote, rng: Random) -> None:
    """Passwords are kept as a slow hash that names its method."""
    password = random_word(rng, 16)
    service = subject.AuthService(SECRET)

    service.register("ada", password)

    stored = member(attr(service, "users"), "ada", "users")
    expect(stored, "the stored hash").is_a(str, because="users maps names to text")
    expect(stored, "the stored hash").satisfies(
        password not in stored, "text without the password", because="whoever reads the store can log in"
    )
    expect(stored, "the stored hash").satisfies(
        any(name in stored[:24].lower() for name in SLOW_HASHES), "argon2…, scrypt…, $2b$… (bcrypt) or pbkdf2…",
        because="a thief tries billions of fast hashes such as SHA-256 in a second, with a salt or without",
    )  # fmt: skip
    expect(service.authenticate("ada", password), "a login with your own hasher").is_a(
        str, because="your own hasher does not recognise the password it hashed"
    )
    expect(service.authenticate("ada", password + "x"), "a wrong password with your own hasher").is_none(
        because="argon2's verify raises where yours has to return False"
    )


@check(tier=1, section="§3")
def test_wrong_password_gets_none(subject: Remote) -> None:
    """A wrong password gets None, even if it is somebody else's right one."""
    service = start_service(subject)

    for password in ("not her password", "bob's password"):
        expect(service.authenticate("ada", password), f"authenticate('ada', {password!r})").is_none(
            because="hasher.verify returns False for a wrong password; it does not raise"
        )


@check(tier=1, section="§3")
def test_unknown_name_gets_none(subject: Remote, rng: Random) -> None:
    """An unknown name gets the same None as a wrong password."""
    service, stranger = start_service(subject), random_word(rng, 9)

    expect(service.authenticate(stranger, "ada's password"), f"authenticate({stranger!r}, …)").is_none(
        because="an answer of its own would tell which names have an account"
    )


@check(tier=1, section="§3")
def test_empty_login_gets_none(subject: Remote) -> None:
    """A login with an empty name or password gets None."""
    service = start_service(subject)

    for username, password in (("ada", ""), ("", "ada's password"), ("", "")):
        expect(service.authenticate(username, password), f"authenticate({username!r}, {password!r})").is_none(
            because="an empty field is a failed login like any other: no token, no exception"
        )


@check(tier=1, section="§3")
def test_disabled_account_gets_none(subject: Remote) -> None:
    """A disabled account gets None, even with the right password."""
    service = start_service(subject)
    service.disable("bob")

    expect(service.authenticate("bob", "bob's password"), "a login of bob after disable('bob')").is_none(
        because="a disabled account answers like a wrong password"
    )
    log_in(service, "ada")


@check(tier=1, section="§4")
def test_token_names_its_user(subject: Remote) -> None:
    """Each token names its own user, also when others log in later."""
    service = start_service(subject)
    tokens = {username: log_in(service, username) for username in ("ada", "bob")}

    for username, token in tokens.items():
        claims = claims_of(service, token)
        expect(member(claims, "sub", "the claims"), f"'sub' of {username}'s token after both logins").equals(
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

    expect(issued[1] - issued[0], "'iat' of a login 500 s later, less the first 'iat'").between(
        498, 530, because="iat is the time of the login that made the token"
    )


@check(tier=1, section="§4")
def test_token_ends_after_an_hour(subject: Remote, clock: Remote) -> None:
    """A token is good for one hour and then refused."""
    service = start_service(subject)
    token = log_in(service)

    clock.advance(3570)
    expect(service.verify_token(token), "verify_token 3570 s after the login").is_a(
        dict, because="a token lives 3600 s if access_ttl is left out"
    )
    clock.advance(35)
    expect(service.verify_token(token), "verify_token 3605 s after the login").is_none(
        because="a token is refused from its exp on"
    )


@check(tier=1, section="§4")
def test_access_ttl_sets_the_lifetime(subject: Remote, clock: Remote, rng: Random) -> None:
    """The lifetime of a token is what access_ttl says."""
    for ttl in (rng.randrange(120, 1200), rng.randrange(5000, 20000)):
        service = start_service(subject, access_ttl=ttl)
        token = log_in(service)

        clock.advance(ttl - 30)
        expect(service.verify_token(token), f"verify_token after {ttl - 30} s, access_ttl={ttl}").is_a(
            dict, because="a token is good until access_ttl seconds have passed"
        )
        clock.advance(35)
        expect(service.verify_token(token), f"verify_token after {ttl + 5} s, access_ttl={ttl}").is_none(
            because="a token ends when access_ttl seconds have passed"
        )


@check(tier=1, section="§4")
def test_token_of_another_secret_is_refused(subject: Remote, rng: Random) -> None:
    """A token that was signed with another secret is refused."""
    ours, theirs = (start_service(subject, random_word(rng, 48)) for _ in range(2))
    token = log_in(theirs)
    claims_of(theirs, token)

    expect(ours.verify_token(token), "verify_token of a token signed with another secret_key").is_none(
        because="the signature must be checked, with a key that comes from secret_key"
    )


@check(tier=1, section="§4")
def test_changed_token_is_refused(subject: Remote) -> None:
    """A token that was changed after signing is refused."""
    service = start_service(subject)
    token = log_in(service)
    claims_of(service, token)
    header, payload, signature = parts_of(token)
    half = len(signature) // 2
    other_signature = signature[:half] + ("B" if signature[half] == "A" else "A") + signature[half + 1 :]

    for change, forgery in (
        ("whose sub was changed to 'bob'", with_claims(token, sub="bob")),
        ("whose exp was moved to the year 2100", with_claims(token, exp=4_102_444_800)),
        ("with another character in its signature", f"{header}.{payload}.{other_signature}"),
        ("without its signature", f"{header}.{payload}."),
    ):
        expect(service.verify_token(forgery), f"verify_token of a token {change}").is_none(
            because="only the signature proves that the service wrote the token"
        )


@check(tier=1, section="§4")
def test_nonsense_is_no_token(subject: Remote) -> None:
    """Text that is no token at all is refused without an exception."""
    service = start_service(subject)

    for text in ("", "hello", "a.b.c"):
        expect(service.verify_token(text), f"verify_token({text!r})").is_none(
            because="anybody can send any text: verify_token answers None and never raises"
        )
