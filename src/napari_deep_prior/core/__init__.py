"""The engine: numpy and torch only. It knows no window, no files and no terminal."""

import os

# Before torch loads OpenMP: threads that wait for each other must sleep, not spin. Where anything else wants a core (the
# window that shows the fit, say), spinning was measured to make a step ten times slower. A user's own choice stands.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
