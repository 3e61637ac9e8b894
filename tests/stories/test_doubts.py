"""What may have happened is never sent again and never refunded by itself: an operator ends it. An order
sent twice shows at the panels and nowhere else, so each story counts what reached them."""
import pytest

from books import ACTIVE_ORDER, LINK, ONE_SERVICE, asked, attempts, deliveries, in_doubt, resolve, show, state, wait_end, wait_status
from harness import SLOW, default_config, eventually, together
from harness.config import provider

# ---- in doubt

HTML_502 = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
DOUBTS = {
    "cut after reading": {"cut": "after_read", "accept": True},
    "cut after reading, nothing stored": {"cut": "after_read"},
    "reset after reading": {"cut": "after_read", "reset": True, "accept": True},
    "cut after the head": {"cut": "after_headers"},
    "cut in the answer": {"cut": "mid_answer"},
    "too short": {"wrong_length": 10},
    "hang": {"hang": True},
    "endless body": {"endless": True, "accept": True},
    "compressed bomb": {"gzip_bomb": 100, "accept": True},
    "empty body": {"body": "", "accept": True},
    "blanks": {"body": " \r\n "},
    "garbage": {"body_base64": "/wD+gQ0KgID/"},
    "half of the JSON": {"body": '{"order":'},
    "JSON and more": {"body": '{"order":1}{"order":2}'},
    "502 in html": {"status": 502, "body": HTML_502, "content_type": "text/html"},
    "524 in html": {"status": 524, "body": "<html>A timeout occurred</html>", "content_type": "text/html",
                    "headers": {"Server": "cloudflare"}},
    "403 in html without marks": {"status": 403, "body": "<html>Forbidden</html>", "content_type": "text/html"},
    "id and error": {"body": '{"order":77,"error":"Something went wrong"}', "accept": True},
    "unknown text": {"error": "The moon is in the wrong house"},
    "unknown text with 500": {"status": 500, "body": {"error": "The moon is in the wrong house"}},
    "vague text": {"error": "There was an error processing your request. Please try again later", "accept": True},
    "empty text": {"error": "", "accept": True},
    "accepted, then 500": {"status": 500, "body": "", "accept": True},
    "order 0": {"body": '{"order":0}'},
    "order null": {"body": '{"order":null}'},
    "null": {"body": "null"},
    "true": {"body": "true"},
    "empty list": {"body": "[]"},
    "empty object": {"body": "{}"},
    "success without an id": {"body": '{"status":"success"}', "accept": True},
}


@pytest.mark.parametrize("what", DOUBTS)
def test_what_may_have_happened_is_never_sent_again(make_gateway, alpha, beta, what):
    do = DOUBTS[what]
    hasty = provider(alpha, timeout=f"{round(400 * SLOW)}ms", connect_timeout="300ms")
    gateway = make_gateway(config=default_config([], providers=[hasty, provider(beta)], services=ONE_SERVICE))
    alpha.rule("add", times=1, **do)
    order = gateway.add(quantity=100)
    assert asked(alpha, beta) == (1, 0)
    assert deliveries(beta) == (0,)
    assert len(alpha.orders()) == (1 if do.get("accept") or do.get("hang") or do.get("wrong_length") or
                                   do.get("cut") in ("after_headers", "mid_answer") else 0)
    assert gateway.status(order).json == {"charge": "0.09", "start_count": "0", "status": "Pending",
                                          "remains": "100", "currency": "USD"}
    assert in_doubt(gateway) == [order]
    told = show(gateway, order)
    assert told["order"]["state"] == "doubt"
    attempt, = told["attempts"]
    assert (attempt["provider"], attempt["state"]) == ("alpha", "doubt")
    assert attempt["evidence"] or attempt["text"], "an operator must see why"
    assert alpha.key not in gateway.admin(f"/orders/{order}").text
    # Another order goes its own way; the doubt stays.
    other = gateway.add(link="https://example.com/p/2")
    assert in_doubt(gateway) == [order] and state(gateway, other) == "pending"
    assert len(alpha.log("add", link=LINK)) == 1


@pytest.mark.parametrize("do", [{"cut": "after_read"}, {"cut": "after_read", "reset": True}, {"cut": "after_headers"}],
                         ids=["closed", "reset", "after the head"])
