"""The program as `python -m fada_tui.cli`."""

import sys

from fada_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
