"""The id by which a request is found again: the caller's own (W3C Trace Context), or a new one."""

import re
from random import getrandbits

PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
NONE = "0" * 32


def trace_of(traceparent: str | None) -> str:
    """32 hex digits: those of the header where it is valid, else new ones."""
    if traceparent is not None:
        found = PARENT.fullmatch(traceparent)
        if found and found[1] != NONE:
            return found[1]
    return f"{getrandbits(128):032x}"  # not secret, so it need not be unguessable
