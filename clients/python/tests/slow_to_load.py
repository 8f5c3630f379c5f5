"""An application that hangs while it is loaded."""

import signal

signal.pause()
