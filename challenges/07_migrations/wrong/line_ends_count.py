"""Mistake: a script with other line ends is another script.

Believes: nobody changes a file without meaning to.
Rejected by: line_ends_do_not_count
Hint: Check your migrations out with git on Windows. What has become of the line ends, and of the checksum?
"""

from sound import *

Migration.normal = staticmethod(lambda script: script)
