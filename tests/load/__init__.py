"""Load with bookkeeping: many connections from one thread, panels with mixed faults, and the accounts of what
was asked, acknowledged and delivered. Used by tests/crash and by ./run soak."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "stories"))
