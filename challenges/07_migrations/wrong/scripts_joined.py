"""Mistake: the scripts are joined before they are hashed.

Believes: different scripts make different texts.
Rejected by: checksum_keeps_the_scripts_apart
Hint: Join "ab" and "c", then join "a" and "bc". What does the hash make of that?
"""

from sound import *

Migration.content = lambda self: "\n".join([self.name, self.normal(self.up_sql), self.normal(self.down_sql)])
