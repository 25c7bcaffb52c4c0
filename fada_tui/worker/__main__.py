"""Entry point of the worker: `python -m fada_tui.worker COMMANDS EVENTS`, an inherited socket and pipe."""

import os
import sys

from fada_tui.worker.server import serve

if __name__ == "__main__":
    commands, events = (int(argument) for argument in sys.argv[1:3])
    for descriptor in (commands, events):
        os.set_inheritable(descriptor, False)
    serve(commands, events)
