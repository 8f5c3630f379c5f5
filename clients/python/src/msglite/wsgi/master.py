"""The process that keeps the workers."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import sys
import time
from typing import Any, Callable

from .application import Application
from .settings import Settings
from .worker import Worker

log = logging.getLogger("msglite.wsgi")

#: Start, stop and reload: between ``INFO`` and ``WARNING``.
NOTICE = 25
#: Exit code of a worker that could not load the application.
NOT_LOADED = 3
#: Seconds before the next try when workers die before they are ready: this, doubled each time, up to the second.
_PAUSES = (0.5, 30.0)
#: What a worker tells its master.
_LOADED, _READY = b"l", b"."
_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


class Process:
    """A worker, as its master sees it: starting, ready, leaving."""

    def __init__(self, pid: int, generation: int, pipe: int, boot_by: float) -> None:
        self.pid = pid
        self.generation = generation
        #: It writes there when the application is loaded, and when it is ready.
        self.pipe = pipe
        self.ready = False
        #: When it is too late to have loaded the application; None: it has.
        self.boot_by: float | None = boot_by
        #: When it is killed.
        self.kill_at: float | None = None

    def signal(self, number: int) -> None:
        # Its end may be on its way to us.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


class Master:
    """Forks workers, and replaces those that end. It does not load the application: so new workers have the new one."""

    def __init__(self, load: Callable[[], Application], settings: Settings) -> None:
        self._load = load
        self._settings = settings
        self._workers: dict[int, Process] = {}
        self._generation = 0
        self._stopping = False
        self._ever_ready = False
        self._code = 0
        self._failures = 0
        self._retry_at = 0.0
        self._caught: list[int] = []
        self._wake_r, self._wake_w = os.pipe()
        #: Workers hold one end: when it closes, there is no master any more.
        self._life_r, self._life_w = os.pipe()

    def run(self) -> int:
        """Returns the exit code."""
        os.set_blocking(self._wake_r, False)
        os.set_blocking(self._wake_w, False)
        before = {number: signal.signal(number, self._catch) for number in _SIGNALS}
        wakeup = signal.set_wakeup_fd(self._wake_w, warn_on_full_buffer=False)
        settings = self._settings
        log.log(NOTICE, "started: %d workers for %s at %s", settings.workers, settings.http_msg_address, settings.broker)
        try:
            self._write_pid()
            while self._workers or not self._stopping:
                self._fill()
                self._wait()
                self._hear()
                self._kill_late()
            log.log(NOTICE, "stopped")
            return self._code
        finally:
            if settings.pid is not None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(settings.pid)
            for worker in self._workers.values():
                worker.signal(signal.SIGKILL)
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
            for fd in (self._wake_r, self._wake_w, self._life_r, self._life_w):
                os.close(fd)

    def _write_pid(self) -> None:
        if self._settings.pid is not None:
            with open(self._settings.pid, "w", encoding="ascii") as file:
                file.write(f"{os.getpid()}\n")

    def _catch(self, number: int, frame: Any) -> None:
        self._caught.append(number)

    # What happens

    def _wait(self) -> None:
        now = time.monotonic()
        workers = self._workers.values()
        moments = [moment for worker in workers for moment in (worker.kill_at, worker.boot_by) if moment is not None]
        if not self._stopping and len(self._fresh()) < self._settings.workers:
            moments.append(self._retry_at)
        timeout = max(0.0, min(moments) - now) * 1000 if moments else None
        poller = select.poll()
        poller.register(self._wake_r, select.POLLIN)
        pipes = {worker.pipe: worker for worker in self._workers.values() if not worker.ready and worker.pipe >= 0}
        for pipe in pipes:
            poller.register(pipe, select.POLLIN)
        for fd, _ in poller.poll(timeout):
            if fd == self._wake_r:
                self._drain()
            else:
                self._told(pipes[fd])

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_r, 4096)

    def _told(self, worker: Process) -> None:
        data = os.read(worker.pipe, 2)
        worker.boot_by = None
        if data == _LOADED:
            return
        os.close(worker.pipe)
        worker.pipe = -1
        if not data:
            return
        worker.ready = True
        self._ever_ready = True
        self._failures = 0
        self._replace()

    def _replace(self) -> None:
        """As many old ones leave as there are new ones at work."""
        fresh = [worker for worker in self._fresh() if worker.ready]
        old = [worker for worker in self._staying() if worker.generation < self._generation]
        excess = len(fresh) + len(old) - self._settings.workers
        for worker in old[: max(0, excess)]:
            self._retire(worker)

    def _hear(self) -> None:
        caught, self._caught = self._caught, []
        for number in caught:
            if number == signal.SIGHUP and not self._stopping:
                self._reload()
            elif number in (signal.SIGTERM, signal.SIGINT):
                self._stop()
        self._reap()

    def _reload(self) -> None:
        log.log(NOTICE, "reloading")
        self._generation += 1
        self._failures = 0
        self._retry_at = 0.0
        for worker in self._staying():
            if not worker.ready:
                self._retire(worker)

    def _stop(self) -> None:
        if self._stopping:
            for worker in self._workers.values():
                worker.signal(signal.SIGKILL)
        self._stopping = True
        for worker in self._staying():
            self._retire(worker)

    def _reap(self) -> None:
        while self._workers:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            worker = self._workers.pop(pid, None)
            if worker is not None:
                self._ended(worker, status)

    def _ended(self, worker: Process, status: int) -> None:
        if worker.pipe >= 0:
            # It may have become ready and died since we looked.
            worker.ready = worker.ready or os.read(worker.pipe, 2).endswith(_READY)
            self._ever_ready = self._ever_ready or worker.ready
            os.close(worker.pipe)
        code = os.waitstatus_to_exitcode(status)
        if worker.kill_at is None and code != 0:
            log.warning("worker %d ended: %s", worker.pid, f"code {code}" if code > 0 else signal.Signals(-code).name)
        if worker.kill_at is not None or worker.ready:
            return
        if not self._ever_ready and code == NOT_LOADED:
            # There is nothing yet that could be kept running.
            self._code = NOT_LOADED
            self._stop()
            return
        least, most = _PAUSES
        self._retry_at = time.monotonic() + min(most, least * 2**self._failures)
        self._failures += 1

    def _kill_late(self) -> None:
        now = time.monotonic()
        for worker in self._workers.values():
            if worker.kill_at is not None and worker.kill_at <= now:
                log.warning("worker %d did not stop in time", worker.pid)
                worker.signal(signal.SIGKILL)
                worker.kill_at = now + 1.0
            elif worker.boot_by is not None and worker.boot_by <= now:
                log.warning("worker %d did not load the application in time", worker.pid)
                worker.signal(signal.SIGKILL)
                worker.boot_by = now + 1.0

    # Workers

    def _staying(self) -> list[Process]:
        return [worker for worker in self._workers.values() if worker.kill_at is None]

    def _fresh(self) -> list[Process]:
        return [worker for worker in self._staying() if worker.generation == self._generation]

    def _retire(self, worker: Process) -> None:
        worker.kill_at = time.monotonic() + self._settings.drain_timeout
        worker.boot_by = None
        worker.signal(signal.SIGTERM)

    def _fill(self) -> None:
        while not self._stopping and len(self._fresh()) < self._settings.workers:
            if time.monotonic() < self._retry_at:
                return
            self._fork()

    def _fork(self) -> None:
        reader, writer = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        # A signal that comes meanwhile is the child's too only once it can hear it.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if pid != 0:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            os.close(writer)
            self._workers[pid] = Process(
                pid, self._generation, reader, time.monotonic() + self._settings.boot_timeout
            )
            return
        code = 1
        try:
            os.close(reader)
            code = self._child(writer)
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 1
        except BaseException:
            log.exception("worker %d failed", os.getpid())
        finally:
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _child(self, writer: int) -> int:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        # A terminal tells the whole group; our master tells us what is wanted.
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        for fd in (self._wake_r, self._wake_w, self._life_w):
            os.close(fd)
        for worker in self._workers.values():
            if worker.pipe >= 0:
                os.close(worker.pipe)
        try:
            application = self._load()
        except Exception:
            log.exception("the application could not be loaded")
            return NOT_LOADED
        os.write(writer, _LOADED)
        worker_of_this = Worker(application, self._settings)
        worker_of_this.stop_on(signal.SIGTERM)
        worker_of_this.stop_when_closed(self._life_r)

        def ready() -> None:
            os.write(writer, _READY)
            os.close(writer)

        worker_of_this.run(ready)
        return 0
