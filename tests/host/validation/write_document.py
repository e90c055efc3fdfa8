"""``python tests/host/validation/write_document.py [DIR]`` puts the tables anew into analysis/VALIDATION.md.

After that the prose about them is to be read again: it names what falls short.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "analysis" / "VALIDATION.md"
BLOCK = re.compile(r"(<!-- evenside validate \.\./shared/data -->\n```\n).*?(```\n<!-- end -->)", re.DOTALL)


def main(folder: Path) -> None:
    command = [sys.executable, "-m", "evenside", "validate", str(folder)]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(BLOCK.sub(lambda block: block[1] + said + block[2], document), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data")
