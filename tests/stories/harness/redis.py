"""A real redis-server for stories, on a port of its own, keeping nothing on disk; and a small client
to do things to it: kill, freeze, fill, flush, plant values."""
import os
import signal
import socket
import tempfile

from .ports import free_port, give_back
from .process import Program
from .waiting import SLOW, eventually


class RedisError(Exception):
    """The server's error, as it says it."""


class Redis:
    """Redis(folder): runs from construction to stop(). password and further arguments (as on its
    command line) are kept for every start."""

    def __init__(self, folder, *arguments, password=None, start=True):
        self.folder = str(folder)
        self.port = free_port()
        self.password = password
        self.arguments = [str(argument) for argument in arguments]
        self.program = None
        if start:
            self.start()

    # --- life

    def start(self, *more):
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                   "--dir", tempfile.mkdtemp(dir=self.folder), *self.arguments, *more]
        if self.password:
            command += ["--requirepass", self.password]
        self.program = Program(f"redis {self.port}", command, environment={"LC_ALL": "C"})
        self.program.wait_line(lambda line: "Ready to accept connections" in line, what="ready line")

    def kill(self):
        self.program.signal(signal.SIGCONT)
        self.program.kill()

    def freeze(self):
        self.program.signal(signal.SIGSTOP)
        eventually(self._is_frozen, what="stopped")

    def thaw(self):
        self.program.signal(signal.SIGCONT)

    def _is_frozen(self):
        with open(f"/proc/{self.program.pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "T"

    def stop(self):
        if self.program and self.program.is_running():
            self.kill()
        give_back(self.port)

    def url(self, database=0, password=None):
        password = password or self.password
        login = f":{password}@" if password else ""
        return f"redis://{login}127.0.0.1:{self.port}/{database}"

    @property
    def address(self):
        """As the gateway shows it."""
        return f"127.0.0.1:{self.port}/0"

    # --- talking to it

    def do(self, *words, timeout=10):
        """One command; its reply as bytes, int, None or list. Errors are raised as RedisError."""
        with socket.create_connection(("127.0.0.1", self.port), timeout * SLOW) as line:
            with line.makefile("rwb") as file:
                if self.password:
                    self._ask(file, "AUTH", self.password)
                return self._ask(file, *words)

    def _ask(self, file, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        file.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        file.flush()
        return self._reply(file)

    def _reply(self, file):
        line = file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self._reply(file) for _ in range(int(rest))]
        raise AssertionError(f"no reply of Redis: {line!r}")

    def keys(self, pattern="panelmux:1:*"):
        return sorted(key.decode() for key in self.do("KEYS", pattern))

    def list_key(self, provider):
        """The key under which a provider's list lies; there must be one."""
        keys = self.keys(f"panelmux:1:list:{provider}:*")
        assert len(keys) == 1, keys
        return keys[0]
