"""``python -m msglite.wsgi``"""

import sys

from .command import main

sys.exit(main())
