"""What the fake Redis tells of itself in INFO."""

import os
import platform
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.witnesses.fake_connection import FakeStore

_DEFAULT = ("server", "clients", "memory", "stats", "replication", "keyspace")
_EVERYTHING = (*_DEFAULT, "commandstats")


def describe(store: "FakeStore", sections: list[str]) -> str:
    """INFO's answer for *sections*; all but the command counts when none is named, as a real server does."""
    chosen = sections or ["default"]
    wanted: list[str] = []
    for section in chosen:
        wanted += {"default": _DEFAULT, "all": _EVERYTHING, "everything": _EVERYTHING}.get(section, (section,))
    blocks = []
    for name in dict.fromkeys(wanted):
        facts = _section(store, name)
        if facts is not None:
            lines = "".join(f"{key}:{value}\r\n" for key, value in facts.items())
            blocks.append(f"# {name.capitalize()}\r\n{lines}")
    return "\r\n".join(blocks)


def _section(store: "FakeStore", name: str) -> dict[str, object] | None:  # one return per section
    """One section's names and values; None for a section there is not."""
    match name:
        case "server":
            version = ".".join(str(part) for part in (*store.version, 0, 0)[:3])
            return {
                "redis_version": version,
                "redis_mode": "standalone",
                "os": f"{platform.system()} {platform.release()} {platform.machine()}",
                "process_id": os.getpid(),
                "tcp_port": store.port,
            }
        case "clients":
            blocked = sum(bool(client._blocked) for client in list(store.sockets))  # noqa: SLF001
            return {"connected_clients": len(store.sockets), "blocked_clients": blocked}
        case "memory":
            return {"used_memory": 1_048_576, "used_memory_human": "1.00M", "maxmemory": 0}
        case "stats":
            return {
                "total_connections_received": store.connections,
                "total_commands_processed": sum(store.calls.values()),
            }
        case "replication":
            return {"role": "master", "connected_slaves": 0}
        case "keyspace":
            return {
                f"db{number}": f"keys={len(data)},expires={_expiring(data)},avg_ttl=0"
                for number, data in sorted(store.dbs.items())
                if len(data)
            }
        case "commandstats":
            return {
                f"cmdstat_{command.replace(' ', '|')}": f"calls={count},usec=0,usec_per_call=0.00"
                for command, count in sorted(store.calls.items())
            }
        case _:
            return None


def _expiring(data: object) -> int:
    """How many keys of a database have a time to live."""
    return sum(item.expireat is not None for item in data._dict.values())  # type: ignore[attr-defined]  # noqa: SLF001
