"""The ground every package stands on, and the `vouch` command.

Shell.
"""

import zoneinfo

# Months and service hours follow the zone database of the locked tzdata package, not whichever the machine has: the
# same contract and evidence have to give the same bytes everywhere. Statements name its version.
zoneinfo.reset_tzpath(())
