"""A simulated panel as a program of its own, steered over its /_control."""
import http.client
import json
import os
import re
import urllib.parse

import yaml

from .process import Program, binary
from .waiting import SLOW

READY = re.compile(r"simulator listening on \S+:(\d+)$")


def _command(address, script):
    own = os.environ.get("PANELMUX_SIMULATOR")
    if own:
        return [own, address, script]
    return [binary(), "simulate", "--listen", address, "--script", script]


class Panel:
    """Panel(folder, "alpha", balance="5.00", …): the keywords are the script's keys (see
    simulator/README.md). Runs from construction to stop()."""

    def __init__(self, folder, name="alpha", **settings):
        self.name = name
        self.settings = {"key": f"{name}-key-0123456789", "currency": "USD", **settings}
        self.key = self.settings["key"]
        self.currency = self.settings["currency"]
        self.script = os.path.join(folder, f"panel-{name}.yaml")
        self.port = 0
        self.program = None
        self.start()

    # --- life

    def start(self):
        """Again on the same port; a panel that was stopped has forgotten its orders."""
        with open(self.script, "w") as file:
            yaml.safe_dump(self.settings, file)
        self.program = Program(f"panel {self.name}", _command(f"127.0.0.1:{self.port}", self.script))
        line = self.program.wait_line(READY.search, what="ready line")
        self.port = int(READY.search(line).group(1))

    def stop(self):
        if self.program and self.program.is_running():
            self.program.signal(15)
            self.program.wait_end()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/api/v2"

    # --- talking to it

    def control(self, path, body=None, timeout=30):
        """GET, or POST when there is a body, of /_control/<path>."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout * SLOW)
        try:
            text = None if body is None else json.dumps(body)
            line.request("GET" if body is None else "POST", f"/_control/{path}" if path else "/_control", text)
            answer = line.getresponse()
            data = json.loads(answer.read())
        finally:
            line.close()
        if answer.status != 200:
            raise AssertionError(f"panel {self.name}, {path}: {data.get('error')}")
        return data

    def call(self, **fields):
        """Asks the panel itself, as a client of it would: parsed JSON."""
        fields.setdefault("key", self.key)
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30 * SLOW)
        try:
            line.request("POST", "/api/v2", urllib.parse.urlencode(fields),
                         {"Content-Type": "application/x-www-form-urlencoded"})
            return json.loads(line.getresponse().read())
        finally:
            line.close()

    # --- steering

    def set(self, **settings):
        """balance=…, key=…, services=[…], multi_status=… : the script's keys, live."""
        self.control("set", settings)

    def rules(self, *rules):
        """Replaces the rules. panel.rules() takes all out."""
        self.control("rules", list(rules))

    def rule(self, action, times=None, match=None, **do):
        """Adds one rule: panel.rule("add", times=1, cut="after_read", accept=True)."""
        rule = {"action": action, "do": do}
        if times is not None:
            rule["times"] = times
        if match:
            rule["match"] = match
        self.control("rules", {"append": [rule]})

    def play(self, answer, times=None, **do):
        """Answers as a recorded panel did: a mapping with action, http_status, content_type, body or
        body_b64, headers; http_status 0 with transport reset_after_send or connect_refused."""
        action = answer["action"].removeprefix("multi_")
        if answer["http_status"] == 0:
            if answer.get("transport") == "connect_refused":
                self.stop()
            else:
                self.rule(action, times, cut="after_read", reset=True, **do)
            return
        do = {"status": answer["http_status"], **do}
        if answer.get("content_type"):
            do["content_type"] = answer["content_type"]
        if answer.get("headers"):
            do["headers"] = answer["headers"]
        if "body_b64" in answer:
            do["body_base64"] = answer["body_b64"]
        else:
            do["body"] = answer["body"]
        self.rule(action, times, **do)

    def set_order(self, order, **fields):
        """set_order(7, status="Partial", remains=20): money follows; see README for the rest."""
        self.control("order", {"id": str(order), **fields})

    def set_refill(self, refill, status):
        self.control("refill", {"id": str(refill), "status": status})

    def wait_hold(self, name, count=1, timeout=10):
        """Until so many requests are held by rules with hold=name."""
        wait = max(1, round(timeout * SLOW))
        answer = self.control(f"wait_hold?name={name}&count={count}&wait={wait}", timeout=wait + 10)
        assert not answer["timed_out"], f"panel {self.name}: {answer['held']} held at {name}, not {count}"

    def release(self, name="hang", count=None, open=False):
        """Lets those held at name go on; open=True: and nobody is held there any more."""
        body = {"name": name, "open": open}
        if count is not None:
            body["count"] = count
        return self.control("release", body)["released"]

    def drop_idle(self, reset=False):
        """Closes every connection that stands idle."""
        return self.control("drop", {"reset": reset})["dropped"]

    def say(self, raw):
        """Sends text that nobody asked for on every idle connection; on how many."""
        return self.control("say", {"raw": raw})["said"]

    def reset(self):
        """Forgets orders, rules and log."""
        self.control("reset", {})

    # --- what it saw

    def orders(self, **fields):
        """All deliveries, oldest first; orders(link="x") only those whose received field is that."""
        found = self.control("orders")["orders"]
        return [order for order in found
                if all(order["fields"].get(name) == str(value) for name, value in fields.items())]

    def order(self, order):
        return next(entry for entry in self.control("orders")["orders"] if entry["id"] == str(order))

    def refills(self):
        return self.control("orders")["refills"]

    def log(self, action=None, after=0, **filters):
        """Requests received, oldest first: number, action, fields, headers, stored, order, rule,
        connection, request, status, gone, sent. filters: service, order, link (a part of it), stored=1."""
        return self._log(action, after, filters)["entries"]

    def mark(self):
        """The log's end; pass it as after=."""
        return self.control("log?most=0")["next"] - 1

    def count(self, action):
        """How often an action was asked since the start, however long ago."""
        return self.control("")["counts"].get(action, {}).get("requests", 0)

    def about(self):
        return self.control("")

    def wait_requests(self, action, count=1, after=0, timeout=10, **filters):
        """Until at least so many requests fit; returns them."""
        wait = max(1, round(timeout * SLOW))
        answer = self._log(action, after, {**filters, "count": count, "wait": wait}, timeout=wait + 10)
        entries = answer["entries"]
        assert not answer["timed_out"], (
            f"panel {self.name}: {len(entries)} requests {action!r} within {wait} s, not {count}")
        return entries

    def _log(self, action, after, filters, timeout=30):
        query = {"after": after, **filters}
        if action:
            query["action"] = action
        return self.control("log?" + urllib.parse.urlencode(query), timeout=timeout)
