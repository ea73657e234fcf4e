"""Measures how often the right mistake is named: ``.venv/bin/python benchmarks/mistakes.py``.

Each file below tests/mistakes is a second variant of a known mistake, made independently of the one in wrong/. The
table says for each what it was called; the last line how often the first name was right, another, or none.
"""

import argparse
import ast
import os
import re
import sys
from collections import Counter
from pathlib import Path

from table import Table

from grader.authors.corpus import Kind, Specimen
from grader.authors.judging import Judged, Judges, Task
from grader.catalog import Catalog
from grader.events import MistakeNamed
from grader.explain.mistakes import read_mistakes
from grader.explain.naming import name_mistake
from grader.model import Outcome
from grader.nursery.client import ROOT

VARIANTS = ROOT / "tests" / "mistakes"


def main() -> int:
    """Judge and print; returns 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of the drawn inputs")
    options = parser.parse_args()
    catalog = Catalog(ROOT)
    tasks: list[Task] = []
    for file in sorted(VARIANTS.glob("*/*.py")):
        specimen = Specimen(Kind.WRONG, file, variant_of(file))
        tasks.append((catalog.find(file.parent.name), specimen, ()))
    table = Table("variants of known mistakes", ("challenge", "variant", "is", "was called", "score", "failed checks"))
    counted: Counter[str] = Counter()
    with Judges(os.cpu_count() or 1) as judges:
        for task, judged in zip(tasks, judges.all(tasks, options.seed), strict=True):
            named = called(task, judged)
            wanted = task[1].name
            word = "none" if named is None else "right" if named.mistake == wanted else "another"
            counted[word] += 1
            failed = sum(result.outcome is not Outcome.PASSED for result in judged.results.values())
            name, score = (named.mistake, f"{named.score:.2f}") if named else ("-", "-")
            table.rows.append((task[0].number, task[1].file.stem, wanted, name, score, str(failed)))
            print(f"{word:<8} {task[0].number} {task[1].file.stem}", file=sys.stderr, flush=True)
    print("\n".join(table.lines()))
    print(f"of {len(tasks)}: right {counted['right']}, another {counted['another']}, none {counted['none']}")
    return 0


def variant_of(file: Path) -> str:
    """The id of the mistake that *file* makes."""
    found = re.match(r"Variant of: (\w+)", ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "")
    if found is None:
        raise SystemExit(f'{file}: start its docstring with "Variant of: <name of a file in wrong/>"')
    return found[1]


def called(task: Task, judged: Judged) -> MistakeNamed | None:
    """What a learner with this solution is told."""
    challenge = task[0]
    return name_mistake(challenge.number, read_mistakes(challenge.folder), judged.results)


if __name__ == "__main__":
    sys.exit(main())
