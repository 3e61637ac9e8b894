"""Every way of ordering from end to end: what the panel received, what the client pays, what is left."""
import pytest

from books import LINK, add, asked, in_doubt, show, verify, wait_status
from harness import default_config, eventually
from harness.config import SHOP_KEY, provider

TYPES = ["Default", "Package", "SEO", "Custom Comments", "Custom Comments Package", "Comment Likes", "Comment Replies",
         "Mentions", "Mentions with Hashtags", "Mentions Custom List", "Mentions Hashtag", "Mentions User Followers",
         "Mentions Media Likers", "Poll", "Invites from Groups", "Subscriptions", "Web Traffic"]
ID = {name: number for number, name in enumerate(TYPES, 1)}

# type: what the client sends, what the panel gets besides key, action and service, what counts
CASES = {
    "Default": ({"link": LINK, "quantity": 200}, {"link": LINK, "quantity": "200"}, 200),
    "Package": ({"link": LINK}, {"link": LINK, "quantity": "5"}, 1000),
    "SEO": ({"link": LINK, "quantity": 200, "keywords": "one, two words"},
            {"link": LINK, "quantity": "200", "keywords": "one\ntwo words"}, 200),
    "Custom Comments": ({"link": LINK, "comments": "nice, very\r\n\r\n wow \\n\u00fcber \U0001f31e\n"},
                        {"link": LINK, "comments": "nice, very\nwow\n\u00fcber \U0001f31e", "quantity": "3"}, 3),
    "Custom Comments Package": ({"link": LINK, "comments": "a\nb"},
                                {"link": LINK, "comments": "a\nb", "quantity": "5"}, 1000),
    "Comment Likes": ({"link": LINK, "quantity": 200, "username": "ann"},
                      {"link": LINK, "quantity": "200", "username": "ann"}, 200),
    "Comment Replies": ({"link": LINK, "username": "ann", "comments": "a & b\nc=d\n100%"},
                        {"link": LINK, "username": "ann", "comments": "a & b\nc=d\n100%", "quantity": "3"}, 3),
    "Mentions": ({"link": LINK, "quantity": 200, "usernames": "ann,bob"},
                 {"link": LINK, "quantity": "200", "usernames": "ann\nbob"}, 200),
    "Mentions with Hashtags": ({"link": LINK, "quantity": 200, "usernames": "ann", "hashtags": "#a\n#b"},
                               {"link": LINK, "quantity": "200", "usernames": "ann", "hashtags": "#a\n#b"}, 200),
    "Mentions Custom List": ({"link": LINK, "usernames": "ann\nbob\ncid\n"},
                             {"link": LINK, "usernames": "ann\nbob\ncid", "quantity": "3"}, 3),
    "Mentions Hashtag": ({"link": LINK, "quantity": 200, "hashtag": "#sun"},
                         {"link": LINK, "quantity": "200", "hashtag": "#sun"}, 200),
    "Mentions User Followers": ({"link": LINK, "quantity": 200, "username": "https://example.com/ann"},
                                {"link": LINK, "quantity": "200", "username": "https://example.com/ann"}, 200),
    "Mentions Media Likers": ({"link": LINK, "quantity": 200, "media_url": "https://example.com/m"},
                              {"link": LINK, "quantity": "200", "media": "https://example.com/m"}, 200),
    "Poll": ({"link": LINK, "quantity": 200, "answer_number": 2},
             {"link": LINK, "quantity": "200", "answer_number": "2"}, 200),
    "Invites from Groups": ({"link": LINK, "quantity": 200, "groups": "g1\ng2"},
                            {"link": LINK, "quantity": "200", "groups": "g1\ng2"}, 200),
    "Web Traffic": ({"link": LINK, "quantity": 200, "country": "DE", "device": 5, "type_of_traffic": 2,
                     "referring_url": "https://r.example/?a=b&c"},
                    {"link": LINK, "quantity": "200", "country": "DE", "device": "5", "type_of_traffic": "2",
                     "referring_url": "https://r.example/?a=b&c"}, 200),
}


def money(text):
    """Amounts in units of 0.00001, exactly."""
    whole, _, rest = text.partition(".")
    return int(whole) * 100000 + int((rest + "00000")[:5])


@pytest.fixture
def panel(make_panel):
    services = [{"service": 500 + ID[name], "name": name, "type": name, "category": "C", "rate": "2.00",
                 "min": 5 if "Package" in name else 1, "max": 5 if "Package" in name else 1000,
                 "refill": True, "cancel": True} for name in TYPES]
    return make_panel("alpha", services=services, balance="1000.00")


@pytest.fixture
def types(make_gateway, panel):
    """Ours 1 to 17; published at 2.50 per 1000."""
    services = [{"id": ID[name], "markup": "25%", "offers": [{"provider": "alpha", "service": 500 + ID[name]}]}
                for name in TYPES]
    return make_gateway(config=default_config([], providers=[provider(panel)], catalogue={"balance": "100ms"},
                                              first_order=1000, services=services))


