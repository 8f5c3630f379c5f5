"""What the command is told."""

from __future__ import annotations

import contextlib
import io
import os
import unittest

from msglite.wsgi.command import main

from .support import WebTestCase, get


class Options(unittest.TestCase):
    def refused(self, *arguments: str) -> str:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            try:
                code = main([*arguments, "wsgiref.simple_server:demo_app"])
            except SystemExit as end:
                code = end.code  # type: ignore[assignment]
        self.assertEqual(code, 2)
        return said.getvalue()

    def test_one_that_there_is_not(self) -> None:
        self.assertIn("there is no --wokers (did you mean --workers?)", self.refused("--wokers", "2"))
        self.assertIn("there is no --http-msg-adress (did you mean --http-msg-address?)", self.refused("--http-msg-adress=a"))
        self.assertIn("there is no --quite-different-from-all\n", self.refused("--quite-different-from-all"))

    def test_the_beginning_of_one(self) -> None:
        self.assertIn("there is no --worker (did you mean --workers?)", self.refused("--worker", "2"))

    def test_values(self) -> None:
        self.assertIn("a whole number", self.refused("--workers", "x"))
        self.assertIn("at least 1", self.refused("--threads", "0"))
        self.assertIn("seconds, more than 0", self.refused("--lease", "-"))
        self.assertIn("invalid choice", self.refused("--loglevel", "loud"))
        self.assertIn("is no address", self.refused("--http-msg-address", "a,b=c"))
        self.assertIn("1 to 8 addresses", self.refused("--http-msg-address", ",".join("abcdefghi")))


class Told(WebTestCase):
    options = ["--http-route", "GET:*/other=other"]

    def test_several_addresses_and_a_file_for_the_process_id(self) -> None:
        pid = os.path.join(self.folder, "pid")
        wrapper = self.wrapper(
            self.served, "worker_app", "--http-msg-address", "msglite.httpRequests,other", "--pid", pid
        )
        wrapper.says("started: 1 workers for msglite.httpRequests,other")
        self.assertEqual(get(self.served.web, "/other")[0], 200)
        with open(pid) as file:
            self.assertEqual(int(file.read()), wrapper.pid)
        self.assertEqual(wrapper.end(), 0)
        self.assertFalse(os.path.exists(pid))

    def test_an_application_that_does_not_load_in_time(self) -> None:
        wrapper = self.wrapper(self.served, "slow_to_load", "--boot-timeout", "0.3")
        wrapper.says("did not load the application in time")
        wrapper.says("did not load the application in time", 2)
        self.assertEqual(wrapper.end(), 0)
