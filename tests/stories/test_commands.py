"""The commands as an operator types them, and the demo."""
import json
import os
import re
import shlex
import signal
import subprocess

import pytest
import yaml

from harness import eventually
from harness.ports import free_port, give_back
from harness.process import Program, binary
from harness.waiting import SLOW


def test_check_online_asks_each_provider(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], start=False)
    good = gateway.cli("check", "--online", "--json")
    assert good.returncode == 0, good
    assert [(p["name"], p["balance"], p["problem"]) for p in good.json["providers"]] == [
        ("alpha", "1000.00", ""), ("beta", "1000.00", "")]
    alpha.rule("balance", error="Invalid API key")
    wrong = gateway.cli("check", "--online")
    assert wrong.returncode == 1 and "key is refused" in wrong.stdout, wrong
    beta.stop()
    gone = gateway.cli("check", "--online")
    assert gone.returncode == 3 and "cannot be reached" in gone.stdout, gone


def test_import_prints_what_the_configuration_takes(make_gateway, alpha):
    gateway = make_gateway([alpha], start=False)
    listed = gateway.cli("import", "alpha")
    assert listed.returncode == 0
    services = yaml.safe_load(listed.stdout)["services"]
    assert [row["id"] for row in services] == list(range(101, 111))
    gateway.write(dict(gateway.config, services=services))
    assert gateway.cli("check").returncode == 0
    assert len(gateway.cli("import", "alpha", "--json").json["services"]) == 10
    assert gateway.cli("import", "nobody").returncode == 1
    alpha.stop()
    assert gateway.cli("import", "alpha").returncode == 3


def test_import_prints_only_what_is_asked_for(make_panel, make_gateway):
    rows = [{"service": i, "name": f"S{i}", "type": kind, "category": category, "rate": "1.00", "min": 10, "max": 1000}
            for i, kind, category in ((1, "Default", "Views"), (2, "Default", "Likes, fast"), (3, "Package", "Likes, slow"),
                                      (4, "Default", "Other"))]
    alpha = make_panel("alpha", services=rows)
    gateway = make_gateway([alpha], services=[{"id": 5, "offers": [{"provider": "alpha", "service": 4}], "markup": "10%"}])
    ask = lambda *options: gateway.cli("import", "alpha", *options)
    of = lambda done: [(row["id"], row["offers"][0]["service"], row["markup"]) for row in yaml.safe_load(done.stdout)["services"]]
    assert of(ask("--category", "views", "--category", "likes*", "--markup", "25% + 0.05")) == [
        (1, "1", "25% + 0.05"), (2, "2", "25% + 0.05"), (3, "3", "25% + 0.05")]
    assert of(ask("--type", "package", "--first-id", "5")) == [(6, "3", "0%")]
    fresh = ask("--only-new", "--first-id", "4", "--markup", "30%")
    assert of(fresh) == [(4, "1", "30%"), (6, "2", "30%"), (7, "3", "30%")]
    assert "# 3 services, 0 left out, 1 not asked for" in fresh.stdout
    assert "0% sells at cost" in ask().stdout and "0% sells at cost" not in fresh.stdout
    listed = ask("--type", "Package", "--json").json["services"]
    assert [(row["service"], row["id"], row["left_out"]) for row in listed] == [("3", 3, "")]
    gateway.write(dict(gateway.config, services=[*gateway.config["services"], *yaml.safe_load(fresh.stdout)["services"]]))
    assert gateway.cli("check").returncode == 0
    assert of(ask("--only-new")) == []
    for options, words in ((("--markup", "much"), "no markup; right is such as 25%"), (("--first-id", "0"), "1 to 2147483646"),
                           (("--type", "Likes"), "no order type; right is"), (("beta",), "the name of one provider"),
                           (("--category", "x") * 9, "too many of --category")):
        wrong = ask(*options)
        assert wrong.returncode == 2 and words in wrong.stderr, wrong


def test_a_name_that_a_panel_gives_reads_no_secret_of_ours(make_panel, make_gateway):
    name = "Likes ${env:HOME} $${env:HOME} ${file:/etc/hostname} ${"
    alpha = make_panel("alpha", services=[{"service": 1, "name": name, "type": "Default", "category": name,
                                           "rate": "1.00", "min": 10, "max": 1000}])
    gateway = make_gateway([alpha], services=[{"id": 1, "offers": [{"provider": "alpha", "service": 1}]}])
    services = yaml.safe_load(gateway.cli("import", "alpha").stdout)["services"]
    assert gateway.reload(dict(gateway.config, services=services)).returncode == 0
    sold = gateway.call("services").json[0]
    assert (sold["name"], sold["category"]) == (name, name)


