"""`python -m lib …`: the command line."""

from lib.cli import main

raise SystemExit(main())
