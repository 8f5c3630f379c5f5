#!/usr/bin/env python3
"""Asks a question and prints the answer: ask.py ADDRESS TO BODY

ADDRESS is where the broker is: unix:/path or tcp:host:port. Exit code 3: nobody answered in time.
"""

import sys

import msglite


def main() -> int:
    address, to, body = sys.argv[1:]
    with msglite.connect(address) as client:
        answer = client.query(to, body, timeout=30)
    if answer is None:
        return 3
    sys.stdout.buffer.write(answer.body + b"\n")
    return 0


sys.exit(main())