def test_every_type_is_published_with_its_canonical_name(types):
    rows = types.call("services").json
    assert [(row["service"], row["type"], row["rate"]) for row in rows] == [(ID[name], name, "2.50") for name in TYPES]


@pytest.mark.parametrize("name", CASES)
def test_a_type_is_delivered_and_charged_by_its_own_count(types, panel, name):
    given, received, count = CASES[name]
    answer = types.call("add", service=ID[name], **given)
    assert "order" in answer, answer
    entry, = panel.orders()
    assert entry["fields"] == {"key": "***", "action": "add", "service": str(500 + ID[name]), **received}
    status = types.status(answer["order"]).json
    flat = "Package" in name
    assert money(status["charge"]) == 250 * count and status["status"] == "Pending"
    assert status["remains"] == ("1" if flat else str(count))  # as the panel says
    # What the panel took is gone from what the providers hold for us: 2.00 per 1000.
    left = 100000000 - (200000 if flat else 200 * count)
    eventually(lambda: money(types.call("balance")["balance"]) == left)
    # Half of it was delivered; a package too is paid in shares.
    if count == 200:
        panel.set_order(entry["id"], status="Partial", remains=50, start_count=12)
        assert wait_status(types, answer["order"], "Partial") == {
            "charge": "0.375", "start_count": "12", "status": "Partial", "remains": "50", "currency": "USD"}


@pytest.mark.parametrize("name", TYPES)
def test_a_missing_field_is_named_and_nothing_is_asked(types, panel, name):
    given = dict(CASES[name][0]) if name in CASES else {"username": "ann", "min": 10, "max": 20, "delay": 0}
    required = [field for field in given if field not in ("referring_url",)]
    for field in required:
        less = {key: value for key, value in given.items() if key != field}
        canonical = {"media_url": "media"}.get(field, field)
        assert types.call("add", service=ID[name], **less).error == f"Missing parameter: {canonical}"
    assert asked(panel) == (0,)


def test_limits_are_reported_with_the_official_message(types, panel):
    assert add(types, service=ID["Default"], quantity=1001).error == "Quantity more than maximum 1000"
    assert add(types, service=ID["Default"], quantity=0).error == "Quantity less than minimal 1"
    assert add(types, service=ID["Default"], quantity="many").error == "Incorrect quantity"
    assert add(types, service=ID["Default"], link="a\x01b").error == "Incorrect link"
    assert add(types, service=99).error == "Incorrect service ID"
    assert asked(panel) == (0,)


def test_the_final_states_settle_what_the_client_pays(types, panel):
    orders = [types.add(service=1, quantity=1000, link=f"https://example.com/p/{i}") for i in range(5)]
    theirs = [entry["id"] for entry in panel.orders()]
    panel.set_order(theirs[0], status="Completed", remains=0, start_count=1)
    panel.set_order(theirs[1], status="Partial", remains=333, start_count=1)
    panel.set_order(theirs[2], status="Canceled", remains=0)
    panel.set_order(theirs[3], status="Refunded", remains=400)
    panel.set_order(theirs[4], status="Partial", remains=0)
    told = types.call("status", orders=orders).json
    told_of = [told[str(order)] for order in orders]
    assert [(entry["status"], entry["charge"], entry["remains"]) for entry in told_of] == [
        ("Completed", "2.50", "0"), ("Partial", "1.6675", "333"), ("Canceled", "0", "1000"), ("Partial", "1.50", "400"),
        ("Completed", "2.50", "0")]
    # Each refund once, whatever is reported how often.
    panel.set_order(theirs[1], status="Partial", remains=999)
    panel.set_order(theirs[3], status="Canceled", remains=0)
    assert types.call("status", orders=orders).json == told


# ---- drip-feed


def test_a_drip_feed_is_charged_for_all_runs_and_its_children_get_our_numbers(types, panel):
    assert add(types, service=1, quantity=1001, runs=2, interval=10).error == "Quantity more than maximum 1000"
    assert add(types, service=1, quantity=100, runs=2).error == "Missing parameter: interval"
    order = types.add(service=1, quantity=800, runs=5, interval=10)
    entry, = panel.orders()
    assert {name: entry["fields"].get(name) for name in ("quantity", "runs", "interval")} == {
        "quantity": "800", "runs": "5", "interval": "10"}
    status = types.status(order).json
    assert money(status["charge"]) == 250 * 4000 and status["remains"] == "4000"
    first, second = (panel.call(action="add", service=501, link=LINK, quantity=800)["order"] for _ in range(2))
    panel.set_order(first, status="Completed", remains=0, start_count=9)
    panel.set_order(entry["id"], status="In progress", runs="2", orders=[str(first), second])
    status = wait_status(types, order, "In progress")
    assert str(status["runs"]) == "2"
    children = [int(child) for child in status["orders"]]
    assert len(set(children)) == 2 and min(children) > order
    told = wait_status(types, children[0], "Completed")
    assert (told["remains"], told["start_count"]) == ("0", "9")
    assert money(told["charge"]) == 250 * 800, "each run shows its share of what the parent pays"
    # The same children keep their numbers, also after a restart.
    types.restart()
    assert [int(child) for child in types.status(order)["orders"]] == children
    assert show(types, children[1])["order"]["parent"] == order
    assert asked(panel) == (3,)


