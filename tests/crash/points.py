"""Where the gateway dies. depth: the nth time it passes there, up to so many; start: reached while starting."""

AT_START = ["ledger.migrating", "ledger.migrated", "ledger.recovering", "ledger.recovered"]
ADD = ["place.intending", "place.intended", "place.sending", "place.sent", "place.answered", "place.booking",
       "place.booked", "place.noting", "place.number_given"]
AFTERSALE = [f"{kind}.{step}" for kind in ("refill", "cancel")
             for step in ("intending", "intended", "sending", "sent", "answered", "booking", "booked")]
LEDGER = ["ledger.batch", "ledger.committing", "ledger.wal_write", "ledger.syncing", "ledger.synced", "ledger.committed",
          "ledger.checkpoint", "ledger.checkpoint_syncing", "ledger.hold", "ledger.capture", "ledger.release", "ledger.refund"]
RANDOM = "random moment"
ALL = ADD + AFTERSALE + LEDGER + AT_START

DEPTH = {"place.number_given": 3, "place.noting": 3, "ledger.checkpoint": 60, "ledger.checkpoint_syncing": 3, "ledger.wal_write": 300,
         **{name: 40 for name in ADD[:-2]}, **{name: 6 for name in AFTERSALE},
         **{name: 80 for name in ("ledger.batch", "ledger.committing", "ledger.syncing", "ledger.synced",
                                  "ledger.committed", "ledger.hold", "ledger.capture")},
         "ledger.release": 6, "ledger.refund": 6}


def plan(kills, random):
    """A list of `kills` names: each point as often as the others, one in four a random moment, mixed."""
    names = []
    while len(names) < kills:
        round_of = ALL + [RANDOM] * (len(ALL) // 3)
        random.shuffle(round_of)
        names += round_of
    return names[:kills]
