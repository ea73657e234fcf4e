"""The known-right and known-wrong solutions of a challenge, with what their headers promise."""

import ast
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from grader.errors import BrokenCourse
from grader.model import Challenge


class Kind(StrEnum):
    """What a file of the corpus is."""

    STUB = "stub"
    REFERENCE = "reference"
    ALSO_RIGHT = "also right"
    WRONG = "wrong"


@dataclass(frozen=True)
class Specimen:
    """One file and what is promised of it.

    *name* is the mistake or the design in words; *tier* the highest tier whose checks it must pass (right ones). Of a
    wrong one, *rejected_by* are the checks that must fail it, *believes* is what the learner believes who makes it,
    *hint* points at it, and *section* is what to read, where it is not that of the first check.
    """

    kind: Kind
    file: Path
    name: str
    rejected_by: tuple[str, ...] = ()
    tier: int = 3
    believes: str = ""
    hint: str = ""
    section: str = ""


_FIELD = re.compile(
    r"^(Mistake|Believes|Rejected by|Hint|Section|Design|Reaches):[ \t]*((?:.|\n(?!\n|\w[\w ]*:))*)", re.MULTILINE
)


def corpus(challenge: Challenge) -> tuple[Specimen, ...]:
    """Stub, reference, also-right and wrong solutions of *challenge*, in that order.

    Raises:
        BrokenCourse: a header is missing or incomplete; says what to write.
    """
    found = [
        Specimen(Kind.STUB, challenge.stub, "the stub"),
        Specimen(Kind.REFERENCE, challenge.reference, "the reference solution"),
    ]
    for file in sorted((challenge.solutions / "also_right").glob("*.py")):
        header = _header(file)
        tier = re.search(r"\d", header.get("Reaches", ""))
        if "Design" not in header or tier is None:
            raise BrokenCourse(file, "its docstring", 'start it with "Design: …" and "Reaches: tier 1"')
        found.append(Specimen(Kind.ALSO_RIGHT, file, header["Design"], tier=int(tier.group())))
    for file in sorted((challenge.folder / "wrong").glob("*.py")):
        header = _header(file)
        checks = tuple(name for name in re.split(r"[,\s]+", header.get("Rejected by", "")) if name)
        if not checks or not {"Mistake", "Believes"} <= header.keys():
            fix = 'write "Mistake: …", "Believes: …", "Rejected by: check, check" and "Hint: …"'
            raise BrokenCourse(file, "its docstring", fix)
        name, section = header["Mistake"].rstrip("."), header.get("Section", "")
        found.append(
            Specimen(
                Kind.WRONG,
                file,
                name,
                checks,
                believes=header["Believes"],
                hint=header.get("Hint", ""),
                section=section,
            )
        )
    return tuple(found)


def _header(file: Path) -> dict[str, str]:
    try:
        text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    except SyntaxError as error:
        raise BrokenCourse(file, f"line {error.lineno}", f"it does not parse: {error.msg}") from None
    return {match[1]: " ".join(match[2].split()) for match in _FIELD.finditer(text)}
