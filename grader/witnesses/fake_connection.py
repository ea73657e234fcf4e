"""One client of the fake Redis: bytes from a socket into fakeredis, replies back at once."""

import contextlib
import logging
import socket
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import redis
from fakeredis import FakeServer
from fakeredis._clients._tcp_server import encode_reply
from fakeredis._commands import command
from fakeredis._helpers import SimpleError
from fakeredis._socket import FakeSocket

from grader.witnesses import fake_info, fake_lua
from grader.witnesses.fake_expiry import ExactExpiry

_PIECE = 16_384
"""Bytes read at once. The parser copies the rest of a piece for every word in it: large ones cost more."""

_log = logging.getLogger(__name__)


class FakeStore(FakeServer):
    """The data all clients share, and what INFO tells of them."""

    def __init__(self, port: int) -> None:
        super().__init__(server_type="redis", version=(7, 4))
        self.port = port
        self.calls: Counter[str] = Counter()
        self.connections = 0


class FakeConnection(ExactExpiry, FakeSocket):
    """A client's session.

    fakeredis' own TCP server is not used, because of what it does to a client:

    * without TCP_NODELAY the second reply of a pipeline waits 40 ms for an acknowledgement;
    * a blocked BRPOP whose client has died still takes the next element, which is lost;
    * CLIENT KILL and a published message are noticed up to 10 ms later, at the next poll;
    * any surprise inside a command closes the connection, where here it is an error reply like others.
    """

    def __init__(self, store: FakeStore, stream: socket.socket) -> None:
        host, port = stream.getpeername()[:2]
        ours = stream.getsockname()
        info = {
            "resp": 2,
            "fd": stream.fileno(),
            "addr": f"{host}:{port}",
            "laddr": f"{ours[0]}:{ours[1]}",
            "name": "",
        }
        super().__init__(store, 0, client_class=redis.Redis, client_info=info)
        self._store = store
        self._stream = stream
        self._sending = threading.Lock()
        self._thread = threading.current_thread()

    def serve(self) -> None:
        """Answer commands until either side closes."""
        self._store.connections += 1
        try:
            while not self._killed and (piece := self._stream.recv(_PIECE)):
                self.sendall(piece)
        except SimpleError as error:
            # Not the Redis protocol: the parser cannot go on after that, and a real server does not either.
            self.put_response(SimpleError(f"ERR Protocol error: {error.value}"))
        except (OSError, StopIteration, redis.ConnectionError):
            pass
        finally:
            self.close()

    def put_response(self, msg: Any) -> None:  # noqa: ANN401  # whatever fakeredis answers
        """Send a reply, or a message that another client's thread published."""
        reply = encode_reply(msg, self._client_info.protocol_version)
        with self._sending, contextlib.suppress(OSError):
            self._stream.sendall(reply)

    def kill(self) -> None:
        """CLIENT KILL: close the connection now; a client that kills itself still gets its reply."""
        super().kill()
        if threading.current_thread() is not self._thread:
            with contextlib.suppress(OSError):
                self._stream.shutdown(socket.SHUT_RDWR)

    @command(name="INFO", fixed=(), repeat=(bytes,))
    def info(self, *sections: bytes) -> bytes:
        """INFO, which fakeredis lacks."""
        return fake_info.describe(self._store, [section.decode().lower() for section in sections]).encode()

    def eval(self, script: bytes, numkeys: int, *keys_and_args: bytes) -> Any:  # noqa: ANN401
        """EVAL and EVALSHA, each beginning with a clean and limited Lua."""
        fake_lua.begin_script(self._get_server_runtime(self._server))
        return super().eval(script, numkeys, *keys_and_args)

    def _get_server_runtime(self, server: FakeServer) -> Any:  # noqa: ANN401
        """The one Lua runtime of the store; it is made with the first script."""
        is_new = not hasattr(server, "_lua_runtime")
        runtime = super()._get_server_runtime(server)
        if is_new:
            fake_lua.add_what_redis_has(runtime)
        return runtime

    def _process_command(self, fields: list[bytes]) -> None:
        """Run one command; a failure inside fakeredis becomes an error reply that says so."""
        try:
            super()._process_command(fields)
        except (OSError, redis.ConnectionError):
            raise
        except Exception as error:  # noqa: BLE001  # the client is told, and the log has the traceback
            _log.exception("in %r", fields[0])
            name = fields[0].decode(errors="replace").upper()
            self.put_response(SimpleError(f"ERR the fake Redis failed in {name}: {type(error).__name__}: {error}"))

    def _run_command(self, func: Any, sig: Any, args: list[Any], from_script: bool) -> Any:  # noqa: ANN401, FBT001
        """Count every command for INFO, those of scripts and transactions too."""
        self._store.calls[sig.name] += 1
        return super()._run_command(func, sig, args, from_script)

    def _blocking(
        self, timeout: float | None, func: Callable[[bool], Any], shape: Callable[[Any], Any] | None = None
    ) -> Any:  # noqa: ANN401
        """Wait for data, but take none for a client that has gone meanwhile."""

        def take(first_pass: bool) -> Any:  # noqa: ANN401, FBT001
            if not first_pass and self._is_gone():
                message = "the client has gone"
                raise ConnectionResetError(message)
            return func(first_pass)

        return super()._blocking(timeout, take, shape)

    def _is_gone(self) -> bool:
        """Whether the client has closed its end."""
        try:
            return self._stream.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _decode_error(self, error: SimpleError) -> SimpleError:  # type: ignore[override]
        """Keep the text as the server says it; the detour over redis-py's classes loses its first word."""
        return SimpleError(error.value)
