"""Length-prefixed msgpack messages over a stream socket, with a cap on their size.

msgpack because it carries exact builtin types and can run no code when it is read, which pickle can.
"""

import contextlib
import socket
import struct
import threading
from typing import Any

import msgpack

from grader.errors import MessageTooLarge, WireError

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class Frames:
    """Sends and receives whole messages; sending is safe from several threads, receiving belongs to one."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._reader = sock.makefile("rb", buffering=64 * 1024)
        self._sending = threading.Lock()

    def send(self, message: list[Any]) -> None:
        """Send one message of msgpack's own types.

        Raises:
            MessageTooLarge: it is over `MAX_MESSAGE_BYTES`; nothing was sent.
            OSError: the other side is gone.
        """
        body: bytes = msgpack.packb(message, unicode_errors="surrogatepass")
        if len(body) > MAX_MESSAGE_BYTES:
            size = len(body) // 1024 // 1024
            raise MessageTooLarge(f"a value of {size} MiB; at most {MAX_MESSAGE_BYTES // 1024 // 1024} MiB can cross")
        with self._sending:
            self._socket.sendall(_LENGTH.pack(len(body)) + body)

    def receive(self) -> list[Any] | None:
        """The next message, or None when the other side closed.

        Raises:
            WireError: what came is no message of this protocol.
        """
        try:
            head = self._reader.read(_LENGTH.size)
            if len(head) < _LENGTH.size:
                return None
            (size,) = _LENGTH.unpack(head)
            if size > MAX_MESSAGE_BYTES:
                raise WireError(f"a message of {size} bytes was announced")
            body = self._reader.read(size)
        except (OSError, ValueError):
            return None
        if len(body) < size:
            return None
        try:
            message = msgpack.unpackb(body, unicode_errors="surrogatepass", strict_map_key=False)
        except (ValueError, TypeError, OverflowError, msgpack.exceptions.UnpackException) as error:
            raise WireError(f"not a msgpack message: {error}") from error
        if type(message) is not list or not message:
            raise WireError("a message is a list")
        return message

    def close(self) -> None:
        """Close both directions; a thread blocked in `receive` gets None."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def finish(self) -> None:
        """Close, from the thread that reads: only it may close what it reads from."""
        self.close()
        with contextlib.suppress(OSError):
            self._reader.close()