def test_nothing_is_replayed_on_a_connection_that_was_used_before(gateway, alpha, beta, do):
    gateway.add(link="https://example.com/warm")
    alpha.rule("add", times=1, accept=True, **do)
    order = gateway.add()
    first, second = alpha.log("add")
    assert first["connection"] == second["connection"], "the story wants a reused connection"
    assert asked(alpha, beta) == (2, 0) and len(alpha.orders(link=LINK)) == 1
    assert in_doubt(gateway) == [order]


def test_a_connection_closed_while_idle_costs_no_order(gateway, alpha, beta):
    """The panel closes an idle connection: the next order is delivered once, wherever, and at most in doubt."""
    gateway.add(link="https://example.com/warm")
    assert alpha.drop_idle() >= 1
    order = gateway.add()
    assert len(alpha.orders(link=LINK)) + len(beta.orders(link=LINK)) == 1
    assert in_doubt(gateway) == [] and state(gateway, order) == "pending"


def test_unknown_errors_may_be_refusals(make_gateway, alpha, beta):
    gateway = make_gateway(config=default_config([alpha, beta], providers=[
        provider(alpha, unknown_errors="refused"), provider(beta)]))
    alpha.rule("add", times=1, error="The moon is in the wrong house")
    assert attempts(gateway, gateway.add()) == [("alpha", "refused"), ("beta", "accepted")]
    # Only texts: what is no answer stays a doubt.
    alpha.rule("add", times=1, body='{"order":')
    order = gateway.add(link="https://example.com/p/2")
    assert in_doubt(gateway) == [order] and beta.orders(link="https://example.com/p/2") == []


# ---- a doubt is ended by an operator


@pytest.fixture
def doubt(gateway, alpha):
    """An order in doubt that alpha has stored."""
    alpha.rule("add", times=1, cut="after_read", accept=True)
    order = gateway.add(quantity=100)
    assert in_doubt(gateway) == [order]
    return order


def test_a_doubt_that_was_accepted_is_followed(gateway, alpha, beta, doubt):
    theirs = alpha.orders()[0]["id"]
    assert resolve(gateway, doubt, "accepted", upstream_id=theirs) == {"resolved": 1}
    assert in_doubt(gateway) == [] and attempts(gateway, doubt) == [("alpha", "accepted")]
    alpha.set_order(theirs, status="Partial", remains=40, start_count=7)
    assert gateway.status(doubt).json == {"charge": "0.0675", "start_count": "7", "status": "Partial",
                                          "remains": "40", "currency": "USD"}
    assert asked(alpha, beta) == (1, 0)


def test_a_doubt_that_never_happened_goes_to_the_next_offer(gateway, alpha, beta, doubt):
    resolve(gateway, doubt, "next-offer")
    wait_end(gateway, doubt, "accepted")
    assert attempts(gateway, doubt) == [("alpha", "refused"), ("beta", "accepted")]
    assert asked(alpha, beta) == (1, 1) and len(beta.orders(link=LINK)) == 1
    beta.set_order(beta.orders()[0]["id"], status="In progress")
    assert gateway.status(doubt)["status"] == "In progress"
    assert in_doubt(gateway) == []


def test_a_doubt_without_another_offer_ends_canceled(gateway, alpha, beta, doubt):
    beta.rule("add", times=1, error="Service is inactive or not found")
    resolve(gateway, doubt, "next-offer")
    wait_end(gateway, doubt, "unavailable")
    canceled = {"charge": "0", "start_count": "0", "status": "Canceled", "remains": "100", "currency": "USD"}
    eventually(lambda: gateway.status(doubt).json == canceled)
    assert asked(alpha, beta) == (1, 1)


def test_a_doubt_is_refunded(gateway, alpha, beta, doubt):
    resolve(gateway, doubt, "refund")
    assert gateway.status(doubt).json == {"charge": "0", "start_count": "0", "status": "Canceled", "remains": "100",
                                          "currency": "USD"}
    assert in_doubt(gateway) == [] and asked(alpha, beta) == (1, 0)
    again = gateway.admin(f"/orders/{doubt}/resolve", "POST", {"how": "refund"})
    assert again.status == 409 and "not in doubt" in again.error


