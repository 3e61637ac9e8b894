"""How an attempt may end, row by row of the outcome table, and what then happens to the order. Each
story counts what reached each panel: an order sent twice shows there and nowhere else."""
import time

import pytest

from books import (ACTIVE_ORDER, LINK, SOON, UNAVAILABLE, add, add_later, asked, attempts, deliveries, in_doubt, resolve,
                   show, state, wait_end)
from harness import SLOW, default_config, eventually
from harness.config import provider

# ---- accepted


def test_an_accepted_order_is_delivered_once_and_known(gateway, alpha, beta):
    order = gateway.add(service=1, quantity=100)
    assert deliveries(alpha, beta) == (1, 0) and asked(alpha, beta) == (1, 0)
    assert alpha.orders()[0]["fields"] == {"key": "***", "action": "add", "service": "101", "link": LINK,
                                           "quantity": "100"}
    assert gateway.status(order).json == {"charge": "0.1125", "start_count": "0", "status": "Pending",
                                          "remains": "100", "currency": "USD"}
    assert state(gateway, order) == "pending" and attempts(gateway, order) == [("alpha", "accepted")]
    assert in_doubt(gateway) == []


@pytest.mark.parametrize("body", [
    '{"order":"{order}"}', '{"status":"success","order":{order}}', '{"order_id":{order}}', '{"data":{"order":{order}}}',
    '[{"order":{order}}]', '\ufeff{"order":{order}}'])
def test_an_accepted_order_has_many_shapes(gateway, alpha, beta, body):
    alpha.rule("add", body=body, accept=True)
    order = gateway.add()
    assert attempts(gateway, order) == [("alpha", "accepted")]
    assert show(gateway, order)["order"]["upstream_id"] == alpha.orders()[0]["id"]
    assert deliveries(alpha, beta) == (1, 0)


# ---- not sent: the next offer


def takes_over(gateway, alpha, beta, order, how, delivered=1):
    assert attempts(gateway, order) == [("alpha", how), ("beta", "accepted")]
    assert len(beta.orders(link=LINK)) == delivered
    assert in_doubt(gateway) == []


def test_a_panel_that_refuses_connections_is_passed_over(gateway, alpha, beta):
    alpha.stop()
    takes_over(gateway, alpha, beta, gateway.add(), "not_sent")


def test_a_panel_without_an_address_is_passed_over(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta])
    gateway.stop()
    config = dict(gateway.config)
    config["providers"] = [provider(alpha, url="http://panel.invalid/api/v2"), provider(beta)]
    gateway.write(config)
    gateway.start()
    takes_over(gateway, alpha, beta, gateway.add(), "not_sent")
    assert asked(alpha) == (0,)


def test_a_panel_that_speaks_no_tls_is_passed_over(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta])
    gateway.stop()
    config = dict(gateway.config)
    config["providers"] = [provider(alpha, url=alpha.url.replace("http:", "https:"), connect_timeout="300ms"), provider(beta)]
    gateway.write(config)
    gateway.start()
    takes_over(gateway, alpha, beta, gateway.add(), "not_sent")
    assert asked(alpha) == (0,)


def test_a_panel_with_all_connections_in_use_is_passed_over(make_gateway, alpha, beta):
    gateway = make_gateway(config=default_config([], providers=[provider(alpha, max_connections=1), provider(beta)],
                                                 services=[{"id": 1, "offers": [{"provider": "alpha", "service": 101},
                                                                                {"provider": "beta", "service": 101}]}]))
    alpha.rule("add", times=1, hold="busy")
    first = add_later(gateway, link="https://example.com/p/first")
    alpha.wait_hold("busy")
    takes_over(gateway, alpha, beta, gateway.add(), "not_sent")
    assert not first.is_done()
    alpha.release("busy")
    assert "order" in first.result()
    assert deliveries(alpha, beta) == (1, 1)


def test_an_empty_rate_bucket_is_waited_for_a_second_at_most(make_gateway, alpha, beta):
    gateway = make_gateway(config=default_config(
        [], providers=[provider(alpha, rate_limit={"add": "0.2/s", "other": "1000/s"}), provider(beta)],
        services=[{"id": 1, "offers": [{"provider": "alpha", "service": 101}, {"provider": "beta", "service": 101}]}]))
    gateway.add()
    began = time.monotonic()
    gateway.add()
    assert time.monotonic() - began < 1 + 0.5 * SLOW
    assert deliveries(alpha, beta) == (1, 1) and asked(alpha) == (1,)


