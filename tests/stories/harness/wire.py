"""A raw connection to the clients' side that reads one answer after the other: for keep-alive,
pipelining and what no well-behaved HTTP library would send."""
import socket
import ssl

from .gateway import Answer
from .waiting import SLOW


class Wire:
    """with Wire(gateway.port) as wire: wire.send(b"…"); wire.answer(). tls: an ssl.SSLContext."""

    def __init__(self, port, tls=None, timeout=20, host="127.0.0.1"):
        self.line = socket.create_connection((host, port), timeout * SLOW)
        if tls:
            self.line = tls.wrap_socket(self.line, server_hostname="localhost")
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.line.close()

    def send(self, data):
        self.line.sendall(data if isinstance(data, bytes) else data.encode())

    def _more(self):
        try:
            data = self.line.recv(65536)
        except (ConnectionResetError, ssl.SSLError):
            data = b""
        self.rest += data
        return data != b""

    def head(self):
        """(status, headers as pairs) of the next answer, interim ones included; None at the end."""
        while b"\r\n\r\n" not in self.rest:
            if not self._more():
                return None
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        pairs = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        return int(lines[0].split()[1]), pairs

    def answer(self):
        """The next answer by its Content-Length; None when the gateway has closed."""
        head = self.head()
        if head is None:
            return None
        status, pairs = head
        length = next((int(value) for name, value in pairs if name.lower() == "content-length"), 0)
        while len(self.rest) < length:
            assert self._more(), "the connection ended inside an answer"
        body, self.rest = self.rest[:length], self.rest[length:]
        return Answer(status, pairs, body)

    def ended(self):
        """True once the gateway has closed, after nothing more than what was read."""
        return self.rest == b"" and not self._more()


def post(fields, headers="", path="/api/v2", kind="application/x-www-form-urlencoded"):
    """The bytes of a POST; fields is the body, bytes or text."""
    body = fields if isinstance(fields, bytes) else fields.encode()
    head = f"POST {path} HTTP/1.1\r\nHost: panel\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body