def test_all_doubts_of_one_text_are_ended_at_once(gateway, alpha, beta):
    alpha.rule("add", times=2, error="The moon is in the wrong house")
    alpha.rule("add", times=1, error="Another riddle")
    orders = [gateway.add(link=f"https://example.com/p/{i}") for i in range(3)]
    assert sorted(in_doubt(gateway)) == orders
    answer = gateway.admin("/orders/resolve", "POST", {"provider": "alpha", "text": "The moon is in the wrong house",
                                                       "how": "refund"})
    assert answer.json == {"resolved": 2}
    assert in_doubt(gateway) == orders[2:]
    assert [gateway.status(order)["status"] for order in orders] == ["Canceled", "Canceled", "Pending"]


def test_an_active_order_after_our_own_doubt_is_no_reason_to_send_on(make_gateway, make_panel, alpha):
    """Two offers of one panel: the first try is in doubt, and then the panel says that the link has an order."""
    gateway = make_gateway(config=default_config([alpha], services=[
        {"id": 1, "offers": [{"provider": "alpha", "service": 101}, {"provider": "alpha", "service": 102}],
         "margin": "allow_loss"}]))
    alpha.rule("add", times=1, cut="after_read", accept=True)
    order = gateway.add()
    alpha.rule("add", times=1, error=ACTIVE_ORDER)
    resolve(gateway, order, "next-offer")
    wait_end(gateway, order, "doubt", attempts=2)
    assert [entry["service"] for entry in alpha.orders()] == ["101"]
    assert in_doubt(gateway) == [order]


def test_the_operators_commands_show_and_end_a_doubt(gateway, alpha, beta, doubt):
    listed = gateway.cli("order", "list", "--in-doubt", "--json")
    assert listed.returncode == 0, listed
    assert [entry["order"] for entry in listed.json["orders"]] == [doubt]
    shown = gateway.cli("order", "show", doubt, "--json")
    assert shown.json["attempts"][0]["state"] == "doubt" and shown.json["attempts"][0]["evidence"]
    human = gateway.cli("order", "show", doubt)
    assert human.returncode == 0 and "alpha" in human.stdout and alpha.key not in human.stdout
    ended = gateway.cli("order", "resolve", doubt, "--next-offer", "--yes")
    assert ended.returncode == 0, ended
    wait_end(gateway, doubt, "accepted")
    assert deliveries(alpha, beta) == (1, 1)
    assert gateway.cli("order", "resolve", doubt, "--refund", "--yes").returncode == 1
    assert gateway.cli("order", "list", "--in-doubt", "--json").json["orders"] == []
    assert gateway.cli("order", "show", 999).returncode == 1
    assert gateway.cli("order", "resolve", doubt).returncode == 2


def test_a_cancel_that_may_have_been_taken_is_not_sent_again_in_the_same_state(make_gateway, make_panel):
    panel = make_panel("alpha", cancel="request")
    gateway = make_gateway([panel])
    order = gateway.add()
    panel.rule("cancel", times=1, cut="after_read", accept=True)
    for _ in range(3):
        assert gateway.call("cancel", orders=order).json == [{"order": order, "cancel": 1}]
    assert panel.count("cancel") == 1
    gateway.restart()
    assert gateway.call("cancel", orders=order).json == [{"order": order, "cancel": 1}]
    assert panel.count("cancel") == 1
    # It goes on all the same: then a client may ask again.
    panel.set_order(panel.orders()[-1]["id"], status="Processing", remains=90)
    wait_status(gateway, order, "Processing")
    eventually(lambda: state(gateway, order) == "processing")
    assert gateway.call("cancel", orders=order).json == [{"order": order, "cancel": 1}]
    assert panel.count("cancel") == 2


def test_many_cancels_at_once_are_one_call(make_gateway, make_panel):
    panel = make_panel("alpha", cancel="request")
    gateway = make_gateway([panel])
    order = gateway.add()
    answers = together(20, lambda _: gateway.call("cancel", orders=order).json)
    assert all(answer == [{"order": order, "cancel": 1}] for answer in answers), answers
    assert panel.count("cancel") == 1
