"""Servers that are not ours: the ones REDIS_URL and DATABASE_URL name, used with care and never stopped."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from grader.witnesses import resp
from grader.witnesses.schemas import server_version
from grader.witnesses.unavailable import ServerUnavailable

_SECONDS_TO_ANSWER = 5.0


@dataclass(frozen=True)
class OutsideRedis:
    """A Redis or Valkey somebody else runs. Only its database 0 is used, and only because it was empty."""

    host: str
    port: int
    version: str

    def leave(self) -> None:
        """Empty database 0, as it was found. A server that has gone meanwhile is left alone."""
        try:
            with resp.Client(self.host, self.port, timeout=_SECONDS_TO_ANSWER) as client:
                client.call("FLUSHDB")
        except (OSError, resp.RefusedError):
            return


def outside_redis(url: str) -> OutsideRedis:
    """Look at the server that *url* names and decide whether checks may use it.

    Solutions are given a host and a port and nothing else, so they always speak to database 0, without a
    password. Checks empty that database. It must therefore be database 0 (or none) that the URL names,
    without password or TLS, and it must be empty now: then all that is in it later is the checks' own, and
    emptying it hurts nobody. FLUSHALL is never sent, and other databases are never looked at.

    Arguments:
        url: ``redis://host:port`` or ``valkey://host:port``.

    Raises:
        ServerUnavailable: the server does not fit or cannot be reached; the message says why and what to do.
    """
    parts = urlsplit(url)
    host, port = parts.hostname, parts.port or 6379
    if parts.scheme not in {"redis", "valkey"} or not host:
        message = f"REDIS_URL must look like redis://host:port, not {_without_password(url)}"
        raise ServerUnavailable(message)
    if parts.password or parts.username:
        message = "REDIS_URL has a password, but solutions are given a host and a port only: use a server without"
        raise ServerUnavailable(message)
    if parts.path.strip("/") not in {"", "0"}:
        message = (
            f"REDIS_URL names database {parts.path.strip('/')}, but solutions are given a host and a port "
            "only, so they use database 0: point it at a server whose database 0 may be used"
        )
        raise ServerUnavailable(message)
    try:
        with resp.Client(host, port, timeout=_SECONDS_TO_ANSWER) as client:
            facts = resp.info(client)
            keys = int(client.call("DBSIZE"))
    except (OSError, resp.RefusedError) as error:
        message = f"the server that REDIS_URL names, {host}:{port}, cannot be used: {error}"
        raise ServerUnavailable(message) from error
    if keys:
        message = (
            f"database 0 of the server that REDIS_URL names, {host}:{port}, holds {keys} keys, and checks "
            "empty it: point REDIS_URL at an empty server, or unset it and a private one is started"
        )
        raise ServerUnavailable(message)
    return OutsideRedis(host, port, facts.get("valkey_version") or facts.get("redis_version", ""))


def outside_postgres(url: str) -> str:
    """The version of the server that *url* names; checks make schemas in its database and drop them again.

    Raises:
        ServerUnavailable: the server cannot be reached.
    """
    try:
        return server_version(url)
    except ServerUnavailable as error:
        message = f"the server that DATABASE_URL names cannot be used: {error}"
        raise ServerUnavailable(message) from error


def _without_password(url: str) -> str:
    """*url* as it may be shown."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}" if parts.hostname else repr(parts.scheme)
