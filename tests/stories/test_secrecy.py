"""What a client never learns: who delivers, under which number, at what cost, in whose words. And keys
that no log, no answer and no command ever shows."""
import json

import pytest

from harness import default_config, eventually
from harness.config import SHOP_KEY, provider

LINK = "https://example.com/p/1"


def words_of(panel):
    """What must not reach a client, in a sentence as a panel might say it."""
    return f"{panel.name} at {panel.url}: key {panel.key} of order TX9999 is bad, mail boss@upstream.example"


def forbidden(panel):
    return [panel.name, panel.url, f":{panel.port}", panel.key, "TX9999", "upstream.example"]


@pytest.fixture
def scene(make_panel, make_gateway):
    alpha = make_panel("hiddenpanel", order_ids="text")
    gateway = make_gateway([alpha], status_within="1s")
    return gateway, alpha


SHAPES = {
    "error": lambda words: {"error": words},
    "unknown fields": lambda words: {"body": {"status": "fail", "message": words, "provider": words}},
    "a map": lambda words: {"body": {"errors": {"link": [words]}}, "status": 422},
    "html": lambda words: {"body": f"<html>{words}</html>", "status": 500, "content_type": "text/html"},
    "headers": lambda words: {"status": 401, "body": {"error": words}, "headers": {"X-Echo": "hiddenpanel"}},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_no_answer_to_a_client_holds_a_panels_text(scene, shape):
    gateway, alpha = scene
    first = gateway.add(link=LINK)
    for action in ("add", "status", "refill", "cancel", "refill_status"):
        alpha.rule(action, **SHAPES[shape](words_of(alpha)))
    answers = [gateway.call("add", service=1, link=LINK + "2", quantity=100), gateway.status(first),
               gateway.call("status", orders=[first]), gateway.call("refill", order=first),
               gateway.call("refill", orders=[first]), gateway.call("cancel", orders=[first]),
               gateway.call("refill_status", refills="1,2"), gateway.call("balance"), gateway.call("services"),
               gateway.call("orders")]
    for answer in answers:
        told = answer.text + json.dumps(answer.headers)
        assert not [word for word in forbidden(alpha) if word in told], answer
    assert not {"TX1", "0.45", "0.90"} & set(gateway.call("status", orders=[first])[str(first)].values())


@pytest.mark.parametrize("shape", SHAPES)
def test_no_key_reaches_a_log_a_command_or_the_admin_side(scene, shape):
    gateway, alpha = scene
    first = gateway.add(link=LINK)
    for action in ("add", "status", "balance", "services"):
        alpha.rule(action, **SHAPES[shape](words_of(alpha)))
    second = gateway.call("add", service=1, link=LINK + "2", quantity=100)
    gateway.status(first)
    gateway.call("balance", method="GET", path="/nowhere")
    gateway.request("GET", f"/api/v2?key={SHOP_KEY}&action=nonsense&x={SHOP_KEY}")
    shown = [gateway.cli("provider", "list").stdout, gateway.cli("provider", "list", "--json").stdout,
             gateway.cli("order", "show", str(first)).stdout, gateway.cli("order", "show", str(second.get("order", 2)), "--json").stdout,
             gateway.cli("order", "list", "--in-doubt", "--json").stdout, gateway.cli("client", "list", "--json").stdout,
             gateway.cli("provider", "doctor", alpha.name).stdout, gateway.cli("check", "--online").stderr, gateway.admin("/metrics").text,
             gateway.admin("/readyz").text, gateway.admin("/healthz").text]
    assert all(shown[:5]), shown
    gateway.stop()
    shown.append("\n".join(gateway.program.lines))
    for text in shown:
        assert alpha.key not in text and SHOP_KEY not in text, text[-2000:]
    with open(f"{gateway.folder}/panelmux.db", "rb") as books:
        data = books.read()
    assert alpha.key.encode() not in data and SHOP_KEY.encode() not in data


def test_the_admin_side_asks_for_its_token(gateway):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert gateway.admin(path, token=None).status == 200, path
    for path in ("/", "/orders", "/providers", "/reload", "/api/v2"):
        for token in (None, "", "wrong"):
            assert gateway.admin(path, token=token).status in (401, 403, 404), path
    assert "error" in gateway.request("POST", "/reload").json  # and the clients' side knows nothing of it


def test_a_price_change_leaves_orders_as_they_were_placed(make_gateway, alpha):
    gateway = make_gateway([alpha])
    order = gateway.add(quantity=1000)
    before = gateway.status(order)["charge"]
    config = default_config([alpha])
    config["clients"][0]["markup"] = "50%"
    assert gateway.reload(config).returncode == 0
    assert gateway.status(order)["charge"] == before == "1.125"
    alpha.set_order(1, status="Partial", remains=500)
    eventually(lambda: gateway.status(order)["status"] == "Partial")
    assert gateway.status(order)["charge"] == "0.5625"
    gateway.restart()
    assert gateway.status(order)["charge"] == "0.5625"
    assert gateway.status(gateway.add(quantity=1000))["charge"] == "1.6875"


def test_order_numbers_begin_where_configured_and_end_with_an_error(make_gateway, alpha):
    gateway = make_gateway([alpha], first_order=2147483646)
    assert [gateway.add(), gateway.add()] == [2147483646, 2147483647]
    answer = gateway.call("add", service=1, link=LINK, quantity=100)
    assert answer.status == 200 and answer.error, answer
    assert len(alpha.orders()) == 2
    found = gateway.call("status", orders="2147483646,2147483647,2147483648").json
    assert "charge" in found["2147483646"] and "charge" in found["2147483647"] and "error" in found["2147483648"]
    gateway.restart()
    assert gateway.call("add", service=1, link=LINK, quantity=100).error
    assert len(alpha.orders()) == 2
