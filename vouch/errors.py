"""The four kinds of error that are ours.

Pure. Each package derives its own errors from one of these, beside the code that raises them. The portal and the
command line turn the kind, never the single class, into a status.
"""


class VouchError(Exception):
    """Root of all errors whose message is written for the person who reads it."""


class Invalid(VouchError):
    """What was given cannot be right, whatever is stored (HTTP 422, exit 2)."""


class NotFound(VouchError):
    """What was asked for is not there (HTTP 404, exit 3)."""


class Conflict(VouchError):
    """What was given contradicts what is stored or agreed (HTTP 409, exit 4)."""


class Unavailable(VouchError):
    """A service we stand on does not answer or lacks what vouch needs (HTTP 503, exit 5)."""
