"""The one error of this package: a server the checks need cannot be had."""

from grader.errors import GraderError


class ServerUnavailable(GraderError):
    """No PostgreSQL, Valkey or fake Redis could be found or started; the message says why in plain words."""
