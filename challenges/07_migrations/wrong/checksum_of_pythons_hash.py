"""Mistake: the checksum is made with `hash`.

Believes: the hash of a text is always the same. (It is another number each time Python starts.)
Rejected by: checksum_follows_the_scripts
Hint: Start Python twice and print hash('a') each time. Which module of the standard library makes fingerprints
    that last?
"""

from sound import *


def fingerprint(self):
    return str(hash((self.name, self.normal(self.up_sql), self.normal(self.down_sql))))


Migration.fingerprint = fingerprint
