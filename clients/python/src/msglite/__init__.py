"""msglite for programs: send messages, wait for them, ask and answer, and lose none."""

from .asks import Receipt
from .client import Client, Sending, connect
from .control import Control
from .errors import (
    BadArgument,
    ConnectionLost,
    Expired,
    LeaseLost,
    MsgliteError,
    NotAllowed,
    Unreachable,
)
from .message import LeasedMessage, Message
from .receiving import Receiving

__version__ = "0.1.0"

__all__ = [
    "BadArgument",
    "Client",
    "ConnectionLost",
    "Control",
    "Expired",
    "LeaseLost",
    "LeasedMessage",
    "Message",
    "MsgliteError",
    "NotAllowed",
    "Receipt",
    "Receiving",
    "Sending",
    "Unreachable",
    "connect",
]
