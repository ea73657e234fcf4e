"""Mistake: a trigger is cut at the semicolons in its body.

Believes: only strings and comments can hold a semicolon that ends nothing.
Rejected by: trigger_is_one_statement, words_of_transactions_are_allowed
Hint: Where does the statement CREATE TRIGGER end: at the first semicolon of its body, or at END?
"""

import re

from sound import *


def statements(self, script):
    tokens = re.finditer(r"'[^']*'|--[^\n]*|/\*.*?\*/|;", script, re.DOTALL)
    ends = [token.end() for token in tokens if token.group() == ";"]
    for start, end in zip([0, *ends], [*ends, len(script)], strict=True):
        yield script[start:end]


Sqlite.statements = statements