def test_a_bucket_that_fills_within_a_second_is_waited_for(make_gateway, alpha, beta):
    gateway = make_gateway(config=default_config(
        [], providers=[provider(alpha, rate_limit={"add": "4/s", "other": "1000/s"}), provider(beta)],
        services=[{"id": 1, "offers": [{"provider": "alpha", "service": 101}, {"provider": "beta", "service": 101}]}]))
    began = time.monotonic()
    for _ in range(3):
        gateway.add()
    assert time.monotonic() - began > 0.45  # two waits of a quarter of a second
    assert deliveries(alpha, beta) == (3, 0)


# ---- refused, by the provider's fault: the next offer; who is rested is told by the next order


CHALLENGE = "<!DOCTYPE html><title>Just a moment...</title><div id=cf-wrapper>Checking your browser</div>"

# what alpha does; whether its next order of the same service, and of another one, is asked of it
PROVIDERS_FAULT = {
    "funds": ({"error": "Not enough funds on balance"}, None, None),  # who is rested: test_routing
    "bad key": ({"error": "Invalid API key"}, False, False),
    "account off": ({"error": "Your account is inactive"}, False, False),
    "service disabled": ({"error": "Service is inactive or not found"}, False, True),
    "maintenance": ({"body": {"status": "error", "msg": "We are under maintenance"}}, False, False),
    "too many requests": ({"status": 429, "body": {"error": "Too many requests"}, "headers": {"Retry-After": "60"}},
                          False, False),
    "too many requests as 200": ({"error": "Rate limit exceeded"}, False, False),
    "429 in html": ({"status": 429, "body": "<html>slow down</html>", "content_type": "text/html",
                     "headers": {"Retry-After": "60"}}, False, False),
    "challenge": ({"status": 403, "body": CHALLENGE, "content_type": "text/html", "headers": {"Server": "cloudflare"}},
                  None, None),
    "known text with 500": ({"status": 500, "body": {"error": "Not enough funds on balance"}}, None, None),
    "wrong dialect": ({"error": "Incorrect request"}, None, None),
}


@pytest.mark.parametrize("what", PROVIDERS_FAULT)
def test_what_is_the_providers_fault_goes_to_the_next_offer(gateway, alpha, beta, what):
    do, same, other = PROVIDERS_FAULT[what]
    alpha.rule("add", times=1, **do)
    order = gateway.add()
    takes_over(gateway, alpha, beta, order, "refused")
    assert gateway.status(order)["status"] == "Pending"
    assert asked(alpha, beta) == (1, 1) and deliveries(alpha) == (0,)
    if same is not None:
        gateway.add(service=1, link="https://example.com/p/2")
        assert asked(alpha) == (2 if same else 1,)
        mark = alpha.count("add")
        gateway.add(service=2, link="https://example.com/p/3")
        assert asked(alpha) == (mark + (1 if other else 0),)


def test_a_redirect_is_never_followed(gateway, make_panel, alpha, beta):
    elsewhere = make_panel("elsewhere")
    alpha.rule("add", times=1, redirect=elsewhere.url)
    order = gateway.add()
    takes_over(gateway, alpha, beta, order, "refused")
    assert elsewhere.log() == []


def test_after_a_bad_key_nothing_but_one_balance_is_asked(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], catalogue={"refresh": "100ms", "balance": "100ms"})
    order = gateway.add()
    alpha.set(key="another-key-0123456789")
    mark, before = alpha.mark(), beta.mark()
    gateway.add(link="https://example.com/p/2")
    alpha.wait_requests(None, 1, after=mark)
    # Meanwhile beta is asked again and again for its list and balance, and orders and statuses come in.
    for i in range(3):
        gateway.add(link=f"https://example.com/p/{i + 3}")
        assert gateway.status(order)["status"] == "Pending"
    beta.wait_requests("balance", 8, after=before)
    beta.wait_requests("services", 8, after=before)
    entries = alpha.log(after=mark)
    first_refusal = next(i for i, entry in enumerate(entries) if not entry["key_good"])
    rest = [entry["action"] for entry in entries[first_refusal + 1:]]
    # What was already on its way when the first refusal came home may be there too.
    assert len(rest) <= 3 and rest.count("balance") <= 2 and "status" not in rest, rest


