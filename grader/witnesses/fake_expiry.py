"""SETEX and PSETEX as a real server has them: fakeredis 2.40 cuts their expiry down to a whole second."""

from typing import Any

from fakeredis import _msgs as messages
from fakeredis._helpers import OK, SimpleError

_LATEST_MS = 2**63


class ExactExpiry:
    """Goes before fakeredis' own socket class; only the rounding differs."""

    _db: Any

    def psetex(self, key: Any, ms: int, value: bytes) -> Any:  # noqa: ANN401 - fakeredis' own types
        """PSETEX: *value* for *ms* milliseconds."""
        return self._set_for(key, ms / 1000, value, "psetex")

    def setex(self, key: Any, seconds: int, value: bytes) -> Any:  # noqa: ANN401 - fakeredis' own types
        """SETEX: *value* for *seconds*."""
        return self._set_for(key, seconds, value, "setex")

    def _set_for(self, key: Any, seconds: float, value: bytes, command: str) -> Any:  # noqa: ANN401
        if seconds <= 0 or (self._db.time + seconds) * 1000 >= _LATEST_MS:
            raise SimpleError(messages.INVALID_EXPIRE_MSG.format(command))
        key.value = value
        key.expireat = self._db.time + seconds
        return OK
