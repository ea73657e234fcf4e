"""Recognising a checksum that is Python's `hash`, which is another number in the next run of Python."""

from itertools import product


def is_pythons_hash(checksum: str, version: int, name: str, scripts: tuple[str, str]) -> bool:
    """Tell whether the checksum is the `hash` of the migration's parts, in one of the usual spellings.

    The submission's process and this one descend from the same process, so `hash` gives the same here. Designs
    that are not in the list pass; none is refused that is not a hash.
    """
    selections: list[tuple[object, ...]] = [scripts, (name, *scripts), (version, name, *scripts)]
    hashes = {hash(selection) for selection in selections}
    for selection, separator in product(selections, ("", " ", "\n", "\0", ":", "|", "-", ";", ",", "_")):
        hashes.add(hash(separator.join(map(str, selection))))
    texts = (form.format(number) for number in hashes for form in ("{}", "{:x}", "{:#x}"))
    return checksum.lstrip("-") in {text.lstrip("-") for text in texts}
