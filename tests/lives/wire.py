"""Clients, the operator and the panels of one run, all in one thread: connections by epoll."""
import collections
import select
import socket
import urllib.parse


def body_of(fields):
    """A form's bytes; of what must be quoted, values have no more than : and /."""
    return "&".join(f"{name}={str(value).replace(':', '%3A').replace('/', '%2F')}" for name, value in fields.items()).encode()


def post(fields, headers=""):
    """A client's POST."""
    body = body_of(fields)
    return b"POST /api/v2 HTTP/1.1\r\nHost: g\r\n%bContent-Type: application/x-www-form-urlencoded\r\n" \
           b"Content-Length: %d\r\n\r\n%b" % (headers.encode(), len(body), body)


class Wire:
    def __init__(self):
        self.poll, self.readers, self.soon = select.epoll(), {}, collections.deque()

    def watch(self, connection, read):
        self.readers[connection.fileno()] = read
        self.poll.register(connection.fileno(), select.EPOLLIN)

    def forget(self, connection):
        self.readers.pop(connection.fileno(), None)
        connection.close()

    def turn(self, seconds):
        """Reads what has come, waiting at most so long, then does what was put off."""
        for number, _ in self.poll.poll(0 if self.soon else seconds):
            read = self.readers.get(number)
            if read:
                read()
        for _ in range(len(self.soon)):
            self.soon.popleft()()


def message(data):
    """(head, body, rest) of the first whole message, or None."""
    at = data.find(b"\r\n\r\n")
    if at < 0:
        return None
    mark = data.find(b"ength:", 0, at + 2)  # of Content-Length, in whichever case
    length = int(data[mark + 6:data.find(b"\r\n", mark)]) if mark >= 0 else 0
    if len(data) < at + 4 + length:
        return None
    return data[:at + 2], data[at + 4:at + 4 + length], data[at + 4 + length:]


class Line:
    """One keep-alive connection to the gateway. ask(bytes, done): done(status, body) once, later; done(None, None) when
    the connection ends before the answer is there, or there is none to be had."""

    def __init__(self, wire, port):
        self.wire, self.port, self.connection, self.data, self.done = wire, port, None, b"", None

    def ask(self, request, done):
        self.done = done
        try:
            if self.connection is None:
                self.connection = socket.create_connection(("127.0.0.1", self.port), 10)
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.wire.watch(self.connection, self.read)
            self.connection.sendall(request)
        except OSError:
            self.wire.soon.append(self.lose)

    def lose(self):
        if self.connection:
            self.wire.forget(self.connection)
        done, self.connection, self.data, self.done = self.done, None, b"", None
        if done:
            done(None, None)

    def read(self):
        try:
            data = self.connection.recv(262144)
        except OSError:
            data = b""
        if not data:
            self.lose()
            return
        self.data += data
        found = message(self.data)
        if found:
            head, body, self.data = found
            done, self.done = self.done, None
            done(int(head[9:12]), body)


class Door:
    """Where a panel listens. answer(fields) gives the body's bytes, or None to hang up."""

    def __init__(self, wire, answer):
        self.wire, self.answer = wire, answer
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        wire.watch(self.listener, self.come)

    def come(self):
        connection, _ = self.listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        visitor = Visitor(self, connection)
        self.wire.watch(connection, visitor.read)

    def close(self):
        self.wire.forget(self.listener)


class Visitor:
    def __init__(self, door, connection):
        self.door, self.connection, self.data = door, connection, b""

    def read(self):
        try:
            data = self.connection.recv(262144)
        except OSError:
            data = b""
        found = data and message(self.data + data)
        if not found:
            self.data += data
            if not data:
                self.door.wire.forget(self.connection)
            return
        _, body, self.data = found
        pairs = (pair.partition("=") for pair in body.decode().split("&"))
        fields = {name: urllib.parse.unquote_plus(value) if "%" in value else value for name, _, value in pairs}
        answer = self.door.answer(fields)
        if answer is None:
            self.door.wire.forget(self.connection)
            return
        try:
            self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                                    % (len(answer), answer))
        except OSError:
            self.door.wire.forget(self.connection)