@pytest.mark.parametrize("words", [["order"], ["order", "show"], ["order", "show", "x"], ["order", "list", "y"],
                                   ["order", "list", "--nonsense"], ["order", "resolve", "1"],
                                   ["order", "resolve", "1", "--refund", "--next-offer"],
                                   ["order", "resolve", "--provider", "alpha", "--refund"],
                                   ["order", "resolve", "--provider", "a", "--text", "t", "--accepted", "1"],
                                   ["provider"], ["provider", "pause"], ["provider", "list", "x"], ["client"],
                                   ["client", "credit", "shop"], ["ledger"], ["ledger", "backup"], ["reload", "x"],
                                   ["explain", "1"], ["explain", "a", "b"], ["explain", "1", "0"], ["explain", "1", "-5"],
                                   ["explain", "1", "99999999999999999999"], ["explain", "-1", "5"], ["explain", "1", "1", "1"],
                                   ["explain", "4294967296", "1"], ["explain", "1", "1.5"], ["explain", "", "1"],
                                   ["import"], ["check", "--oneline"],
                                   ["demo", "--port", "0"], ["demo", "x"]], ids=" ".join)
def test_a_wrong_command_line_shows_the_right_one(tmp_path, words):
    done = subprocess.run([binary(), *words], capture_output=True, cwd=tmp_path, timeout=20 * SLOW)
    assert done.returncode == 2 and b"  panelmux " + words[0].encode() in done.stderr, done


# --- the demo


@pytest.fixture
def demo(tmp_path):
    port = free_port()
    program = Program("demo", [binary(), "demo", "--port", port], {"TMPDIR": str(tmp_path)}, str(tmp_path))
    program.port = port
    program.wait_line(lambda line: line.startswith("Ctrl-C ends it"), 20, what="what to try")
    yield program
    program.kill()
    give_back(port)


def shell(line):
    done = subprocess.run(shlex.split(line), capture_output=True, timeout=60 * SLOW)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_every_line_the_demo_prints_works(demo, tmp_path):
    calls = [line for line in demo.lines if line.startswith("curl") and "key=demo-key" in line]
    assert {re.search("action=([a-z_]+)", line)[1] for line in calls} == {
        "services", "add", "status", "refill", "refill_status", "cancel", "balance"}
    for line in calls:
        if "action=refill&" in line:  # as the demo says: once it is Completed
            status = f"curl -s http://127.0.0.1:{demo.port}/api/v2 -d 'key=demo-key&action=status&order=1'"
            eventually(lambda: json.loads(shell(status)[1])["status"] == "Completed", timeout=20)
        code, text, _ = shell(line)
        assert code == 0, line
        answer = json.loads(text)
        assert "error" not in answer, (line, text)
        if "action=cancel" in line:
            assert answer[0]["cancel"] == 1, text
    beta = demo.wait_line(lambda line: "event=order " in line and "provider=beta" in line and "attempts=2" in line)
    assert "outcome=accepted" in beta
    commands = [line for line in demo.lines if " -c " in line and "panelmux.yaml" in line]
    assert len(commands) >= 5
    for line in commands:
        code, _, words = shell(line)
        assert code == 0, (line, words)
    code, text, _ = shell(next(line for line in demo.lines if line.endswith("/metrics")))
    assert code == 0 and "panelmux_orders_failovers_total 0" not in text
    demo.signal(signal.SIGINT)
    assert demo.wait_end() == 0
    assert [name for name in os.listdir(tmp_path) if name.startswith("panelmux-demo")] == []


def test_a_second_demo_on_that_port_says_so(demo, tmp_path):
    done = subprocess.run([binary(), "demo", "--port", str(demo.port)], capture_output=True, timeout=30 * SLOW,
                          env={**os.environ, "TMPDIR": str(tmp_path)})
    assert done.returncode == 3 and str(demo.port).encode() in done.stderr, done
    assert len([name for name in os.listdir(tmp_path) if name.startswith("panelmux-demo")]) == 1
