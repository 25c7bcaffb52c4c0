"""`python -m fada_tui.runs.detached RESULTS FD`, as `launch` starts it; orders come on standard input."""

import sys

from fada_tui.runs.detached.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
