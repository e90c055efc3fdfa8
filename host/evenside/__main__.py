"""``python -m evenside``: the same as ``evenside``."""

from __future__ import annotations

import sys

from evenside.cli import main

if __name__ == "__main__":
    sys.exit(main())
