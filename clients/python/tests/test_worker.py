"""Workers that are replaced, and clients that go."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

from .support import WebTestCase, Wrapper, get, web_client

#: Seconds that the long forms last; by hand: a minute.
LONG = float(os.environ.get("RELOAD_SECONDS", "4"))


class Workers(WebTestCase):
    def workers(self, *options: str) -> Wrapper:
        return self.wrapper(self.served, "worker_app", *options)

    def test_reloaded_under_load(self) -> None:
        wrapper = self.workers("--workers", "2")
        self.assertEqual(get(self.served.web, "/")[0], 200)
        end = time.monotonic() + LONG
        answers: dict[bytes, int] = {}
        wrong: list[Any] = []

        def load() -> None:
            with web_client(self.served.web) as client:
                while time.monotonic() < end:
                    client.request("GET", "/")
                    response = client.getresponse()
                    body = response.read()
                    answers[body] = answers.get(body, 0) + 1
                    if response.status != 200:
                        wrong.append((response.status, body))

        threads = [self.in_thread(load) for _ in range(64)]
        while time.monotonic() < end:
            time.sleep(min(2.0, LONG / 2))
            wrapper.tell(signal.SIGHUP)
        for thread in threads:
            thread.get()
        self.assertEqual(wrong, [])
        # By several generations.
        self.assertGreater(len(answers), 2)
        print(f"{sum(answers.values())} requests, {len(answers)} workers, 0 failed", file=sys.stderr)

    def test_a_worker_that_dies_in_the_middle_of_a_get(self) -> None:
        wrapper = self.workers("--workers", "2")
        for _ in range(3):
            status, _, body = get(self.served.web, "/die")
            self.assertEqual(status, 200)
            self.assertGreater(int(body), 1)
        wrapper.says(r"worker \d+ ended: SIGKILL", 3)

    def test_a_worker_that_dies_in_the_middle_of_a_post_and_of_an_answer(self) -> None:
        self.workers()
        self.assertEqual(get(self.served.web, "/die", "POST", b"x")[0], 502)
        with self.assertRaises(Exception) as caught:
            get(self.served.web, "/die-in-stream")
        self.assertIn(type(caught.exception).__name__, ("IncompleteRead", "RemoteDisconnected", "ConnectionResetError"))
        self.assertEqual(get(self.served.web, "/")[0], 200)

    def test_an_application_that_exits(self) -> None:
        wrapper = self.workers()
        self.assertEqual(get(self.served.web, "/exit", "POST", b"")[0], 502)
        wrapper.says(r"worker \d+ ended: code 7")
        self.assertEqual(get(self.served.web, "/")[0], 200)

    def test_sigterm_finishes_what_is_in_progress(self) -> None:
        wrapper = self.workers()
        asking = self.in_thread(lambda: get(self.served.web, "/slow"))
        wrapper.says("at work")
        self.assertEqual(wrapper.end(), 0)
        self.assertEqual(asking.get()[0], 200)

    def test_sigterm_while_there_is_no_broker(self) -> None:
        wrapper = self.wrapper(self.served, "worker_app", "--broker", "unix:/nowhere", "--workers", "1")
        wrapper.says("WARNING .* unreachable: no broker at unix:/nowhere: .*; it is waited for")
        self.assertEqual(wrapper.end(), 0)
        self.assertNotIn("did not stop in time", "".join(wrapper.log))

    def test_what_does_not_stop_in_time_is_killed_and_answered_by_another(self) -> None:
        wrapper = self.workers("--drain-timeout", "0.2")
        asking = self.in_thread(lambda: get(self.served.web, "/slow"))
        wrapper.says("at work")
        self.assertEqual(wrapper.end(), 0)
        self.wrapper(self.served, "worker_app")
        self.assertEqual(asking.get()[0], 200)

    def test_a_worker_is_replaced_after_so_many_requests(self) -> None:
        self.workers("--max-requests", "3")
        pids = [get(self.served.web, "/")[2] for _ in range(9)]
        self.assertEqual([len(set(pids[n : n + 3])) for n in (0, 3, 6)], [1, 1, 1])
        self.assertEqual(len(set(pids)), 3)

    def test_a_reload_that_fails_leaves_the_old_ones(self) -> None:
        generation = os.path.join(self.folder, "generation")
        os.environ["GENERATION_FILE"] = generation
        self.addCleanup(os.environ.pop, "GENERATION_FILE")

        def write(text: str) -> None:
            with open(generation, "w") as file:
                file.write(text)

        write("one")
        wrapper = self.workers("--workers", "2")
        self.assertEqual(get(self.served.web, "/generation")[2], b"one")
        write("broken")
        wrapper.tell(signal.SIGHUP)
        wrapper.says("could not be loaded", 2)
        self.assertEqual(get(self.served.web, "/generation")[2], b"one")
        write("two")
        self.until(lambda: {get(self.served.web, "/generation")[2] for _ in range(4)} == {b"two"})
        self.assertEqual(wrapper.end(), 0)
        write("broken")
        wrapper.start()
        self.assertEqual(wrapper.process.wait(20), 3)
        self.assertIn("this application is broken", wrapper.says(r"RuntimeError: .*")[0])

    def test_a_master_that_dies_takes_its_workers_along(self) -> None:
        wrapper = self.workers()
        pid = int(get(self.served.web, "/")[2])
        wrapper.end(signal.SIGKILL)

        def is_gone() -> bool:
            try:
                os.kill(pid, 0)
                return False
            except ProcessLookupError:
                return True

        self.until(is_gone)

    def test_threads(self) -> None:
        self.workers("--threads", "3")
        asking = [self.in_thread(lambda: get(self.served.web, "/together")) for _ in range(3)]
        self.assertEqual([one.get()[2] for one in asking], [b"together"] * 3)

    def test_a_client_that_goes_ends_a_stream(self) -> None:
        wrapper = self.workers()
        with web_client(self.served.web) as client:
            client.request("GET", "/endless")
            self.assertEqual(client.getresponse().read(6), b"again\n")
        wrapper.says("closed")
        self.assertEqual(get(self.served.web, "/")[0], 200)

    def test_an_application_can_ask_whether_its_client_waits(self) -> None:
        wrapper = self.workers()
        with web_client(self.served.web) as client:
            client.request("GET", "/waits")
            wrapper.says("waiting")
        wrapper.says("gone")

    def test_a_client_that_reads_slowly_holds_the_stream_back(self) -> None:
        wrapper = self.workers()
        with web_client(self.served.web) as client:
            client.request("GET", "/big")
            response = client.getresponse()
            self.assertEqual(len(response.read(65536)), 65536)
            wrapper.says("sent 3")
            # Sockets hold some, the proxy up to a chunk, and we have four pieces under way.
            time.sleep(0.5)
            self.assertLess(len([line for line in wrapper.log if line.startswith("sent")]), 160)
            self.assertEqual(len(response.read()), 319 * 65536)

    def test_a_broker_that_restarts(self) -> None:
        wrapper = self.workers()
        self.assertEqual(get(self.served.web, "/")[0], 200)
        os.kill(int(self.served.says(r"started process=broker pid=(\d+)")[1]), signal.SIGKILL)
        self.assertEqual(get(self.served.web, "/")[0], 200)
        wrapper.says("the connection to the broker was lost")


class Envelope1(WebTestCase):
    options = ["--http-envelope", "1"]

    def test_requests_as_in_2010(self) -> None:
        served = self.served
        self.wrapper(served, "suite_app")
        status, _, body = get(served.web, "/?a", headers={"X-Case": "query"})
        self.assertEqual((status, body), (200, b"Hello, a"))
        data = os.urandom(200_000)
        headers = {"X-Case": "big post", "Content-Type": "application/octet-stream"}
        status, _, body = get(served.web, "/", "POST", data, headers)
        self.assertEqual((status, body), (200, data))