def test_a_mismatch_of_quantity_or_fields_goes_to_the_next_offer(gateway, alpha, beta):
    for i, words in enumerate(["Quantity less than minimal 500", "neworder.error.max_quantity",
                               "Comments field is required", "You must fill in the required fields."]):
        link = f"https://example.com/m/{i}"
        alpha.rule("add", times=1, error=words)
        order = gateway.add(link=link)
        assert attempts(gateway, order) == [("alpha", "refused"), ("beta", "accepted")], words
        assert len(beta.orders(link=link)) == 1 and alpha.orders(link=link) == []


def test_an_active_order_elsewhere_goes_to_the_next_offer(gateway, alpha, beta):
    alpha.rule("add", times=1, error=ACTIVE_ORDER)
    takes_over(gateway, alpha, beta, gateway.add(), "refused")


def test_an_active_order_everywhere_is_told_in_the_same_words(gateway, alpha, beta):
    for panel in (alpha, beta):
        panel.rule("add", times=1, error="neworder.error.link_duplicate")
    assert add(gateway).error == ACTIVE_ORDER
    assert asked(alpha, beta) == (1, 1) and deliveries(alpha, beta) == (0, 0)
    assert in_doubt(gateway) == []


def test_when_every_offer_refuses_no_reason_leaks(gateway, alpha, beta):
    alpha.rule("add", times=1, error="Not enough funds on balance")
    beta.rule("add", times=1, error="Service is inactive or not found")
    assert add(gateway).json == {"error": UNAVAILABLE}
    assert asked(alpha, beta) == (1, 1) and deliveries(alpha, beta) == (0, 0)
    assert gateway.call("orders").json == []
    assert attempts(gateway, 1) == [("alpha", "refused"), ("beta", "refused")]
    assert state(gateway, 1) == "refused"
    assert gateway.status(1).error == "Incorrect order ID"
    assert gateway.add(service=2) == 2


# ---- refused, by the client's fault


@pytest.mark.parametrize("words", ["Bad link", "neworder.error.link", "Incorrect link", "The account is private"])
def test_a_bad_link_is_the_clients_and_no_other_panel_is_asked(gateway, alpha, beta, words):
    alpha.rule("add", times=1, error=words)
    assert add(gateway).json == {"error": "Incorrect link"}
    assert asked(alpha, beta) == (1, 0) and deliveries(alpha, beta) == (0, 0)
    assert state(gateway, 1) == "refused" and gateway.status(1).error == "Incorrect order ID"
    gateway.add(link="https://example.com/good")
    assert asked(alpha, beta) == (2, 0)


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
    gateway = make_gateway(config=default_config([], providers=[provider(alpha, timeout=f"{round(400 * SLOW)}ms", connect_timeout="300ms"),
                                                                provider(beta)],
                                                 services=[{"id": 1, "offers": [{"provider": "alpha", "service": 101},
                                                                                {"provider": "beta", "service": 101}]}]))
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
    takes_over(gateway, alpha, beta, gateway.add(), "refused")
    # Only texts: what is no answer stays a doubt.
    alpha.rule("add", times=1, body='{"order":')
    order = gateway.add(link="https://example.com/p/2")
    assert in_doubt(gateway) == [order] and beta.orders(link="https://example.com/p/2") == []


# ---- a provider's own `answers:`


OWN = {"moon phase*": {"class": "provider", "rest": "offer"}, "kota doldu": {"class": "busy"},
       "no way": {"class": "client"}, "Not enough funds on balance": {"class": "doubt"},
       "*gateway down*": {"class": "provider", "rest": "provider"}}


@pytest.fixture
def own(make_gateway, alpha, beta):
    return make_gateway(config=default_config([alpha, beta], providers=[provider(alpha, answers=OWN), provider(beta)]))


