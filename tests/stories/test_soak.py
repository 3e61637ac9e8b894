"""Short runs of ./run soak and ./run soak-reload, and a stop with a thousand orders under way."""
import os
import subprocess
import sys
import threading
import time

from books import verify
from harness import SLOW, default_config
from harness.config import SHOP_KEY, provider
from harness.process import binary

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TESTS)

from load.lines import Lines, request  # noqa: E402


def run(program, *arguments):
    done = subprocess.run([sys.executable, os.path.join(TESTS, "load", program), binary(), *map(str, arguments)],
                          capture_output=True, text=True, timeout=240 * SLOW)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_among_faults_of_all_kinds_no_order_is_lost_and_none_doubled():
    assert "3000 orders, " in run("soak.py", 3000, 11)


def test_reloads_under_load_fail_no_request():
    figure = run("reloads.py", 5000, 25)
    assert figure.startswith("5000 requests, ") and "0 failed requests" in figure


IN_FLIGHT = 1000


def test_a_stop_with_a_thousand_orders_under_way_loses_none(make_gateway, make_panel):
    """Half of the panel's answers come after the signal, half never: at most 30 s, and who was told a number keeps it."""
    panel = make_panel("alpha", balance="1000000")
    gateway = make_gateway(config=default_config(
        [], providers=[provider(panel, timeout="120s", rate_limit="100000/s", max_connections=IN_FLIGHT)],
        services=[{"id": 1, "markup": "25%", "offers": [{"provider": "alpha", "service": 101}]}], answer_within="20s"))
    panel.rule("add", hold="never", match={"link": "/never/"})
    panel.rule("add", hold="late", match={"link": "/late/"})
    links = [f"https://example.com/{i}/{'late' if i % 2 else 'never'}/" for i in range(IN_FLIGHT)]
    numbers, broken, jobs = {}, [], iter(links)

    def job():
        link = next(jobs)
        return request({"key": SHOP_KEY, "action": "add", "service": 1, "link": link, "quantity": 100}), link

    def on_answer(link, status, body):
        assert status == 200 and body.startswith(b'{"order":'), body
        numbers[link] = int(body[9:-1])

    lines = Lines(gateway.port, IN_FLIGHT, broken_most=10 * IN_FLIGHT)
    clients = threading.Thread(target=lines.run, args=(job, on_answer, broken.append), kwargs={"seconds": 60 * SLOW})
    clients.start()
    panel.wait_hold("never", IN_FLIGHT // 2, timeout=30)
    panel.wait_hold("late", IN_FLIGHT // 2, timeout=30)
    mark = gateway.mark()
    began = time.monotonic()
    gateway.program.signal(15)
    gateway.wait_log("draining", after=mark)
    assert panel.release("late") == IN_FLIGHT // 2
    assert gateway.program.wait_end(40) == 0
    took = time.monotonic() - began
    clients.join(30)
    lines.close()
    assert took < 31 * SLOW, f"{took:.1f} s"
    assert broken == [] and len(numbers) == IN_FLIGHT and len(set(numbers.values())) == IN_FLIGHT
    gateway.start()
    doubtful = {entry["fields"]["link"]: entry["order"]
                for entry in gateway.admin("/orders?in_doubt=1&limit=1000").json["orders"]}
    assert doubtful == {link: number for link, number in numbers.items() if "/never/" in link}
    assert len(panel.orders()) == IN_FLIGHT == len({order["fields"]["link"] for order in panel.orders()})
    for link in (links[0], links[1]):
        assert gateway.status(numbers[link])["status"] == "Pending"
    verify(gateway)
