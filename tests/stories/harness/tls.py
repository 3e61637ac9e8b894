"""A server that speaks TLS, or fails to, the way a story says; and certificates for it."""
import os
import socket
import ssl
import subprocess
import threading

CA_SETTINGS = """[ca]
default_ca = own
[own]
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = {names}
"""


def certificate(folder, names="IP:127.0.0.1", begins="20200101000000Z", ends="20991231235959Z"):
    """A certificate signed by itself for these names; the path of one file with it and its key."""
    folder = os.path.join(folder, "certificate-" + "".join(c for c in names + ends if c.isalnum()))
    os.makedirs(folder)
    for name, text in (("index", ""), ("serial", "01\n"),
                       ("settings", CA_SETTINGS.format(folder=folder, names=names))):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    def run(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=panel",
        "-keyout", "key.pem", "-out", "request.pem")
    run("ca", "-batch", "-config", "settings", "-selfsign", "-keyfile", "key.pem", "-in", "request.pem",
        "-out", "cert.pem", "-startdate", begins, "-enddate", ends, "-notext")
    whole = os.path.join(folder, "whole.pem")
    with open(whole, "w") as file:
        for name in ("key.pem", "cert.pem"):
            with open(os.path.join(folder, name)) as part:
                file.write(part.read())
    return whole


class Server:
    """with Server(work) as server: each connection is handed to work(server, line) in a thread; what it
    raises of sockets and TLS ends that connection only. connections and requests are counted."""

    def __init__(self, work):
        self.work = work
        self.connections = self.requests = 0
        self.ending = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lines, self.threads = [], []
        self.accepting = threading.Thread(target=self._accept, daemon=True)
        self.accepting.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for line in self.lines:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended already
        self.accepting.join()
        for thread in self.threads:
            thread.join()

    def _accept(self):
        while True:
            try:
                line = self.listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            self.lines.append(line)
            self.threads.append(threading.Thread(target=self._work, args=(line,), daemon=True))
            self.threads[-1].start()

    def _work(self, line):
        try:
            self.work(self, line)
        except (OSError, ssl.SSLError):
            pass
        finally:
            line.close()

    def read(self, line):
        """One request with its body, counted."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = line.recv(65536)
            if not more:
                raise OSError("no request")
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        length = next(int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length:"))
        while len(body) < length:
            body += line.recv(65536)
        self.requests += 1
        return body