def test_own_texts_of_the_provider_class_rest_what_they_name(own, alpha, beta):
    alpha.rule("add", times=1, error="Moon Phase 3 is over.")
    takes_over(own, alpha, beta, own.add(), "refused")
    own.add(link="https://example.com/p/2")
    assert asked(alpha) == (1,)
    own.add(service=2)
    assert asked(alpha) == (2,)


def test_own_texts_of_the_busy_class_go_to_the_next_offer(own, alpha, beta):
    alpha.rule("add", times=1, error="  KOTA   doldu. ")
    takes_over(own, alpha, beta, own.add(), "refused")


def test_own_texts_of_the_client_class_end_the_order(own, alpha, beta):
    alpha.rule("add", times=1, error="no way")
    error = add(own).error
    assert error and "no way" not in error
    assert asked(alpha, beta) == (1, 0)
    assert state(own, 1) == "refused"


def test_own_texts_win_over_the_built_in_table(own, alpha, beta):
    alpha.rule("add", times=1, error="Not enough funds on balance")
    order = own.add()
    assert in_doubt(own) == [order] and asked(beta) == (0,)


def test_own_texts_name_what_is_no_json(own, alpha, beta):
    alpha.rule("add", times=1, status=502, body="<h1>Our gateway down</h1>", content_type="text/html")
    takes_over(own, alpha, beta, own.add(), "refused")
    own.add(service=2, link="https://example.com/p/2")
    assert asked(alpha) == (1,)


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
    ended = gateway.cli("order", "resolve", doubt, "--next-offer")
    assert ended.returncode == 0, ended
    wait_end(gateway, doubt, "accepted")
    assert deliveries(alpha, beta) == (1, 1)
    assert gateway.cli("order", "resolve", doubt, "--refund").returncode == 1
    assert gateway.cli("order", "list", "--in-doubt", "--json").json["orders"] == []
    assert gateway.cli("order", "show", 999).returncode == 1
    assert gateway.cli("order", "resolve", doubt).returncode == 2


# ---- answer_within, and what is durable when


@pytest.fixture
def hasty(make_gateway, alpha, beta):
    return make_gateway([alpha, beta], answer_within=SOON)


def test_a_slow_panel_does_not_keep_the_client_waiting(hasty, alpha, beta):
    alpha.rule("add", times=1, hold="slow")
    order = hasty.add(quantity=100)
    alpha.wait_hold("slow")
    assert hasty.status(order).json == {"charge": "0.1125", "start_count": "0", "status": "Pending",
                                        "remains": "100", "currency": "USD"}
    told = show(hasty, order)
    assert told["order"]["number_given"] and told["order"]["state"] == "placing"
    alpha.release("slow")
    wait_end(hasty, order, "accepted")
    alpha.set_order(alpha.orders()[0]["id"], status="Completed", remains=0, start_count=3)
    eventually(lambda: hasty.status(order)["status"] == "Completed")
    assert deliveries(alpha, beta) == (1, 0) and asked(alpha, beta) == (1, 0)


def test_a_number_given_early_survives_the_refusal_of_every_offer(hasty, alpha, beta):
    alpha.rule("add", times=1, hold="slow", error="Service is inactive or not found")
    beta.rule("add", times=1, error="Not enough funds on balance")
    order = hasty.add(quantity=100)
    alpha.wait_hold("slow")
    assert hasty.status(order)["status"] == "Pending"
    alpha.release("slow")
    wait_end(hasty, order, "unavailable")
    canceled = {"charge": "0", "start_count": "0", "status": "Canceled", "remains": "100", "currency": "USD"}
    eventually(lambda: hasty.status(order).json == canceled)
    assert attempts(hasty, order) == [("alpha", "refused"), ("beta", "refused")]
    assert show(hasty, order)["order"]["reason"]
    assert deliveries(alpha, beta) == (0, 0)
    assert [entry["status"] for entry in hasty.call("orders").json] == ["Canceled"]


def test_a_number_given_early_survives_a_bad_link(hasty, alpha, beta):
    alpha.rule("add", times=1, hold="slow", error="Bad link")
    order = hasty.add(quantity=100)
    alpha.wait_hold("slow")
    alpha.release("slow")
    wait_end(hasty, order, "refused")
    eventually(lambda: hasty.status(order)["status"] == "Canceled")
    assert hasty.status(order)["charge"] == "0" and hasty.status(order)["remains"] == "100"
    assert asked(alpha, beta) == (1, 0)


