"""Mistake: a script is cut at every semicolon.

Believes: a semicolon always ends a statement.
Rejected by: semicolon_in_a_string_or_comment_is_text, trigger_is_one_statement, words_of_transactions_are_allowed
Hint: Split the text "INSERT INTO t VALUES ('a; b')" at its semicolon. Are the pieces SQL?
"""

from sound import *

Sqlite.statements = lambda self, script: iter(script.split(";"))
