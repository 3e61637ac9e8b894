"""What still works when a part fails. The table is the one in docs/operations.md; each story breaks one part, takes one
action and compares the result with its cell. /readyz?verbose says which parts are failing."""
import pathlib
import re
import resource
import shutil
import time

import pytest

from harness import SLOW, eventually
from harness.process import Program, binary
from harness.redis import Redis

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACTIONS = ["services", "balance", "add", "status", "refill", "cancel", "reload"]
PARTS = {"Redis is away": "redis", "The disk is full or cannot be written": "disk", "One provider is down": "provider",
         "All providers are down": "providers", "The clock jumps, forward or back": "clock"}
ASKS_A_PANEL = {"add", "status", "refill", "cancel"}
actions = pytest.mark.parametrize("action", ACTIONS)


class Scene:
    """A gateway with an order under way and some completed, all at alpha, and every action as one call."""

    def __init__(self, make_gateway, panels, environment=None, **changes):
        self.panels = panels
        self.gateway = gateway = make_gateway(panels, start=False, catalogue={"refresh": "200ms", "balance": "200ms"}, **changes)
        # What a service manager does as well: a file's size limit is an error then, and no signal.
        command = ["env", "--ignore-signal=XFSZ", binary(), "serve", "-c", gateway.path]
        gateway.programs.append(Program("gateway", command, environment, gateway.folder))
        gateway.wait_ready()
        eventually(lambda: "balance" in gateway.call("balance"))
        self.open = gateway.add()
        # One for each refill: an order has one that is open at a time.
        self.completed = [gateway.add(link=f"https://example.com/p/{n}") for n in range(2, 8)]
        panels[0].set_order(panels[0].orders()[0]["id"], status="In progress", remains=50, start_count=7)
        for order in panels[0].orders()[1:]:
            panels[0].set_order(order["id"], status="Completed", remains=0, start_count=7)
        # The balance is read again each 200 ms: the one to compare with is from after the orders.
        enough = panels[0].count("balance") + 2
        eventually(lambda: panels[0].count("balance") >= enough)
        self.before = {"services": gateway.call("services").json, "balance": gateway.call("balance").json,
                       "status": gateway.status(self.open).json}
        assert self.before["status"]["status"] == "In progress" and len(self.before["services"]) == 10
        assert {entry["status"] for entry in gateway.call("status", orders=self.completed).json.values()} == {"Completed"}
        self.adds = 0

    def is_failing(self, part):
        """Whether the gateway has noticed."""
        return {row["part"]: row["failing"] for row in self.gateway.admin("/readyz?verbose").json["parts"]}[part]

    def do(self, action):
        gateway = self.gateway
        if action == "add":
            self.adds += 1
            return gateway.call("add", service=1, link=f"https://example.com/q/{self.adds}", quantity=100)
        if action == "status":
            return gateway.status(self.open)
        if action == "refill":
            return gateway.call("refill", order=self.completed.pop())
        if action == "cancel":
            return gateway.call("cancel", orders=self.open)
        return gateway.call(action)

    def hold(self, part, action):
        """Takes the action and compares its result with the cell."""
        verdict = page_table()[part][action]
        if action == "reload":
            assert self.reload_works() == (verdict == "works"), verdict
            return
        asked = count(self.panels, action)
        answer = self.do(action)
        assert answer.status == 200, answer
        error = error_of(answer.json)
        if verdict == "refused":
            assert error and count(self.panels, action) == asked, (verdict, answer)
        elif verdict == "last known":
            assert answer.json == self.before[action], (verdict, answer)
        else:
            assert verdict == "works" and error is None, (verdict, answer)
            if action in ASKS_A_PANEL:
                assert count(self.panels, action) == asked + 1, (verdict, answer)
            else:
                assert answer.json == self.before[action], (verdict, answer)

    def reload_works(self):
        number = len(self.gateway.config["clients"])
        new = {"name": f"client{number}", "key": f"key-of-a-new-client-{number}"}
        ended = self.gateway.reload({**self.gateway.config, "clients": [*self.gateway.config["clients"], new]})
        return ended.returncode == 0 and isinstance(self.gateway.call("services", key=new["key"]).json, list)

    def noticed(self, part, failing):
        eventually(lambda: self.is_failing(part) is failing)


def count(panels, action):
    """How often the panels that run were asked to do it."""
    total = 0
    for panel in panels:
        if panel.program is not None and panel.program.is_running():
            total += panel.count(action)
    return total


