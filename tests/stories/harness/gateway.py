"""The gateway as a program of its own, in a folder of its own, with its clients' and admin side."""
import http.client
import json
import os
import signal
import socket
import subprocess
import time
import urllib.parse

import yaml

from .config import ADMIN_TOKEN, SHOP_KEY
from .ports import free_port, give_back
from .process import REPORTS, Program, binary, fields_of
from .waiting import SLOW


class Answer:
    """An HTTP answer. answer["order"], "error" in answer and answer.get() look into its JSON."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The error's words, None when it is none."""
        value = self.json
        return value.get("error") if isinstance(value, dict) else None

    def __getitem__(self, name):
        return self.json[name]

    def __contains__(self, name):
        return name in self.json

    def get(self, name, otherwise=None):
        return self.json.get(name, otherwise)

    def __repr__(self):
        return f"<{self.status} {self.text[:300]}>"


class Ended:
    """A finished command: returncode, stdout, stderr; .json reads stdout."""

    def __init__(self, done):
        self.returncode = done.returncode
        self.stdout = done.stdout.decode("utf-8", "replace")
        self.stderr = done.stderr.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.stdout)

    def __repr__(self):
        return f"<exit {self.returncode}\n{self.stdout}\n{self.stderr}>"


class Gateway:
    """Gateway(folder, config): writes panelmux.yaml into folder and serves it until stop(). config
    is a mapping (see config.default_config) or YAML text with {port} and {admin_port} in it."""

    def __init__(self, folder, config, environment=None, start=True, ready=True):
        self.folder = str(folder)
        self.path = os.path.join(self.folder, "panelmux.yaml")
        self.environment = environment or {}
        self.port, self.admin_port = free_port(), free_port()
        self.programs = []
        self.write(config)
        if start:
            self.start(ready=ready)

    # --- configuration and life

    def write(self, config):
        """Writes the configuration; what Gateway must know (listen, admin, ledger) is filled in."""
        if isinstance(config, str):
            text = config.replace("{port}", str(self.port)).replace("{admin_port}", str(self.admin_port))
        else:
            config = dict(config)
            config.setdefault("listen", f"127.0.0.1:{self.port}")
            config.setdefault("admin", {"listen": f"127.0.0.1:{self.admin_port}", "token": ADMIN_TOKEN})
            config.setdefault("ledger", f"sqlite:{os.path.join(self.folder, 'panelmux.db')}")
            config["clients"] = [self._with_balance(client) for client in config.get("clients", [])]
            text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        self.config = config
        with open(self.path, "w") as file:
            file.write(text)

    @staticmethod
    def _with_balance(client):
        """An unlimited client must say what it sees as its balance; most stories do not care."""
        return client if client.get("funds") == "prepaid" else {"balance": "provider_sum", **client}

    @property
    def program(self):
        return self.programs[-1]

    def start(self, ready=True, timeout=20):
        self.programs.append(Program("gateway", [binary(), "serve", "-c", self.path], self.environment, self.folder))
        if ready:
            self.wait_ready(timeout)

    def wait_ready(self, timeout=20):
        end = time.monotonic() + timeout * SLOW
        while True:
            try:
                if self.admin("/readyz", timeout=2).status == 200:
                    return
            except OSError:
                pass
            if not self.program.is_running():
                self.program.wait_end()
                raise AssertionError(f"the gateway ended ({self.program.process.returncode}) before it was ready\n"
                                     + self.program.tail())
            if time.monotonic() > end:
                raise AssertionError(f"the gateway was not ready within {timeout * SLOW:g} s\n" + self.program.tail())
            self.program.wait_news(0.05)

    def stop(self, timeout=20):
        """SIGTERM, and it must end well."""
        if self.programs and self.program.is_running():
            self.program.signal(signal.SIGTERM)
            code = self.program.wait_end(timeout)
            assert code == 0, f"the gateway ended with {code}\n{self.program.tail()}"

    def kill(self):
        """SIGKILL: as a power cut, but for what the system has not written yet."""
        if self.programs:
            self.program.kill()

    def restart(self, by_kill=False):
        if by_kill:
            self.kill()
        else:
            self.stop()
        self.start()

    def close(self):
        """At the end of the test: nothing stays behind, ports go back. Returns what was wrong: sanitizer
        reports, an end that was not clean."""
        for program in self.programs:
            if program.is_running():
                program.signal(signal.SIGTERM)
                try:
                    code = program.wait_end(20)
                    if code != 0:
                        program.reports.append(f"the gateway ended with {code}")
                except AssertionError as fault:
                    program.reports.append(str(fault))
                    program.kill()
        give_back(self.port)
        give_back(self.admin_port)
        return [report for program in self.programs for report in program.reports]

    def reload(self, config=None):
        """Writes config, if given, and runs `panelmux reload`: its returncode says what came of it."""
        if config is not None:
            self.write(config)
        return self.cli("reload")

    def hang_up(self):
        """SIGHUP, the other way to reload; wait_log says what came of it."""
        self.program.signal(signal.SIGHUP)

    # --- the clients' side

    def call(self, action=None, key=SHOP_KEY, method="POST", headers=None, path="/api/v2", timeout=30,
             port=None, **fields):
        """One action, urlencoded; lists are joined by commas, None leaves a field out."""
        form = {"key": key, "action": action, **fields}
        form = {name: ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
                for name, value in form.items() if value is not None}
        text = urllib.parse.urlencode(form)
        headers = dict(headers or {})
        if method == "GET":
            return self.request("GET", f"{path}?{text}", None, headers, timeout, port)
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return self.request(method, path, text, headers, timeout, port)

    def add(self, service=1, link="https://example.com/p/1", quantity=100, **fields):
        """Places an order and returns its number; anything else fails the story."""
        answer = self.call("add", service=service, link=link, quantity=quantity, **fields)
        assert answer.status == 200 and "order" in answer, answer
        return answer["order"]

    def status(self, order, **fields):
        return self.call("status", order=order, **fields)

    def request(self, method, path, body=None, headers=None, timeout=30, port=None):
        """Any HTTP request to the clients' side."""
        line = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout * SLOW)
        try:
            line.request(method, path, body, headers or {})
            answer = line.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            line.close()

    def connect(self, timeout=30):
        """A raw connection to the clients' side."""
        return socket.create_connection(("127.0.0.1", self.port), timeout * SLOW)

    def api(self, raw, timeout=30):
        """Sends bytes as they are and returns all bytes that come until the gateway closes."""
        with self.connect(timeout) as line:
            line.sendall(raw)
            answer = b""
            while True:
                try:
                    more = line.recv(65536)
                except ConnectionResetError:
                    return answer
                if not more:
                    return answer
                answer += more

    # --- the operator's side

    def admin(self, path, method="GET", body=None, token=ADMIN_TOKEN, timeout=30):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        return self.request(method, path, body, headers, timeout, self.admin_port)

    def metrics(self):
        """{'name{labels}': value} of /metrics."""
        found = {}
        for line in self.admin("/metrics").text.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                found[name] = float(value)
        return found

    def cli(self, *arguments, timeout=60, stdin=None, config=True):
        """panelmux ARGUMENTS -c CONFIG; never raises for an exit code."""
        command = [binary(), *map(str, arguments)]
        if config:
            command += ["-c", self.path]
        done = Ended(subprocess.run(command, input=stdin or b"", capture_output=True, timeout=timeout * SLOW, cwd=self.folder,
                                    env={**os.environ, **self.environment}))
        for line in done.stderr.splitlines():
            if REPORTS.search(line) and self.programs:
                self.program.reports.append(f"{' '.join(command)}: {line}")
        return done

    # --- its log

    def mark(self):
        return self.program.mark()

    def log_lines(self, event=None, after=0, **fields):
        """The log as a list of mappings, raw line under "line"; only what fits."""
        found = []
        for line in list(self.program.lines)[after:]:
            entry = fields_of(line)
            if self._fits(entry, event, fields):
                found.append({**entry, "line": line})
        return found

    def wait_log(self, event=None, after=0, timeout=10, **fields):
        """The first line with that event and those fields (compared as text), also an earlier one
        unless after=mark()."""
        wanted = " ".join([f"event={event}", *(f"{name}={value}" for name, value in fields.items())])
        line = self.program.wait_line(lambda line: self._fits(fields_of(line), event, fields), timeout, after, wanted)
        return {**fields_of(line), "line": line}

    @staticmethod
    def _fits(entry, event, fields):
        return (event is None or entry.get("event") == event) and all(
            entry.get(name) == str(value) for name, value in fields.items())
