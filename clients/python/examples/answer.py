#!/usr/bin/env python3
"""Answers N questions, each with its bytes in reverse: answer.py ADDRESS TO N"""

import sys

import msglite


def main() -> None:
    address, to, count = sys.argv[1:]
    with msglite.connect(address) as client:
        for message in client.receive(to, count=int(count)):
            # Under a lease: done at the end, given back if something goes wrong.
            with message:
                message.reply(message.body[::-1])


main()
