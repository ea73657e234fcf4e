"""What clients asked a real server for, in the order in which it did it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from cache_calls import Redis

_WITH_AN_END = {"EX", "PX", "EXAT", "PXAT", "KEEPTTL"}
_MAKERS = {"SETNX", "GETSET", "INCR", "INCRBY", "APPEND", "HSET", "HMSET", "RPUSH", "LPUSH", "SADD", "ZADD", "MSET"}
_ENDERS = {"EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT", "GETEX", "SETEX", "PSETEX"}
_REMOVERS = {"DEL", "UNLINK", "GETDEL"}


@contextmanager
def orders(server: Redis) -> Iterator[list[tuple[str, list[str]]]]:
    """Collect the orders of all clients meanwhile: each with who gave it (an address, or "lua")."""
    given: list[tuple[str, list[str]]] = []
    last = uuid4().hex
    begun = threading.Event()

    def listen() -> None:
        with server.client.monitor() as monitor:
            begun.set()
            while True:
                order: dict[str, Any] = monitor.next_command()
                words = _words(order["command"])
                if last in words:
                    return
                who = "lua" if order["client_type"] == "lua" else f"{order['client_address']}:{order['client_port']}"
                given.append((who, words))

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    begun.wait(5)
    try:
        yield given
    finally:
        server.client.echo(last)
        listener.join(5)


@contextmanager
def born_endless(server: Redis) -> Iterator[set[str]]:
    """Collect the keys that were, between two steps of the server, without an expiry."""
    found: set[str] = set()
    with orders(server) as given:
        yield found
    endless: set[str] = set()
    ending: set[str] = set()
    transaction = ""
    for position, (who, words) in enumerate(given):
        name = words[0].upper()
        if name == "MULTI":
            transaction = who
        elif name == "EXEC":
            transaction = ""
        keys = words[1:] if name in _REMOVERS else words[1:2]
        if name == "SET" and not _WITH_AN_END & {word.upper() for word in words[3:]}:
            endless.update(keys)
            ending.difference_update(keys)
        elif name in _MAKERS:
            endless.update(set(keys) - ending)  # a hash that has an expiry keeps it when a field is added
        elif name in _REMOVERS:
            endless.difference_update(keys)
            ending.difference_update(keys)
        elif name in _ENDERS or name == "SET":
            endless.difference_update(keys)
            ending.update(keys)
        following = given[position + 1][0] if position + 1 < len(given) else ""
        if not transaction and following != "lua":
            found |= endless


def _words(command: str) -> list[str]:
    """Split an order as MONITOR shows it, with the double quotes gone."""
    words, word, escaped = [], "", False
    for sign in command + " ":
        if escaped or sign not in ' \\"':
            word, escaped = word + sign, False
        elif sign == "\\":
            word, escaped = word + sign, True
        elif sign == " " and word:
            words.append(word)
            word = ""
    return words
