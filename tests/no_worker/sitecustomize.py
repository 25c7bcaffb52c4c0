"""Keeps `pytest --quick` honest: on the path of every Python that it starts, this lets none be a worker."""

import os
import sys

if "fada_tui.worker" in sys.orig_argv:
    sys.stderr.write("a quick test started a worker: mark it with pytest.mark.worker\n")
    sys.stderr.flush()
    os._exit(97)
