"""The fake Redis' own process: serves clients on threads and obeys its owner on standard input."""

import logging
import os
import socket
import socketserver
import struct
import sys
import threading

# fakeredis imports the valkey client too where it finds it: a fifth of the start, for nothing here.
sys.modules["valkey"] = None  # type: ignore[assignment]

from fakeredis.commands_mixins import scripting_mixin  # noqa: E402

from grader.witnesses import fake_lua  # noqa: E402
from grader.witnesses.fake_connection import FakeConnection, FakeStore  # noqa: E402
from grader.witnesses.fake_orders import ANSWER, FREEZE, MOVE, ORDER  # noqa: E402
from grader.witnesses.fake_time import FakeTime  # noqa: E402

_STUCK_CLIENT_SECONDS = 10
"""A client that never reads its replies would hold its thread for good; real servers drop it too."""


class _Client(socketserver.BaseRequestHandler):
    """socketserver's hook: one thread per connection."""

    server: "_Server"

    def handle(self) -> None:
        """Serve the connection to its end."""
        stream: socket.socket = self.request
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", _STUCK_CLIENT_SECONDS, 0))
        FakeConnection(self.server.store, stream).serve()


class _Server(socketserver.ThreadingTCPServer):
    """Accepts connections. With the usual backlog of 5 the sixth of many clients waits a second."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Client)
        self.store = FakeStore(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes in the middle of things is no news; anything else is in the log already."""
        del request, client_address


def main(port: int) -> None:
    """Serve on *port* (0: a free one), say which in the first answer, then obey until the owner is gone."""
    logging.basicConfig(level=logging.WARNING)
    clock = FakeTime()
    clock.install()
    fake_lua.shut_in(scripting_mixin.LUA_MODULE)
    server = _Server(port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _answer(float(server.server_address[1]))
    while order := sys.stdin.buffer.read(ORDER.size):
        _answer(_obey(order, clock, server.store))
    # Threads blocked in the middle of a command are not worth waiting for.
    os._exit(0)


def _obey(order: bytes, clock: FakeTime, store: FakeStore) -> float:
    """Change the clock between two commands, never inside one, and wake clients whose wait may be over."""
    letter, number = ORDER.unpack(order)
    with store.lock:
        if letter == MOVE:
            clock.move(number)
        elif letter == FREEZE:
            clock.freeze(number)
        else:
            number = clock.unfreeze()
        for data in list(store.dbs.values()):
            data.condition.notify_all()
    return float(number)


def _answer(number: float) -> None:
    """Tell the owner."""
    sys.stdout.buffer.write(ANSWER.pack(number))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
