"""What a process and all its descendants use: processor time and memory, read from the system."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_LINUX = sys.platform == "linux"
_KILO = 1024


@dataclass(frozen=True)
class Usage:
    """Sums over a tree of processes."""

    cpu_seconds: float
    memory_mb: float
    count: int
    how: str
    """How memory was summed: "PSS" counts shared pages once, "RSS" counts them in every process."""


def usage(root: int) -> Usage:
    """What the process *root* and its descendants have used of the processor and hold in memory."""
    return _from_proc(root) if _LINUX else _from_ps(root)


def _from_proc(root: int) -> Usage:
    import os  # noqa: PLC0415 - for sysconf alone

    tick = os.sysconf("SC_CLK_TCK")
    parents, ticks = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended meanwhile
            parents[int(folder.name)] = int(fields[1])
            ticks[int(folder.name)] = int(fields[11]) + int(fields[12])
    tree = _tree(root, parents)
    pss = [_pss_kb(pid) for pid in tree]
    how = "PSS" if None not in pss else "PSS where it may be read"
    memory = sum(kb or 0 for kb in pss) / _KILO
    return Usage(sum(ticks[pid] for pid in tree) / tick, memory, len(tree), how)


def _pss_kb(pid: int) -> int | None:
    """Its share of the pages it maps, in KB; None if the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _from_ps(root: int) -> Usage:
    listing = subprocess.run(["ps", "-axo", "pid=,ppid=,rss=,time="], capture_output=True, text=True, check=True)
    parents, memory, spent = {}, {}, {}
    for line in listing.stdout.splitlines():
        pid, parent, kb, clock = line.split()[:4]
        parents[int(pid)], memory[int(pid)] = int(parent), int(kb)
        spent[int(pid)] = _seconds(clock)
    tree = _tree(root, parents)
    return Usage(sum(spent[pid] for pid in tree), sum(memory[pid] for pid in tree) / _KILO, len(tree), "RSS")


def _seconds(clock: str) -> float:
    """The seconds in what ps calls a time: 1:02.50 or 1-02:03:04."""
    days, _, rest = clock.rpartition("-")
    total = 0.0
    for part in rest.split(":"):
        total = total * 60 + float(part)
    return total + int(days or 0) * 86_400


def _tree(root: int, parents: dict[int, int]) -> list[int]:
    tree, frontier = [], [root]
    while frontier:
        pid = frontier.pop()
        if pid in parents:
            tree.append(pid)
            frontier += [child for child, parent in parents.items() if parent == pid]
    return tree
