"""The few words of the Redis protocol (RESP2) that starting a server takes, without a client library."""

import socket
from typing import Self


class RefusedError(Exception):
    """The server answered with an error; the message is its own."""


class Client:
    """One connection that sends a command and waits for its answer.

    Arguments:
        host: the server's address.
        port: its port.
        timeout: seconds for connecting and for each answer.

    Raises:
        OSError: nobody answers there, or not in time.
    """

    def __init__(self, host: str, port: int, *, timeout: float) -> None:
        self._socket = socket.create_connection((host, port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def call(self, *words: str) -> bytes:
        """Send one command; the answer is the text of a string, or of a number in digits.

        Raises:
            RefusedError: the server answered with an error.
            OSError: the connection broke or the answer did not come in time.
        """
        encoded = [word.encode() for word in words]
        parts = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)
        self._socket.sendall(b"*%d\r\n%s" % (len(encoded), parts))
        line = self._line()
        kind, text = line[:1], line[1:]
        if kind == b"-":
            raise RefusedError(text.decode(errors="replace"))
        if kind == b"$":
            return self._exactly(int(text) + 2)[:-2]
        return text

    def _line(self) -> bytes:
        """Receive up to the end of a line."""
        while b"\r\n" not in self._received:
            self._receive()
        line, _, self._received = self._received.partition(b"\r\n")
        return line

    def _exactly(self, count: int) -> bytes:
        """Receive *count* bytes."""
        while len(self._received) < count:
            self._receive()
        wanted, self._received = self._received[:count], self._received[count:]
        return wanted

    def _receive(self) -> None:
        """Wait for more bytes."""
        more = self._socket.recv(65536)
        if not more:
            message = "the server closed the connection"
            raise ConnectionResetError(message)
        self._received += more


def info(client: Client, section: str = "server") -> dict[str, str]:
    """One section of what INFO says, as names and values.

    Raises:
        RefusedError: the server does not let us ask.
        OSError: the connection broke.
    """
    lines = client.call("INFO", section).decode(errors="replace").splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)
