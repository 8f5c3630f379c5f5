"""The client, against brokers that come and go."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time

import msglite
from msglite.address import Endpoint, parse_endpoints

from .support import ROOT, Broker, TestCase


class Clients(TestCase):
    def connected(self, broker: Broker, **options: object) -> msglite.Client:
        client = msglite.connect(broker.address, **options)  # type: ignore[arg-type]
        self.addCleanup(client.close)
        return client


class Calls(Clients):
    """With one broker for all, and addresses of their own."""

    server: Broker

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.mkdtemp(prefix="msglite-")
        cls.addClassCleanup(shutil.rmtree, folder, True)
        cls.server = Broker(folder)
        cls.addClassCleanup(cls.server.end)

    def setUp(self) -> None:
        super().setUp()
        self.client = self.connected(self.server)
        name = self._testMethodName
        self.jobs, self.sums, self.other = f"jobs-{name}", f"sums-{name}", f"other-{name}"

    def test_what_is_sent_is_received(self) -> None:
        self.assertEqual(
            self.client.send(self.jobs, "h\u00e9llo", timeout=1.5, reply_to="me", id="a"), msglite.Receipt()
        )
        message = self.client.ready(["urgent", self.jobs])
        assert message is not None
        self.assertEqual((message.to, message.reply_to, message.timeout, message.id), (self.jobs, "me", 1.5, "a"))
        self.assertEqual((message.text(), message.body, message.attempt), ("h\u00e9llo", b"h\xc3\xa9llo", 1))

    def test_any_bytes_and_any_address(self) -> None:
        body = bytes(range(256)) * 1000
        self.client.send("stra\u00dfe\udcff", body)
        message = self.client.ready("stra\u00dfe\udcff")
        assert message is not None
        self.assertEqual((message.to, message.body), ("stra\u00dfe\udcff", body))

    def test_none_when_the_time_runs_out(self) -> None:
        self.assertIsNone(self.client.ready(self.jobs, timeout=0))
        self.assertIsNone(self.client.ready(self.jobs, timeout=0.02))
        self.assertIsNone(self.client.query("nobody", timeout=0.02))

    def test_the_same_id_is_not_queued_again(self) -> None:
        self.assertEqual(self.client.send(self.jobs, "x", id="a").duplicate, False)
        self.assertEqual(self.client.send(self.jobs, "x", id="a").duplicate, True)
        with self.assertRaises(msglite.MsgliteError) as caught:
            self.client.send(self.jobs, "y", id="a")
        self.assertEqual(caught.exception.code, "id-conflict")

    def test_errors_have_the_protocols_codes(self) -> None:
        for call, code in (
            (lambda: self.client.send("dead:x", "x"), "bad-address"),
            (lambda: self.client.send("a b", "x"), "bad-argument"),
            (lambda: self.client.send("a", "x", timeout=-1), "bad-argument"),
            (lambda: self.client.send("a", "x", delay=60), "bad-option"),
            (lambda: self.client.ready(["a"] * 9), "bad-argument"),
            (lambda: self.client.ready("~m~label"), "bad-address"),
            (lambda: self.client.send("a", "x", timeout=0.02, receipt="done"), "expired"),
        ):
            with self.assertRaises(msglite.MsgliteError) as caught:
                call()  # type: ignore[no-untyped-call]
            self.assertEqual(caught.exception.code, code)
        self.assertIsInstance(caught.exception, TimeoutError)

    def test_queries_overlap(self) -> None:
        def answer() -> None:
            with self.connected(self.server) as other:
                asked = [message for message in other.receive(self.sums, count=3, concurrency=3)]
                for message in reversed(asked):
                    message.reply(message.body[::-1])
                    message.done()

        answering = self.in_thread(answer)
        asking = [self.in_thread(lambda n=n: self.client.query(self.sums, f"a{n}")) for n in range(3)]  # type: ignore[misc]
        self.assertEqual([one.get().text() for one in asking], ["0a", "1a", "2a"])
        answering.get()

    def test_done_give_back_and_dead(self) -> None:
        self.client.send(self.jobs, "x", attempts=2)
        receiving = self.client.receive(self.jobs)
        first = next(receiving)
        self.assertEqual((first.attempt, first.is_ours), (1, True))
        first.give_back()
        self.assertEqual(first.is_ours, False)
        second = next(receiving)
        self.assertEqual(second.attempt, 2)
        second.give_back(0.01)
        dead = self.client.ready(f"dead:{self.jobs}")
        assert dead is not None
        self.assertEqual((dead.sent_to, dead.body), (self.jobs, b"x"))
        receiving.close()

    def test_kick_purge_pause_peek_recall(self) -> None:
        control = self.client.control
        self.client.send(self.jobs, "x", attempts=1)
        with self.client.receive(self.jobs) as jobs:
            next(jobs).give_back()
        self.client.flush()
        self.assertEqual(control.peek(f"dead:{self.jobs}")["messages"][0]["body"], "x")
        self.assertEqual(control.kick(f"dead:{self.jobs}"), 1)
        control.pause(self.jobs)
        self.assertEqual(control.queues(self.jobs)["queues"][0]["paused"], True)
        control.resume(self.jobs)
        self.assertEqual(control.purge(self.jobs), 1)
        self.client.send(self.jobs, "x", id="mine")
        self.assertEqual((control.recall(self.jobs, "mine"), control.recall(self.jobs, "mine")), (True, False))
        self.assertGreater(control.stats()["sent"], 0)

    def test_a_stream_ends_with_its_count_or_its_time(self) -> None:
        for n in range(5):
            self.client.send(self.jobs, str(n))
        self.assertEqual([self.done(job) for job in self.client.receive(self.jobs, count=2)], [b"0", b"1"])
        self.assertEqual([self.done(job) for job in self.client.receive(self.jobs, timeout=0)], [b"2", b"3", b"4"])
        self.assertEqual(list(self.client.receive(self.jobs, timeout=0.02)), [])

    def done(self, job: msglite.LeasedMessage) -> bytes:
        with job:
            return job.body

    def test_no_more_at_a_time_than_asked_for_and_the_unseen_go_back(self) -> None:
        for n in range(5):
            self.client.send(self.jobs, str(n))
        with self.client.receive(self.jobs, concurrency=3) as jobs:
            job = next(jobs)
            self.until(lambda: self.client.control.queues(self.jobs)["queues"][0]["deliveries"] == 3)
            job.done()
        self.client.flush()
        row = self.client.control.queues(self.jobs)["queues"][0]
        self.assertEqual((row["messages"], row["deliveries"]), (4, 0))

    def test_a_lease_that_runs_out_is_lost_unless_it_is_kept(self) -> None:
        self.client.send(self.jobs, "x")
        self.client.send(self.jobs, "y")
        jobs = self.client.receive(self.jobs, lease=0.1, concurrency=2)
        lost, kept = next(jobs), next(jobs)
        kept.keep(60)
        self.until(lambda: lost.is_lost)
        with self.assertRaises(msglite.LeaseLost):
            lost.done()
        self.assertTrue(kept.is_ours)
        kept.done()
        again = next(jobs)
        self.assertEqual((again.body, again.attempt), (b"x", 2))
        again.done()
        jobs.close()

    def test_serve(self) -> None:
        failed: list[int] = []
        other = self.connected(self.server)

        def handler(message: msglite.LeasedMessage) -> bytes:
            if message.body == b"bad" and message.attempt == 1:
                failed.append(message.attempt)
                raise ValueError("not yet")
            if message.body == b"slow":
                time.sleep(0.5)
            return message.body[::-1]

        serving = self.in_thread(lambda: other.serve(self.sums, handler, concurrency=2, lease=0.2, retry_delay=0.01))
        with self.assertLogs("msglite", "ERROR"):
            answer = self.client.query(self.sums, "bad")
        assert answer is not None
        self.assertEqual((answer.body, failed), (b"dab", [1]))
        slow = self.client.query(self.sums, "slow", attempts=1)
        assert slow is not None
        self.assertEqual(slow.body, b"wols")
        other.drain()
        serving.get()

    def test_sigterm_ends_serve(self) -> None:
        self.client.send(self.jobs, "x")

        def handler(message: msglite.LeasedMessage) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

        before = signal.getsignal(signal.SIGTERM)
        self.client.serve(self.jobs, handler)
        self.assertEqual(signal.getsignal(signal.SIGTERM), before)
        self.client.flush()
        self.assertEqual(self.client.control.queues(self.jobs)["queues"], [])

    def test_many_sends_at_once(self) -> None:
        sends = [self.client.begin_send(self.jobs, str(n)) for n in range(1000)]
        self.assertEqual({send.receipt() for send in sends}, {msglite.Receipt()})
        got = [self.done(job) for job in self.client.receive(self.jobs, concurrency=50, timeout=0)]
        self.assertEqual(got, [str(n).encode() for n in range(1000)])

    def test_threads_share_a_client(self) -> None:
        def work(n: int) -> None:
            for i in range(50):
                self.client.send(f"a{n}", str(i))
                message = self.client.ready(f"a{n}")
                assert message is not None and message.text() == str(i)

        for thread in [self.in_thread(lambda n=n: work(n)) for n in range(8)]:  # type: ignore[misc]
            thread.get()

    def test_close_ends_what_waits(self) -> None:
        other = self.connected(self.server)
        waiting = [
            self.in_thread(lambda: other.ready(self.jobs)),
            self.in_thread(lambda: other.query(self.sums, "x")),
            self.in_thread(lambda: next(other.receive(self.jobs))),
        ]
        self.until(lambda: len(self.client.control.queues()["queues"]) >= 3)
        other.close()
        for one in waiting:
            with self.assertRaises(msglite.MsgliteError) as caught:
                one.get()
            self.assertEqual(caught.exception.code, "closed")
        with self.assertRaises(msglite.MsgliteError):
            other.send(self.jobs, "x")


class Limits(Clients):
    def test_ids_that_there_are_too_many_of(self) -> None:
        """A send with an id by itself is tried once more without."""
        client = self.connected(self.broker("--max-ids", "3"))
        for _ in range(6):
            client.send("jobs", "x")
        with self.assertRaises(msglite.MsgliteError) as caught:
            client.send("jobs", "x", id="mine")
        self.assertEqual(caught.exception.code, "full")

    def test_a_token(self) -> None:
        tokens = os.path.join(self.folder, "tokens")
        drawn = subprocess.run(
            [os.environ.get("NODE", "node"), str(ROOT / "bin" / "msglite.js"), "token", "me", "--send", "jobs"],
            capture_output=True,
            text=True,
            check=True,
        )
        with open(tokens, "w") as file:
            file.write(drawn.stdout)
        broker = self.broker("--tokens", tokens, "--tokens-on", "all")
        with self.assertRaises(msglite.NotAllowed) as caught:
            self.connected(broker).send("jobs", "x")
        self.assertEqual(caught.exception.code, "unauthorized")
        token = drawn.stderr.split()[-1]
        client = self.connected(broker, token=token)
        client.send("jobs", "x")
        with self.assertRaises(PermissionError):
            client.send("other", "x")

    def test_tls(self) -> None:
        cert, key = os.path.join(self.folder, "cert.pem"), os.path.join(self.folder, "key.pem")
        made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
        names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        subprocess.run([*made.split(), *names, "-keyout", key, "-out", cert], check=True, capture_output=True)
        broker = self.broker("--listen", "tcp:127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
        address = broker.says(r"listening on=(tcp:\S+)")[1]
        context = ssl.create_default_context(cafile=cert)
        client = msglite.connect(address, tls=context)
        self.addCleanup(client.close)
        body = os.urandom(300_000)
        client.send("jobs", body)
        threads = [self.in_thread(lambda: client.send("other", body)) for _ in range(4)]
        message = client.ready("jobs")
        assert message is not None
        self.assertEqual(message.body, body)
        for thread in threads:
            thread.get()
        with self.assertRaises(msglite.Unreachable):
            msglite.connect(address, tls=True)


class Reconnects(Clients):
    def setUp(self) -> None:
        super().setUp()
        self.server = self.broker("--journal", os.path.join(self.folder, "journal"))

    def restart(self) -> None:
        self.server.end(signal.SIGKILL)
        self.server.start()

    def test_sends_lose_nothing(self) -> None:
        client = self.connected(self.server)
        stop = threading.Event()
        sent: list[bytes] = []

        def send() -> None:
            while not stop.is_set():
                body = str(len(sent))
                client.send("jobs", body)
                sent.append(body.encode())

        sending = self.in_thread(send)
        for _ in range(2):
            count = len(sent)
            self.until(lambda: len(sent) > count + 50)
            self.restart()
        stop.set()
        sending.get()
        got = []
        for job in client.receive("jobs", timeout=0, concurrency=20):
            job.done()
            got.append(job.body)
        self.assertEqual(got, sent)

    def test_what_waits_waits_again(self) -> None:
        client = self.connected(self.server)
        other = self.connected(self.server)
        waiting = self.in_thread(lambda: client.ready("jobs"))
        asking = self.in_thread(lambda: client.query("sums", "abc"))
        self.until(lambda: len(other.control.queues()["queues"]) >= 3)
        self.restart()
        other.send("jobs", "x")
        self.assertEqual(waiting.get().body, b"x")
        with other.receive("sums") as sums:
            message = next(sums)
            message.reply("cba")
            message.done()
        self.assertEqual(asking.get().body, b"cba")

    def test_a_lease_goes_on(self) -> None:
        client = self.connected(self.server)
        client.send("jobs", "x")
        jobs = client.receive("jobs", lease=60)
        job = next(jobs)
        self.restart()
        client.flush()
        self.assertTrue(job.is_ours)
        job.done()
        client.flush()
        self.assertEqual(client.control.queues("jobs")["queues"], [])
        jobs.close()

    def test_while_there_is_no_broker(self) -> None:
        client = self.connected(self.server)
        self.server.end(signal.SIGKILL)
        with self.assertRaises(msglite.Expired):
            client.send("jobs", "x", timeout=0.05)
        self.assertIsNone(client.ready("jobs", timeout=0.05))
        self.assertIsNone(client.query("sums", "x", timeout=0.05))
        self.server.start()
        client.send("jobs", "y")
        message = client.ready("jobs")
        assert message is not None
        self.assertEqual(message.body, b"y")

    def test_without_ids_it_says_that_it_does_not_know(self) -> None:
        client = self.connected(self.server, ids=False)
        os.kill(self.server.pid, signal.SIGSTOP)
        sending = self.in_thread(lambda: client.send("jobs", "x"))
        self.until(lambda: bool(client._link._pending))
        self.server.end(signal.SIGKILL)
        with self.assertRaises(msglite.ConnectionLost):
            sending.get()
        self.server.start()

    def test_nobody_there(self) -> None:
        with self.assertRaises(msglite.Unreachable) as caught:
            msglite.connect(f"unix:{self.folder}/nothing")
        self.assertIsInstance(caught.exception, ConnectionError)

    def test_several_addresses_and_patience(self) -> None:
        self.server.end()
        connecting = self.in_thread(
            lambda: msglite.connect([f"unix:{self.folder}/nothing", self.server.address], wait=True)
        )
        self.server.start()
        client = connecting.get()
        client.send("jobs", "x")
        client.close()


class Addresses(TestCase):
    def test_addresses(self) -> None:
        self.assertEqual(
            parse_endpoints("unix:/a, tcp:[::1]:1,tcp:h:65535"),
            [
                Endpoint("/a"),
                Endpoint(None, "::1", 1),
                Endpoint(None, "h", 65535),
            ],
        )
        self.assertEqual([str(one) for one in parse_endpoints(["unix:/a", "tcp:[::1]:1"])], ["unix:/a", "tcp:[::1]:1"])
        for wrong in ("", "unix:", "/a", "tcp:h", "tcp:h:65536", "tcp::1", []):
            with self.assertRaises(msglite.BadArgument):
                parse_endpoints(wrong)
