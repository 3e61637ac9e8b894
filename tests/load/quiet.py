"""A gateway for long runs: its log goes nowhere, its memory and descriptors are looked at."""
import http.client
import json
import os
import subprocess

from harness import Gateway
from harness.config import ADMIN_TOKEN
from harness.process import Program, binary, live


class QuietProgram(Program):
    def __init__(self, name, arguments, folder):
        self.name, self.arguments, self.lines, self.reports = name, arguments, [], []
        self._readers, self._ended = [], 2
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, cwd=folder)
        live.append(self)

    def wait_news(self, seconds):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass

    def tail(self, count=40):
        return "(its log was not kept)"


class QuietGateway(Gateway):
    _line = None

    def start(self, ready=True, timeout=20):
        self.programs.append(QuietProgram("gateway", [binary(), "serve", "-c", self.path], self.folder))
        if ready:
            self.wait_ready(timeout)

    def ask_admin(self, method, path, body=None):
        """(status, parsed JSON) over one connection that is kept."""
        text = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}", "Content-Type": "application/json"}
        for is_last in (False, True):
            if self._line is None:
                self._line = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=30)
            try:
                self._line.request(method, path, text, headers)
                answer = self._line.getresponse()
                return answer.status, json.loads(answer.read())
            except (OSError, http.client.HTTPException):
                self._line.close()
                self._line = None
                if is_last:
                    raise

    def memory_kib(self):
        with open(f"/proc/{self.program.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.program.pid}/fd"))
