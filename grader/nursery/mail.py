"""Small messages with file descriptors between the nursery's own processes, over unix stream sockets."""

import array
import socket
import struct
import threading
from typing import Any

import msgpack

_LENGTH = struct.Struct(">I")
_MAX_FDS = 8

Letter = dict[str, Any]


def send(sock: socket.socket, letter: Letter, fds: list[int] | None = None) -> None:
    """Send *letter*, and with it copies of *fds*."""
    body: bytes = msgpack.packb(letter)
    data = _LENGTH.pack(len(body)) + body
    sent = socket.send_fds(sock, [data], fds) if fds else sock.send(data)
    while sent < len(data):
        sent += sock.send(data[sent:])


def receive(sock: socket.socket) -> tuple[Letter, list[int]] | None:
    """The next letter and its file descriptors, or None when the other side closed.

    One reader takes one letter at a time and the writers wait for an answer or send whole letters, so descriptors
    always arrive with their letter.
    """
    fds = array.array("i")
    data = b""
    need = _LENGTH.size
    while len(data) < need:
        try:
            chunk, ancillary, _, _ = sock.recvmsg(need - len(data), socket.CMSG_SPACE(_MAX_FDS * fds.itemsize))
        except OSError:
            return None
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(content[: len(content) - (len(content) % fds.itemsize)])
        if not chunk:
            return None
        data += chunk
        if len(data) == _LENGTH.size and need == _LENGTH.size:
            need += _LENGTH.unpack(data)[0]
    return msgpack.unpackb(data[_LENGTH.size :]), list(fds)


def ask(sock: socket.socket, letter: Letter, fds: list[int] | None = None) -> tuple[Letter, list[int]] | None:
    """Send *letter* and wait for the answer; None when the other side closed."""
    try:
        send(sock, letter, fds)
    except OSError:
        return None
    return receive(sock)


class Line:
    """A connection for several threads: one asks at a time, or each would read parts of the other's answer.

    Arguments:
        sock: the connection; the line closes it.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._mutex = threading.Lock()

    def ask(self, letter: Letter, fds: list[int] | None = None) -> tuple[Letter, list[int]] | None:
        """As the function of that name."""
        with self._mutex:
            return ask(self._sock, letter, fds)

    def close(self) -> None:
        """Hang up."""
        self._sock.close()
