"""What the kernel tells of a thread that does not get on."""


def sleeps(native_id: int) -> bool:
    """Whether a thread sleeps in the kernel; only Linux can tell, elsewhere nobody is ever found asleep."""
    try:
        with open(f"/proc/self/task/{native_id}/stat", encoding="ascii", errors="replace") as facts:  # noqa: PTH123
            return facts.read().rpartition(")")[2].split()[0] == "S"
    except OSError:
        return False
