"""Mistake: the book's listing, repaired just enough to run.

Believes: a name, a hash and a token are all there is to a login.
Rejected by: new_service_knows_nobody, registered_user_gets_a_token, given_hasher_is_used
Hint: Start with the constructor: which accounts does it make, and with which hash?

What is wrong with it:
- As printed it does not parse: one assignment has its value on the next line.
- The comment beside the stored hash is broken in two: the word in it becomes part of the hash, and no
  password matches.
- authenticate is indented into the constructor: the object has no such method.
- One account with a well-known password is built in. There is no way to add, disable or change one.
- Passwords are kept as one round of SHA-256 without a salt: a thief looks them up in a table.
- Two hashes are compared with ==, which takes longer the more of them agrees.
- An unknown name is answered sooner than a wrong password, and so tells itself apart.
- Nothing reads the tokens: no checking, no renewing, no taking back.
- Any key is taken, even an empty one.
- The token says who and until when, but not since when, by whom, for whom, or which token it is.
- A password that is no text raises.
- Guessing is neither counted nor slowed down, input of any length is hashed, clock and lifetime are fixed.
"""

import hashlib
import time

import jwt


class AuthService:
    """Gives a token to whoever knows the one password."""

    def __init__(self, secret_key: str, **_unknown: object) -> None:
        self.secret_key = secret_key
        self.users = {"admin": hashlib.sha256(b"password").hexdigest()}

    def authenticate(self, username: str, password: str) -> str | None:
        if username not in self.users:
            return None
        if hashlib.sha256(password.encode()).hexdigest() != self.users[username]:
            return None
        in_an_hour = time.time() + 3600
        return jwt.encode({"username": username, "exp": in_an_hour}, self.secret_key, algorithm="HS256")
