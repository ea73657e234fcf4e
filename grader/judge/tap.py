"""The fixture `tap`: a gate before a server that counts round trips and can stall, cut off or refuse its clients."""

import contextlib
import selectors
import socket
import threading
from typing import Final

from grader.judge.servers import RedisWitness

HOST: Final = "127.0.0.1"
_CHUNK: Final = 65536


class Tap:
    """Passes bytes between clients and one server, both ways, on a thread of its own.

    Arguments:
        server: what lies behind.

    Attributes:
        host, port: what the submission is told to connect to.
        round_trips: bursts of requests that an answer had followed or is still due for, over all connections: a
            pipeline is one, two commands one after the other are two. May be set to 0.
        opened: connections accepted so far.
    """

    def __init__(self, server: RedisWitness) -> None:
        self._behind = (server.host, server.port)
        self._mutex = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._partner: dict[socket.socket, socket.socket] = {}
        self._clients: set[socket.socket] = set()
        self._asking: set[socket.socket] = set()
        self._held: list[tuple[socket.socket, bytes]] = []
        self._paused = False
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._listener = _bound(0)
        self._listening = False
        self.host, self.port = HOST, self._listener.getsockname()[1]
        self.round_trips = self.opened = 0
        self._closed = False
        self.accept()
        self._thread = threading.Thread(target=self._run, name="tap", daemon=True)
        self._thread.start()

    @property
    def connections(self) -> int:
        """Clients connected now."""
        with self._mutex:
            return len(self._clients)

    def pause(self) -> None:
        """Let nothing through any more, as a network that drops its packets: connections stay, answers do not come."""
        with self._mutex:
            self._paused = True

    def resume(self) -> None:
        """Let through what was held back, and all that follows."""
        with self._mutex:
            self._paused = False
            held, self._held = self._held, []
            for target, data in held:
                self._send(target, data)

    def cut(self) -> None:
        """Drop every connection, as a restart of the server does; new ones are accepted."""
        with self._mutex:
            for client in list(self._clients):
                self._drop(client)

    def refuse(self) -> None:
        """Drop every connection and accept no new one: nobody listens on the port any more."""
        with self._mutex:
            if self._listening:
                self._selector.unregister(self._listener)
                self._listener.close()
                self._listener = _bound(
                    self.port
                )  # bound, not listening: nobody else gets the port, clients are refused
                self._listening = False
            for client in list(self._clients):
                self._drop(client)
        self._nudge()

    def accept(self) -> None:
        """Listen (again) on the same port."""
        with self._mutex:
            if self._listening:
                return
            self._listener.listen(64)
            self._listening = True
            self._selector.register(self._listener, selectors.EVENT_READ)
        self._nudge()

    def close(self) -> None:
        """Drop all and end the thread."""
        self.refuse()
        self._closed = True
        self._nudge()
        self._thread.join()
        self._selector.close()
        self._listener.close()
        self._wake.close()
        self._woken.close()

    # -- on the tap's thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closed:
            for key, _ in self._selector.select():
                ready = key.fileobj
                assert isinstance(ready, socket.socket)
                with self._mutex:
                    if ready is self._woken:
                        ready.recv(4096)
                    elif ready is self._listener:
                        self._welcome(ready)
                    elif ready in self._partner:
                        self._pass_on(ready)

    def _welcome(self, listener: socket.socket) -> None:
        client, _ = listener.accept()
        try:
            server = socket.create_connection(self._behind, timeout=5)
        except OSError:
            client.close()
            return
        self.opened += 1
        self._clients.add(client)
        self._partner[client], self._partner[server] = server, client
        for one in (client, server):
            one.settimeout(5)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, source: socket.socket) -> None:
        try:
            data = source.recv(_CHUNK)
        except OSError:
            data = b""
        if not data:
            self._drop(source)
            return
        if source in self._clients:
            if source not in self._asking:
                self._asking.add(source)
                self.round_trips += 1
        else:
            self._asking.discard(self._partner[source])
        if self._paused:
            self._held.append((self._partner[source], data))
        else:
            self._send(self._partner[source], data)

    def _send(self, target: socket.socket, data: bytes) -> None:
        try:
            target.sendall(data)
        except OSError:
            self._drop(target)

    def _drop(self, either: socket.socket) -> None:
        other = self._partner.pop(either, None)
        if other is None:
            return
        del self._partner[other]
        for one in (either, other):
            self._clients.discard(one)
            self._asking.discard(one)
            self._selector.unregister(one)
            one.close()

    def _nudge(self) -> None:
        with contextlib.suppress(OSError):
            self._wake.send(b".")


def _bound(port: int) -> socket.socket:
    """A socket that has the port (0: any free one) and does not listen."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((HOST, port))
    return made
