"""`python -m kembar`."""

import sys

from kembar.cli import main

if __name__ == "__main__":
    sys.exit(main())
