"""``python -m grader`` is the command ``levelup``."""

import sys

from grader.cli.main import main

sys.exit(main())
