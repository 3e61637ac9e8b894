"""A program under test: its stderr is read line by line as it comes, so that a story waits for a
line instead of sleeping. Sanitizer reports are remembered and fail the test at its end."""
import os
import random
import re
import signal
import shlex
import subprocess
import threading
import time

from .waiting import SLOW

# An uneven machine, to shake races out: now and then a reader of lines, or a program, stands still for up to so many
# seconds.
UNEVEN = float(os.environ.get("PANELMUX_UNEVEN", "0"))
REPORTS = re.compile(r"ERROR: \w*Sanitizer|WARNING: ThreadSanitizer|runtime error:|panelmux: assertion")
_SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1",
               "TSAN_OPTIONS": "halt_on_error=0 second_deadlock_stack=1"}
_FIELD = re.compile(r'([A-Za-z_][\w.]*)=("(?:[^"\\]|\\.)*"|\S*)')
live = []  # all programs of the running test, for its failure report


def binary():
    path = os.environ.get("PANELMUX", "build/dev/panelmux")
    if not os.path.isabs(path):
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
        path = os.path.join(root, path)
    return path


def fields_of(line):
    """The key=value pairs of a log line; quoted values unquoted."""
    fields = {}
    for name, value in _FIELD.findall(line):
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        fields[name] = value
    return fields


class Program:
    def __init__(self, name, arguments, environment=None, folder=None):
        self.name = name
        self.arguments = [str(argument) for argument in arguments]
        self.lines = []
        self.reports = []
        self._news = threading.Condition()
        self._ended = 0  # output streams that were read to their end
        self.process = subprocess.Popen(
            self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=folder, env={**_SANITIZERS, **os.environ, **(environment or {})})
        live.append(self)
        self._readers = [threading.Thread(target=self._read, args=(stream,), daemon=True)
                         for stream in (self.process.stdout, self.process.stderr)]
        for reader in self._readers:
            reader.start()
        if UNEVEN and binary() in self.arguments:  # others are stopped by the stories themselves
            threading.Thread(target=self._stand_still, daemon=True).start()

    def _stand_still(self):
        pause = threading.Event()
        while self.is_running():
            pause.wait(random.uniform(0, 20 * UNEVEN))
            self.signal(signal.SIGSTOP)
            pause.wait(random.uniform(0, UNEVEN))
            self.signal(signal.SIGCONT)

    def _read(self, stream):
        late = 0
        for raw in stream:
            if UNEVEN and time.monotonic() > late:
                threading.Event().wait(random.uniform(0, UNEVEN))
                late = time.monotonic() + random.uniform(0, 4 * UNEVEN)
            line = raw.decode("utf-8", "replace").rstrip("\n")
            with self._news:
                self.lines.append(line)
                if REPORTS.search(line):
                    self.reports.append(line)
                self._news.notify_all()
        with self._news:
            self._ended += 1
            self._news.notify_all()

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def mark(self):
        """A place in the log: waits can be told to look only behind it."""
        with self._news:
            return len(self.lines)

    def wait_line(self, fits, timeout=10, after=0, what="a line"):
        """The first line behind `after` for which fits(line) is true."""
        end = time.monotonic() + timeout * SLOW
        at = after
        with self._news:
            while True:
                while at < len(self.lines):
                    if fits(self.lines[at]):
                        return self.lines[at]
                    at += 1
                if self._ended == 2 and not self.is_running():
                    raise AssertionError(f"{self.name} ended ({self.process.returncode}) before {what}\n{self.tail()}")
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"{self.name}: no {what} within {timeout * SLOW:g} s\n{self.tail()}")
                self._news.wait(min(left, 1))

    def wait_news(self, seconds):
        """Until another line comes, at most so long."""
        with self._news:
            self._news.wait(seconds)

    def tail(self, count=40):
        with self._news:
            lines = self.lines[-count:]
        head = f"--- {self.name}: {shlex.join(self.arguments)} (last {len(lines)} lines)"
        return "\n".join([head, *lines])

    def signal(self, number):
        self.process.send_signal(number)

    def wait_end(self, timeout=20):
        """Exit code, once all of its output is read."""
        try:
            code = self.process.wait(timeout * SLOW)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {timeout * SLOW:g} s\n{self.tail()}") from None
        for reader in self._readers:
            reader.join(5)
        return code

    def kill(self):
        if self.is_running():
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(5)
