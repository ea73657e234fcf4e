"""The servers' process: starts PostgreSQL, Valkey and the fake Redis at first need, stops them with its parent."""

import contextlib
import os
import selectors
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

from grader.errors import LevelUpError
from grader.nursery import mail

if TYPE_CHECKING:
    from grader.witnesses.keeper import Keeper


def serve(parent: socket.socket) -> NoReturn:
    """Answer the clients that *parent* introduces, until it closes; then stop every server.

    A client's letter is ``{"do": name, …}``; see `_do`.
    """
    keeper: Keeper | None = None
    try:
        for sock, letter in _letters(parent):
            if keeper is None:
                from grader.witnesses import keeper as keepers  # noqa: PLC0415 - most runs need no server

                keeper = keepers.Keeper()
            answer = _do(keeper, letter)
            if letter["do"] != "prepare":  # nobody waits for that one
                with contextlib.suppress(OSError):
                    mail.send(sock, answer)
    finally:
        if keeper is not None:
            keeper.close()
        os._exit(0)


def _letters(parent: socket.socket) -> Iterator[tuple[socket.socket, mail.Letter]]:
    """Every client's letters as they come, until *parent* closes."""
    selector = selectors.DefaultSelector()
    selector.register(parent, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            received = mail.receive(sock)
            if sock is parent:
                if received is None:
                    return
                selector.register(socket.socket(fileno=received[1][0]), selectors.EVENT_READ)
            elif received is None:
                selector.unregister(sock)
                sock.close()
            else:
                yield sock, received[0]


def _do(keeper: "Keeper", letter: mail.Letter) -> mail.Letter:
    try:
        match letter["do"]:
            case "prepare" if letter["kind"] == "redis":
                keeper.prepare("redis")
            case "prepare" | "need":
                return {"address": keeper.need(letter["kind"])}
            case "own":
                return {"address": keeper.own(letter["kind"])}
            case "hurt":
                keeper.hurt(letter["kind"], letter["how"])
            case "move":
                keeper.move(letter["offset"])
            case "freeze":
                keeper.freeze(letter["at"])
            case "unfreeze":
                keeper.unfreeze()
    except LevelUpError as error:
        return {"problem": str(error)}
    except Exception as error:  # noqa: BLE001 - told to the judge, which reports it as the grader's own failure
        return {"problem": f"{type(error).__name__}: {error}"}
    return {}
