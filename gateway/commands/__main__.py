"""`python -m gateway.commands`: the command line without its installed script."""

import sys

from gateway.commands import main

sys.exit(main())