def test_a_number_given_early_goes_on_to_the_next_offer(hasty, alpha, beta):
    alpha.rule("add", times=1, hold="slow", error="Service is inactive or not found")
    order = hasty.add()
    alpha.wait_hold("slow")
    alpha.release("slow")
    wait_end(hasty, order, "accepted")
    takes_over(hasty, alpha, beta, order, "refused")


def test_the_intent_is_durable_before_the_panel_is_asked(gateway, alpha, beta):
    alpha.rule("add", times=1, hold="looking")
    waiting = add_later(gateway)
    alpha.wait_hold("looking")
    told = show(gateway, 1)
    assert told["order"]["state"] == "placing" and not told["order"]["number_given"]
    assert [(a["provider"], a["state"]) for a in told["attempts"]] == [("alpha", "sending")]
    alpha.release("looking")
    assert waiting.result()["order"] == 1
    assert attempts(gateway, 1) == [("alpha", "accepted")]


def test_a_client_that_hangs_up_does_not_lose_its_order(gateway, alpha, beta):
    alpha.rule("add", times=1, hold="looking")
    line = gateway.connect()
    body = f"key=shop-key-0123456789abcdef&action=add&service=1&quantity=100&link={LINK}"
    line.sendall(f"POST /api/v2 HTTP/1.1\r\nHost: g\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    alpha.wait_hold("looking")
    line.close()
    alpha.release("looking")
    wait_end(gateway, 1, "accepted")
    eventually(lambda: gateway.status(1).get("status") == "Pending")
    assert deliveries(alpha, beta) == (1, 0)


# ---- refill and cancel keep to the same rules (their own stories: test_status)


def test_a_panel_with_a_bad_key_is_not_asked_to_refill_or_cancel(gateway, alpha, beta):
    order = gateway.add()
    alpha.rule("add", times=1, error="Invalid API key")
    gateway.add(link="https://example.com/p/2")
    assert gateway.call("cancel", orders=order).json == [{"order": order, "cancel": {"error": UNAVAILABLE}}]
    assert gateway.call("refill", order=order).error == UNAVAILABLE
    assert alpha.log("cancel") == [] and alpha.log("refill") == []
    assert [entry["state"] for entry in show(gateway, order)["aftersales"]] == ["not_sent", "not_sent"]


def test_refills_that_must_be_asked_singly_and_cannot_end_well(make_gateway, alpha):
    """The plural form is refused and the rate bucket has no room for single ones: told so, and over."""
    gateway = make_gateway(config=default_config(
        [alpha], answer_within=SOON, providers=[provider(alpha, rate_limit={"add": "1000/s", "other": "0.8/s"})]))
    orders = [gateway.add(link=f"https://example.com/p/{i}") for i in range(3)]
    alpha.rule("refill", error="This action is Invalid")
    # The list and the balance were asked for at the start: a token is there when the bucket has filled again.
    asked_once = eventually(lambda: gateway.call("refill", orders=orders) and alpha.log("refill"))
    assert len(asked_once) == 1 and "," in asked_once[0]["fields"]["orders"]
    told = gateway.call("refill", orders=orders).json
    assert [(entry["order"], entry["refill"]) for entry in told] == [(order, {"error": UNAVAILABLE}) for order in orders]
    gateway.stop(timeout=5)
    gateway.start()
    assert {entry["state"] for order in orders for entry in show(gateway, order)["aftersales"]} == {"not_sent"}


def test_refused_orders_hide_no_older_ones(gateway, alpha):
    """The client's own list is a page of orders, however many refusals stand between them."""
    first = gateway.add()
    alpha.rule("add", times=230, error="Bad link")
    for _ in range(230):
        assert add(gateway).error == "Incorrect link"
    last = gateway.add()
    assert [entry["order"] for entry in gateway.call("orders").json] == [last, first]
    assert [entry["order"] for entry in gateway.call("orders", limit=1).json] == [last]
    assert [entry["order"] for entry in gateway.call("orders", before=last).json] == [first]
    assert gateway.call("orders", before=first).json == []
