"""What passes between a fake Redis and its owner: fixed-size orders one way, fixed-size answers the other."""

import struct

ORDER = struct.Struct("=cd")
"""One letter and a number of seconds."""

ANSWER = struct.Struct("=d")
"""First the port; then, once an order is carried out, the offset or the instant in force."""

MOVE, FREEZE, UNFREEZE = b"m", b"f", b"u"