def error_of(answer):
    """The error's words in an answer of v2, also of its first item; None when it is none."""
    if isinstance(answer, list):
        answer = answer[0] if answer else {"error": "an empty list"}
    for value in (answer, *answer.values()):
        if isinstance(value, dict) and "error" in value:
            return value["error"]
    return None


# --- the table


def page_table():
    """{part: {action: verdict}} as docs/operations.md says it."""
    page = (ROOT / "docs/operations.md").read_text()
    table = {}
    head = re.search(r"^\| when \|(.*)\|$", page, re.M)
    assert re.findall(r"`(\w+)`", head.group(1)) == ACTIONS
    for line in page[head.end():].strip().splitlines()[1:]:
        if not line.startswith("|"):
            break
        title, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        verdicts = [re.match(r"\*\*(works|last known|refused)\*\*", cell).group(1) for cell in cells]
        table[PARTS[title]] = dict(zip(ACTIONS, verdicts, strict=True))
    return table


def test_the_table_is_whole(gateway):
    parts = {row["part"]: row["failing"] for row in gateway.admin("/readyz?verbose").json["parts"]}
    assert parts == {"redis": False, "disk": False, "provider": False, "providers": False, "clock": None}
    assert set(page_table()) == set(PARTS.values()) == set(parts)


def test_operators_never_see_names_of_tests(gateway):
    for path in ("/readyz?verbose", "/providers", "/metrics"):
        text = gateway.admin(path).text.replace(gateway.folder, "")  # the running file's is pytest's
        assert "test_" not in text and ".py" not in text, path


def test_only_who_knows_the_token_sees_it(gateway):
    assert "parts" not in gateway.admin("/readyz?verbose", token=None).json
    assert "parts" not in gateway.admin("/readyz").json


# --- Redis


@actions
def test_redis_is_away(make_gateway, alpha, beta, tmp_path, action):
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed here")
    redis = Redis(tmp_path)
    try:
        scene = Scene(make_gateway, [alpha, beta], cache=redis.url())
        scene.noticed("redis", False)
        redis.kill()
        scene.noticed("redis", True)
        scene.hold("redis", action)
    finally:
        redis.stop()


# --- the disk


@actions
def test_the_disk_takes_nothing(make_gateway, alpha, beta, action):
    scene = Scene(make_gateway, [alpha, beta])
    pid, unlimited = scene.gateway.program.pid, resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, unlimited))
    began = time.monotonic()
    scene.hold("disk", action)
    if action == "add":
        assert time.monotonic() - began < 0.2 * SLOW, "a refusal takes 100 ms at most"
        scene.noticed("disk", True)
        assert scene.gateway.admin("/readyz").status == 503
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
    if action in ASKS_A_PANEL:
        eventually(lambda: error_of(scene.do(action).json) is None)
        scene.noticed("disk", False)
    scene.gateway.stop()
    assert scene.gateway.cli("ledger", "verify").returncode == 0


# --- providers


@actions
def test_a_provider_is_down(make_gateway, alpha, beta, action):
    scene = Scene(make_gateway, [alpha, beta])
    alpha.stop()
    scene.noticed("provider", True)
    assert scene.is_failing("providers") is False
    scene.hold("provider", action)
    if action == "add":
        assert len(beta.orders()) == 1


@actions
def test_all_providers_are_down(make_gateway, alpha, beta, action):
    scene = Scene(make_gateway, [alpha, beta])
    alpha.stop()
    beta.stop()
    scene.noticed("providers", True)
    scene.hold("providers", action)
    if action == "services":
        scene.gateway.restart()
        assert scene.gateway.call("services").json == scene.before["services"], "a restart lost the lists"


# --- the clock


@actions
def test_the_clock_jumps(make_gateway, alpha, beta, clock, action):
    environment, jump = clock
    scene = Scene(make_gateway, [alpha, beta], environment)
    for days in (400, -400):
        jump(days * 86400)
        year = time.strftime("%Y-", time.gmtime(time.time() + days * 86400))
        scene.hold("clock", action)
        # It did jump: what is logged now is of another year. A line of the jump before may come as late as it likes.
        scene.gateway.hang_up()
        scene.gateway.program.wait_line(lambda line: line.startswith(year) and "event=reloaded" in line, what=f"reload in {year}")
        if action == "cancel":
            return  # it can be asked for once
    scene.gateway.stop()
    assert scene.gateway.cli("ledger", "verify").returncode == 0