# ---- subscriptions


def test_a_subscription_is_charged_by_the_post(types, panel):
    order = types.call("add", service=ID["Subscriptions"], username="ann", min=100, max=200, posts=10, delay=5,
                       expiry="12/31/2026")["order"]
    parent, = panel.orders()
    assert parent["fields"] == {"key": "***", "action": "add", "service": str(500 + ID["Subscriptions"]),
                                "username": "ann", "min": "100", "max": "200", "posts": "10", "delay": "5",
                                "expiry": "31/12/2026"}
    status = types.status(order).json
    assert money(status["charge"]) == 0 and status["status"] == "Active"
    child = panel.call(action="add", service=501, link="https://example.com/post/1", quantity=150)["order"]
    panel.set_order(child, status="In progress", charge="0.30", remains=50, start_count=4)
    panel.set_order(parent["id"], status="Active", posts="10", orders=[child], expiry="31/12/2026")
    status = eventually(lambda: (lambda told: told if "orders" in told else None)(types.status(order).json))
    assert status["status"] == "Active" and str(status["posts"]) == "10" and status["expiry"] == "31/12/2026"
    ours, = status["orders"]
    told = wait_status(types, ours, "In progress")
    # 0.30 there is 150 posts' worth at 2.00; at our 2.50 that is 0.375.
    assert (told["charge"], told["remains"]) == ("0.375", "50")
    panel.set_order(child, status="Canceled")
    assert money(wait_status(types, ours, "Canceled")["charge"]) == 0
    panel.set_order(parent["id"], status="Paused", posts="10", orders=[child])
    assert wait_status(types, order, "Paused")["orders"] == [ours]
    panel.set_order(parent["id"], status="Expired", posts="10", orders=[child])
    assert wait_status(types, order, "Expired")["orders"] == [ours]
    assert in_doubt(types) == [] and asked(panel) == (2,)


def test_a_subscription_without_an_end_sends_no_posts(types, panel):
    for posts in ("", None):
        answer = types.call("add", service=ID["Subscriptions"], username=f"ann{posts}", min=10, max=20, delay=0,
                            posts=posts)
        assert "order" in answer, answer
    assert all("posts" not in entry["fields"] for entry in panel.orders()) and len(panel.orders()) == 2


@pytest.mark.parametrize("posts, hold", [(2, "0.06"), (None, "0.03")])
def test_a_prepaid_subscription_holds_the_most_it_may_cost(make_gateway, panel, posts, hold):
    gateway = make_gateway(config=default_config([], providers=[provider(panel)], clients=[
        {"name": "shop", "key": SHOP_KEY, "funds": "prepaid", "prices": {1: "1.50"}}], services=[
        {"id": 1, "margin": "allow_loss", "offers": [{"provider": "alpha", "service": 500 + ID["Subscriptions"]}]}]))
    fields = {"username": "ann", "min": 10, "max": 20, "delay": 0, **({"posts": posts} if posts else {})}
    short = f"{float(hold) - 0.00001:.5f}"
    assert gateway.cli("client", "credit", "shop", short).returncode == 0
    assert gateway.call("add", service=1, **fields).error == "Not enough funds on balance"
    assert gateway.cli("client", "credit", "shop", "0.00001").returncode == 0
    order = gateway.call("add", service=1, **fields)["order"]
    assert float(gateway.call("balance")["balance"]) == 0
    panel.set_order(panel.orders()[0]["id"], status="Canceled")
    wait_status(gateway, order, "Canceled")
    eventually(lambda: float(gateway.call("balance")["balance"]) == float(hold))
    verify(gateway)


def test_another_client_sees_neither_parent_nor_child(make_gateway, panel):
    gateway = make_gateway(config=default_config([], providers=[provider(panel)], clients=[
        {"name": "shop", "key": SHOP_KEY, "funds": "unlimited", "balance": "provider_sum"},
        {"name": "other", "key": "other-key-0123456789", "funds": "unlimited", "balance": "provider_sum"}], services=[
        {"id": 1, "markup": "25%", "offers": [{"provider": "alpha", "service": 501}]}]))
    order = gateway.add(quantity=10, runs=2, interval=5)
    child = panel.call(action="add", service=501, link=LINK, quantity=10)["order"]
    panel.set_order(panel.orders()[0]["id"], status="In progress", runs="1", orders=[child])
    ours, = wait_status(gateway, order, "In progress")["orders"]
    for number in (order, ours):
        assert gateway.status(number, key="other-key-0123456789").error == "Incorrect order ID"
        assert gateway.status(number).json["status"]
