"""Mistake: every run of white space counts as one space in the checksum.

Believes: white space has no meaning in SQL.
Rejected by: every_other_difference_counts
Hint: How many spaces are in the string 'a  b'? Does that still matter after you have tidied the script up?
"""

from sound import *

Migration.normal = staticmethod(lambda script: " ".join(script.split()))
