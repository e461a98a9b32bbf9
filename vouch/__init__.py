"""The ground every package stands on, and above all packages the roof: the `vouch` command and what runs it.

Shell. The ground owns: periods and months, money, exact decimals, units, canonical JSON and digests, documents read
with their lines, JSON Schemas, the four kinds of error, settings, the database with its migrations, advisory locks,
and what "known at" means. It stands on none of our packages.

The roof (`vouch.commands`, `vouch.running`) owns: what a person types, which processes run on this machine, and when
work is due. It may see every package, and no package may see it.

Does not own: what one package could keep for itself, and any work of theirs; commands and scheduler call their use
cases.
"""

import zoneinfo

# Months and service hours follow the zone database of the locked tzdata package, not whichever the machine has: the
# same contract and evidence have to give the same bytes everywhere. Statements name its version.
zoneinfo.reset_tzpath(())
