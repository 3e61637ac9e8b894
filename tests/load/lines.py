"""Keep-alive connections that ask one thing after the other, all from one thread by epoll."""
import select
import socket
import time
import urllib.parse


def request(fields, path="/api/v2", ref=None):
    """The bytes of a client's POST; ref: its Idempotency-Key."""
    body = urllib.parse.urlencode(fields).encode()
    key = b"Idempotency-Key: %b\r\n" % ref.encode() if ref else b""
    return b"POST %b HTTP/1.1\r\nHost: gateway\r\n%bContent-Type: application/x-www-form-urlencoded\r\n" \
           b"Content-Length: %d\r\n\r\n%b" % (path.encode(), key, len(body), body)


class Line:
    __slots__ = ("socket", "context", "asked", "rest", "busy")

    def __init__(self):
        self.socket, self.context, self.asked, self.rest, self.busy = None, None, b"", b"", False


class Lines:
    """Lines(port, count).run(next_job, on_answer, on_broken): next_job() gives (bytes, context), None for
    "nothing now" or raises StopIteration at the end; on_answer(context, status, body); on_broken(context)
    for what was asked and not answered. A line that broke connects again for its next job; after `broken_most`
    breaks in a row the gateway counts as gone. Returns True when all jobs were answered or broken."""

    def __init__(self, port, count, broken_most=1):
        self.port, self.broken_most = port, broken_most
        self.lines = [Line() for _ in range(count)]
        self.by_number = {}
        self.poll = select.epoll()
        self.breaks = 0
        self.answers = 0

    def close(self):
        for line in self.lines:
            self._drop(line)
        self.poll.close()

    def _drop(self, line):
        if line.socket:
            self.by_number.pop(line.socket.fileno(), None)
            line.socket.close()
        line.socket, line.rest, line.busy = None, b"", False

    def _connect(self, line):
        line.socket = socket.create_connection(("127.0.0.1", self.port), 10)
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.by_number[line.socket.fileno()] = line
        self.poll.register(line.socket.fileno(), select.EPOLLIN)

    def _ask(self, line, job):
        line.asked, line.context = job
        line.busy = True
        try:
            if line.socket is None:
                self._connect(line)
            line.socket.sendall(line.asked)
        except OSError:
            self._break(line)

    def _break(self, line):
        self.breaks += 1
        context, was_busy = line.context, line.busy
        self._drop(line)
        if was_busy:
            self.on_broken(context)

    def _read(self, line):
        try:
            data = line.socket.recv(262144)
        except OSError:
            data = b""
        if not data:
            if line.busy:
                self._break(line)
            else:
                self._drop(line)
            return
        line.rest += data
        head, found, body = line.rest.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) < length:
            return
        context, line.rest, line.busy = line.context, b"", False
        self.answers += 1
        self.breaks = 0
        if b"\r\nconnection: close" in head.lower():
            self._drop(line)
        self.on_answer(context, int(head[9:12]), body[:length])

    def run(self, next_job, on_answer, on_broken, seconds=None, look=None):
        """Until next_job ends and all is answered, the gateway is gone, or the seconds are over. look() is
        called about every 20 ms; true ends the run."""
        self.on_answer, self.on_broken = on_answer, on_broken
        end = time.monotonic() + seconds if seconds else None
        next_look = 0
        is_over = False
        while True:
            for line in self.lines:
                if is_over or line.busy:
                    continue
                try:
                    job = next_job()
                except StopIteration:
                    is_over = True
                    break
                if job is None:
                    break
                self._ask(line, job)
                if self.breaks >= self.broken_most:
                    return False
            if is_over and not any(line.busy for line in self.lines):
                return True
            for number, _ in self.poll.poll(0.02):
                if number in self.by_number:
                    self._read(self.by_number[number])
                if self.breaks >= self.broken_most:
                    return False
            now = time.monotonic()
            if end and now > end:
                return False
            if look and now >= next_look:
                next_look = now + 0.02
                if look():
                    return False

    def give_up(self):
        """What is still under way counts as broken."""
        for line in self.lines:
            if line.busy:
                self._break(line)
