"""The door: `python main.py …` is the same program as `liif-viewer …`."""

import sys

from viewer.cli import main

if __name__ == "__main__":
    sys.exit(main())
