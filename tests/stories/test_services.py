"""The published list: its form, its prices to the last digit, and what never gets into it."""
import gzip
import json
import pathlib
from decimal import ROUND_CEILING, Decimal

import pytest

from books import UNAVAILABLE
from harness import default_config, eventually
from harness.config import SHOP_KEY, provider

FIELDS = ["service", "name", "type", "category", "rate", "min", "max", "refill", "cancel", "dripfeed"]
QUICK = {"refresh": "50ms"}


def row(service, rate="1.00", name="A name", **more):
    return {"service": service, "name": name, "type": "Default", "category": "A category", "rate": rate,
            "min": "10", "max": "10000", "refill": True, "cancel": False, **more}


def rates(gateway, **call):
    return {entry["service"]: entry["rate"] for entry in gateway.call("services", **call).json}


def up(value, decimals=5):
    """Rounded up to so many decimals."""
    return Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_CEILING)


def offers(*pairs, **more):
    return {"offers": [{"provider": panel.name, "service": service} for panel, service in pairs], **more}


def refused(gateway, service):
    return gateway.call("add", service=service, link="https://example.com/refused", quantity=100).error


def next_list(gateway, panel):
    """Until the panel was asked for its list again and that list was dealt with."""
    after = panel.mark()
    panel.wait_requests("services", 2, after=after)


# ---- the form


def test_the_list_has_the_form_every_client_reads(gateway):
    answer = gateway.call("services")
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert answer.body[:1] == b"[" and b'": ' not in answer.body and b", " not in answer.body.replace(b"Each ", b"")
    assert [entry["service"] for entry in answer.json] == list(range(1, 11))
    for entry in answer.json:
        assert list(entry) == FIELDS
        assert type(entry["service"]) is int
        assert all(type(entry[name]) is str and entry[name] for name in ("name", "type", "category", "rate", "min", "max"))
        assert all(type(entry[name]) is bool for name in ("refill", "cancel", "dripfeed"))
        assert entry["min"].isdigit() and entry["max"].isdigit()
        decimals = entry["rate"].partition(".")[2]
        assert 2 <= len(decimals) <= 5 and Decimal(entry["rate"]) > 0
    assert [entry["type"] for entry in answer.json] == [
        "Default", "Default", "Custom Comments", "Package", "Comment Likes", "Mentions Custom List", "Poll",
        "Subscriptions", "Web Traffic", "Invites from Groups"]
    first = answer.json[0]
    assert (first["name"], first["category"], first["rate"], first["min"], first["max"]) == (
        "Followers", "Simulated", "1.125", "10", "10000")
    assert "alpha" not in answer.text and "101" not in answer.text


def test_compressed_or_not_with_a_tag_for_each_form(gateway):
    plain = gateway.call("services", method="GET")
    packed = gateway.call("services", method="GET", headers={"Accept-Encoding": "gzip, deflate"})
    assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    tags = [answer.headers["etag"] for answer in (plain, packed)]
    assert tags[0] != tags[1] and all(tag.startswith('"') and tag.endswith('"') for tag in tags)
    for answer in (plain, packed):
        assert answer.headers["vary"].lower() == "accept-encoding"
        assert "private" in answer.headers["cache-control"]
    for tag, encoding, status in ((tags[0], "", 304), (tags[1], "gzip", 304), (tags[0], "gzip", 200), (tags[1], "", 200),
                                  (f'"x", W/{tags[0]}', "", 304), ('"other"', "", 200), ("*", "", 304)):
        headers = {"If-None-Match": tag, **({"Accept-Encoding": encoding} if encoding else {})}
        answer = gateway.call("services", method="GET", headers=headers)
        assert answer.status == status, (tag, encoding)
        if status == 304:
            assert answer.body == b"" and answer.headers["etag"] in tags and "vary" in answer.headers
    for refusing in ("gzip;q=0", "identity", "deflate", "gzip; q=0.0", "gzip;Q=0.000", "gzip ; q = 0", "gzip, gzip;q=0",
                     "*, gzip;q=0", "*;q=0", "gzip;level=1;q=0", "gzip;q=0, *;q=1"):
        answer = gateway.call("services", headers={"Accept-Encoding": refusing})
        assert "content-encoding" not in answer.headers and answer.json, refusing
    posted = gateway.call("services", headers={"Accept-Encoding": "gzip", "If-None-Match": "*"})
    assert posted.status == 200 and gzip.decompress(posted.body) == plain.body


def test_names_are_cleaned_and_decoration_left_out(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[
        row(1, name="  Likes &amp; <b>more</b>\r\n\tnow  ", category="A\u00a0\U0001f600 <i>cat</i>"), row(2, name="/-----/"),
        row(3, rate="0"), row(4, rate="99999999"), row(5, type="fb_eyeslive"), row(6, type="custom_comments"),
        row(7, type="Custom Comment"), row(8, type=""), row(9, rate="1.0E-5"), row(10, rate=0.00011999999999999999),
        row(11, refill="false", cancel="1", dripfeed="0"), row(12, refill=0, cancel=1, dripfeed=True),
        row(13, min=1, max=2147483647), row(14, min="100", max="10"), row(15, rate="1,234.50"), row(16, rate=None),
        row("17-abc"), row(18, rate="-1"), row(19, rate="7")])
    gateway = make_gateway([alpha], imports=[{"provider": "alpha", "first_id": 1000, "markup": "0%"}], services=None)
    found = {entry["service"]: entry for entry in gateway.call("services").json}
    assert found[1001]["name"] == "Likes & more now"
    assert "<" not in found[1001]["category"] and "\U0001f600" in found[1001]["category"]
    assert not {1002, 1003, 1004, 1005, 1008, 1016, 1018} & set(found)
    assert found[1006]["type"] == found[1007]["type"] == "Custom Comments"
    assert (found[1009]["rate"], found[1010]["rate"], found[1019]["rate"]) == ("0.00001", "0.00012", "7.00")
    assert [found[1011][name] for name in ("refill", "cancel", "dripfeed")] == [False, True, False]
    assert [found[1012][name] for name in ("refill", "cancel", "dripfeed")] == [False, True, True]
    assert (found[1013]["min"], found[1013]["max"]) == ("1", "2147483647")
    assert max(found) in (2147483646, 2147483647)  # 17-abc has no number of its own
    assert list(found) == sorted(found)


# ---- prices


@pytest.mark.parametrize("markup, percent, amount", [
    ("0%", "0", "0"), ("25%", "0.25", "0"), ("-3%", "-0.03", "0"), ("25% + 0.05", "0.25", "0.05"),
    ("33.3333333333%", "0.333333333333", "0"), ("0.05", "0", "0.05"), ("1300%", "13", "0")])
def test_the_rate_is_the_formula_rounded_up(make_panel, make_gateway, markup, percent, amount):
    costs = ["0.90", "1", "0.00012", "0.333333333", "12345.6789", "7.77777", "0.001"]
    alpha = make_panel("alpha", services=[row(i, rate=cost) for i, cost in enumerate(costs, 1)])
    gateway = make_gateway([alpha], services=[
        {"id": i, "markup": markup, **offers((alpha, i))} for i in range(1, len(costs) + 1)])
    found = rates(gateway)
    for i, cost in enumerate(costs, 1):
        base = Decimal(cost).quantize(Decimal("1e-8"), rounding=ROUND_CEILING)
        assert Decimal(found[i]) == up(base * (1 + Decimal(percent)) + Decimal(amount)), (cost, markup)


@pytest.mark.parametrize("decimals", [2, 3, 5, 8])
def test_currencies_and_both_markups_multiply_before_one_rounding(make_panel, make_gateway, decimals):
    costs = ["0.90", "3.3333", "0.019", "250"]
    alpha = make_panel("alpha", currency="TRY", services=[row(i, rate=cost) for i, cost in enumerate(costs, 1)])
    clients = [{"name": "shop", "key": SHOP_KEY, "markup": "10% + 0.01"},
               {"name": "low", "key": "low-key-0123456789", "markup": "-5%"}]
    gateway = make_gateway([alpha], clients=clients, rates={"TRY": 0.0291}, decimals=decimals, services=[
        {"id": i, "markup": "12.5% + 0.003", "margin": "allow_loss", **offers((alpha, i))} for i in range(1, 5)])
    for key, percent, amount in ((SHOP_KEY, "0.10", "0.01"), (clients[1]["key"], "-0.05", "0")):
        found = rates(gateway, key=key)
        for i, cost in enumerate(costs, 1):
            price = Decimal(cost) * Decimal("0.0291") * Decimal("1.125") + Decimal("0.003")
            price = price * (1 + Decimal(percent)) + Decimal(amount)
            assert Decimal(found[i]) == up(price, decimals), (cost, key)
            order = gateway.add(key=key, service=i, quantity=337)
            charge = Decimal(gateway.status(order, key=key)["charge"])
            assert charge == up(Decimal(found[i]) * 337 / 1000, decimals), (cost, key)


def test_a_fixed_rate_takes_markups_too_and_decides_alone(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[row(1, rate="0.10")])
    gateway = make_gateway([alpha], clients=[{"name": "shop", "key": SHOP_KEY, "markup": "-10%"}], services=[
        {"id": 1, "rate": "1.20", "markup": "5% + 0.01", **offers((alpha, 1))}, {"id": 2, "rate": "2", **offers((alpha, 1))}])
    assert rates(gateway) == {1: "1.143", 2: "1.80"}


def test_the_first_known_offer_is_the_base_or_the_cheapest(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[row(1, rate="2.00"), row(2, rate="5.00")])
    beta = make_panel("beta", services=[row(7, rate="1.00")])
    gateway = make_gateway([alpha, beta], services=[
        {"id": 1, **offers((alpha, 1), (beta, 7))}, {"id": 2, "routing": "cheapest", **offers((alpha, 1), (beta, 7))},
        {"id": 3, **offers((alpha, 99), (beta, 7))}, {"id": 4, **offers((alpha, 99))},
        {"id": 5, "routing": "cheapest", **offers((alpha, 2), (alpha, 1))}])
    assert rates(gateway) == {1: "2.00", 2: "1.00", 3: "1.00", 5: "2.00"}
    assert (gateway.call("add", service=4, link="https://example.com/a", quantity=100).error
            == "Service is temporarily unavailable")  # it is ours, but nobody can take it


def test_prices_do_not_move_with_an_outage(make_gateway, alpha, beta):
    services = [{"id": 1, "markup": "25%", **offers((alpha, 101), (beta, 102))}]
    gateway = make_gateway([alpha, beta], services=services, catalogue=QUICK)
    before = gateway.call("services").body
    alpha.stop()
    next_list(gateway, beta)
    gateway.call("add", service=1, link="https://example.com/a", quantity=100)
    assert gateway.call("services").body == before
    gateway.restart()
    assert gateway.call("services").body == before  # kept in the ledger, its panel dead


@pytest.mark.parametrize("quantity", [10, 11, 333, 999, 1000, 1001, 9999])
def test_the_charge_follows_from_the_list_alone(gateway, quantity):
    rate = Decimal(rates(gateway)[1])
    order = gateway.add(quantity=quantity)
    answer = gateway.status(order)
    assert Decimal(answer["charge"]) == up(rate * quantity / 1000)
    assert answer["remains"] == str(quantity) and answer["currency"] == "USD"


def test_packages_and_lines_are_charged_as_the_protocol_says(gateway):
    found = {entry["service"]: Decimal(entry["rate"]) for entry in gateway.call("services").json}
    package = gateway.call("add", service=4, link="https://example.com/a")
    assert Decimal(gateway.status(package["order"])["charge"]) == found[4]
    lines = gateway.call("add", service=3, link="https://example.com/b", comments="\n".join("abcdefghijklm"))
    assert Decimal(gateway.status(lines["order"])["charge"]) == up(found[3] * 13 / 1000)
    drip = gateway.call("add", service=1, link="https://example.com/c", quantity=100, runs=7, interval=30)
    assert Decimal(gateway.status(drip["order"])["charge"]) == up(found[1] * 700 / 1000)


# ---- whose list


def test_each_client_sees_its_own_services_at_its_own_price(make_gateway, alpha, beta):
    clients = [{"name": "shop", "key": SHOP_KEY},
               {"name": "few", "key": "few-key-0123456789", "services": [2, "5-7", "9-2147483647"], "markup": "100%"}]
    gateway = make_gateway([alpha, beta], clients=clients)
    everything, few = rates(gateway), rates(gateway, key=clients[1]["key"])
    assert list(few) == [2, 5, 6, 7, 9, 10]
    assert all(Decimal(few[service]) == 2 * Decimal(everything[service]) for service in few)
    hidden = {"service": 1, "link": "https://example.com/a", "quantity": 100}
    assert gateway.call("add", key=clients[1]["key"], **hidden).error == "Incorrect service ID"
    assert "order" in gateway.call("add", key=clients[1]["key"], **{**hidden, "service": 2})
    tags = [gateway.call("services", key=client["key"], method="GET").headers["etag"] for client in clients]
    assert tags[0] != tags[1]


def test_names_categories_and_limits_may_be_ours(make_gateway, alpha):
    gateway = make_gateway([alpha], services=[{
        "id": 5, "name": "Ours \"quoted\" ü", "category": "Our own", "min": 50, "max": 60, **offers((alpha, 101))}])
    [entry] = gateway.call("services").json
    assert (entry["name"], entry["category"], entry["min"], entry["max"]) == ('Ours "quoted" ü', "Our own", "50", "60")
    for quantity, words in ((49, "Quantity less than minimal 50"), (61, "Quantity more than maximum 60")):
        assert gateway.call("add", service=5, link="https://example.com/a", quantity=quantity).error == words
    assert "order" in gateway.call("add", service=5, link="https://example.com/a", quantity=60)


# ---- quarantine


def test_a_price_that_jumps_is_off_until_an_operator_accepts_it(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[row(1, rate="1.00"), row(2, rate="1.00"), row(3, rate="1.00"), row(4)])
    beta = make_panel("beta", services=[row(1, rate="1.10")])
    gateway = make_gateway([alpha, beta], catalogue=QUICK, services=[
        {"id": 1, **offers((alpha, 1), (beta, 1))}, {"id": 2, **offers((alpha, 2))}, {"id": 3, **offers((alpha, 3))},
        {"id": 4, **offers((alpha, 4))}])
    assert rates(gateway) == {1: "1.00", 2: "1.00", 3: "1.00", 4: "1.00"}
    alpha.set(services=[row(1, rate="1.51"), row(2, rate="0.49"), row(3, rate="1.50"), row(4)])
    # 2 has no other offer: it stays at its last price and takes no orders.
    eventually(lambda: rates(gateway) == {1: "1.10", 2: "1.00", 3: "1.50", 4: "1.00"})
    next_list(gateway, alpha)
    assert rates(gateway) == {1: "1.10", 2: "1.00", 3: "1.50", 4: "1.00"}  # seen often, agreed upon only over an hour
    assert refused(gateway, 2) == UNAVAILABLE
    assert gateway.add(service=1)
    assert len(beta.orders()) == 1 and alpha.orders() == []
    done = gateway.cli("provider", "accept", "alpha", "2", "--yes")
    assert done.returncode == 0, done
    eventually(lambda: rates(gateway) == {1: "1.10", 2: "0.49", 3: "1.50", 4: "1.00"})
    assert gateway.cli("provider", "accept", "alpha", "--all", "--yes").returncode == 0
    eventually(lambda: rates(gateway)[1] == "1.51")
    gateway.restart()
    assert rates(gateway) == {1: "1.51", 2: "0.49", 3: "1.50", 4: "1.00"}


def test_a_quarantine_outlives_a_restart_and_ends_with_the_old_price(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[row(1), row(2)])
    gateway = make_gateway([alpha], catalogue=QUICK, services=[{"id": i, **offers((alpha, i))} for i in (1, 2)])
    alpha.set(services=[row(1, rate="9.00"), row(2)])
    gateway.wait_log("catalogue_published", offers_quarantined=1)
    assert rates(gateway) == {1: "1.00", 2: "1.00"}
    gateway.restart()
    assert rates(gateway) == {1: "1.00", 2: "1.00"}
    assert refused(gateway, 1) == UNAVAILABLE
    assert alpha.orders() == []
    alpha.set(services=[row(1, rate="1.10"), row(2)])
    eventually(lambda: rates(gateway) == {1: "1.10", 2: "1.00"})


@pytest.mark.parametrize("rate", ["5.00", "0", "99999999", "116011238807365", "", "on request", None])
def test_a_price_that_is_not_believed_never_takes_a_service_off_the_list(make_panel, make_gateway, rate):
    alpha = make_panel("alpha", services=[row(1), row(2)])
    gateway = make_gateway([alpha], catalogue=QUICK, services=None, imports=[{"provider": "alpha", "first_id": 0}])
    before = gateway.call("services").body
    alpha.set(services=[row(1, rate=rate), row(2)])
    eventually(lambda: refused(gateway, 1) == UNAVAILABLE)
    next_list(gateway, alpha)
    assert gateway.call("services").body == before
    gateway.restart(by_kill=True)
    assert gateway.call("services").body == before and refused(gateway, 1) == UNAVAILABLE
    alpha.set(services=[row(1, rate="1.10"), row(2)])
    eventually(lambda: rates(gateway) == {1: "1.10", 2: "1.00"})
    assert gateway.add(service=1)


@pytest.mark.parametrize("rate", ["116011238807365", "NO", "0", "99999999"])
def test_rows_that_are_spoilt_do_not_keep_the_others_at_old_prices(make_panel, make_gateway, rate):
    alpha = make_panel("alpha", services=[row(1), row(2)])
    gateway = make_gateway([alpha], catalogue=QUICK, services=None, imports=[{"provider": "alpha", "first_id": 0}])
    alpha.set(services=[row(1, rate=rate), row(2, rate="1.40")])
    eventually(lambda: rates(gateway) == {1: "1.00", 2: "1.40"})
    assert refused(gateway, 1) == UNAVAILABLE and gateway.add(service=2)


def test_a_service_that_nobody_could_deliver_for_long_leaves_the_list(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[row(1), row(2)])
    beta = make_panel("beta", services=[row(1)])
    gateway = make_gateway([alpha, beta], catalogue={**QUICK, "unlist": "1s"}, services=[
        {"id": 1, **offers((alpha, 1))}, {"id": 2, **offers((alpha, 2))}, {"id": 3, **offers((alpha, 1), (beta, 1))}])
    alpha.set(services=[row(1, rate="9.00"), row(2)])
    eventually(lambda: refused(gateway, 1) == UNAVAILABLE)
    eventually(lambda: rates(gateway) == {2: "1.00", 3: "1.00"})
    gateway.restart()
    assert rates(gateway) == {2: "1.00", 3: "1.00"}
    assert gateway.cli("provider", "accept", "alpha", "--all", "--yes").returncode == 0
    eventually(lambda: rates(gateway) == {1: "9.00", 2: "1.00", 3: "9.00"})


def test_a_paused_provider_keeps_its_place_in_the_list_for_a_while(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[row(1)])
    gateway = make_gateway([alpha], catalogue={**QUICK, "unlist": "2s"}, services=[{"id": 1, **offers((alpha, 1))}])
    assert gateway.cli("provider", "pause", "alpha").returncode == 0
    assert refused(gateway, 1) == UNAVAILABLE
    assert rates(gateway) == {1: "1.00"}
    eventually(lambda: "error" in gateway.call("services"))
    assert gateway.cli("provider", "resume", "alpha").returncode == 0
    eventually(lambda: gateway.call("services").body.startswith(b"[{"))


# ---- limits and headings


@pytest.mark.parametrize("limits, is_sold", [
    ({"min": "999999", "max": "150000"}, None), ({"min": "100", "max": "0"}, None), ({"min": "-1", "max": "-1"}, None),
    ({"min": "1K", "max": "50K"}, None), ({"min": "100", "max": None}, (100, 2147483647)), ({"min": None, "max": "50"}, (1, 50)),
    ({"min": "", "max": "50"}, (1, 50)), ({"min": "0", "max": "7"}, (1, 7)), ({"min": "5", "max": "5"}, (5, 5)),
    ({"min": "6", "max": "5"}, None), ({"min": [], "max": "5"}, None), ({"min": "many", "max": "5"}, None)],
    ids=lambda value: str(value))
def test_limits_that_leave_nothing_are_not_sold(make_panel, make_gateway, limits, is_sold):
    alpha = make_panel("alpha", services=[row(1, **limits), row(2)])
    gateway = make_gateway([alpha], services=None, imports=[{"provider": "alpha", "first_id": 0}])
    found = {entry["service"]: (int(entry["min"]), int(entry["max"])) for entry in gateway.call("services").json}
    assert found.pop(2) == (10, 10000)
    assert found == ({1: is_sold} if is_sold else {})
    [provider] = gateway.admin("/providers").json["providers"]
    assert provider["services"] == 2 and provider["unsellable"] == (0 if is_sold else 1)
    doctor = gateway.cli("provider", "doctor", "alpha", "--json").json
    assert any("leave nothing" in finding["message"] for finding in doctor["findings"]) == (is_sold is None)


def test_headings_of_the_panels_page_are_not_imported(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[
        row(1, name="------ 15 Day Packages ------", rate="9999.00", min="1", max="1"),
        row(2, name="=== NEW SERVICES ===", rate="1000.00", min="1000", max="1000"),
        row(3, name="=== Best likes ===", rate="1.00"),
        row(4, name="\u2605\u2605\u2605 VIP \u2605\u2605\u2605", min="1", max="1"),
        row(5, name="[VIP] Package [Monthly]", min="1", max="1", type="Package")])
    gateway = make_gateway([alpha], services=[{"id": 90, **offers((alpha, 2))}], imports=[{"provider": "alpha", "first_id": 0}])
    assert sorted(rates(gateway)) == [3, 5, 90]  # what is written out is meant


# ---- bad lists


@pytest.mark.parametrize("spoilt", [
    {"body": "[]"}, {"body": ""}, {"error": "Invalid API key"}, {"error": "Something else"}, {"status": 500, "body": "<html>"},
    {"cut": "mid_answer"}, {"cut": "after_read"}, {"body": {"status": "success", "data": "Empty Data"}},
    {"body": '[{"service":101,"name":"Followers","type":"Default","category":"S'}, {"body": "null"}, {"body": "{}"},
    {"body": [{"service": 1, "name": "x"}]}, {"status": 200, "body": "<b>Notice</b>"}, {"redirect": "http://127.0.0.1:1/"},
    {"body": '[{"service":101,"name":"Followers","type":"Default","category":"S","rate":"0.90","min":1,"max":100}]'}],
    ids=lambda spoilt: "-".join(spoilt) + "=" + str(next(iter(spoilt.values())))[:24])
def test_a_bad_list_never_replaces_a_good_one(make_gateway, alpha, spoilt):
    gateway = make_gateway([alpha], catalogue={"refresh": "50ms", "balance": "50ms"})
    before = gateway.call("services").body
    alpha.rules({"action": "services", "do": spoilt})
    if "Invalid" in str(spoilt) or "redirect" in spoilt:
        gateway.wait_log("list_refused")  # a wrong key or address: not asked again at once
    else:
        alpha.wait_requests("services", 3, after=alpha.mark())
    assert gateway.call("services").body == before
    gateway.restart()
    assert gateway.call("services").body == before
    assert "order" in gateway.call("add", service=1, link="https://example.com/a", quantity=100) or "Invalid" in str(spoilt)


def test_a_list_that_shrank_is_taken_once_an_operator_says_so(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[row(i) for i in range(1, 11)])
    gateway = make_gateway([alpha], catalogue=QUICK, services=[{"id": i, **offers((alpha, i))} for i in range(1, 11)])
    alpha.set(services=[row(i) for i in range(1, 8)])  # three of ten: the limit itself
    eventually(lambda: list(rates(gateway)) == list(range(1, 8)))
    alpha.set(services=[row(i, rate="1.20") for i in range(1, 4)])
    next_list(gateway, alpha)
    assert rates(gateway) == {i: "1.00" for i in range(1, 8)}
    assert gateway.cli("provider", "accept", "alpha", "--all", "--yes").returncode == 0
    eventually(lambda: rates(gateway) == {i: "1.20" for i in range(1, 4)})


def test_without_any_list_ever_services_is_an_error_not_an_empty_list(make_gateway, alpha):
    alpha.rule("services", body="[]")
    gateway = make_gateway([alpha], catalogue=QUICK, ready=False)
    gateway.wait_log("serving")
    assert gateway.admin("/readyz").status == 503
    for _ in range(2):
        assert gateway.call("services").error
        assert gateway.call("services", method="GET").status == 200
        assert gateway.call("add", service=1, link="https://example.com/a", quantity=100).error
    alpha.rules()
    eventually(lambda: isinstance(gateway.call("services").json, list))
    assert len(gateway.call("services").json) == 10


def test_when_nothing_can_be_sold_the_list_is_an_error_and_comes_back(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[row(1)])
    gateway = make_gateway([alpha], catalogue=QUICK, services=[{"id": 1, **offers((alpha, 1))}], clients=[
        {"name": "shop", "key": SHOP_KEY}, {"name": "none", "key": "none-key-0123456789", "services": [7]}])
    assert gateway.call("services", key="none-key-0123456789").error
    assert rates(gateway) == {1: "1.00"}
    alpha.set(services=[row(1, min="20", max="10")])
    eventually(lambda: "error" in gateway.call("services"))
    alpha.set(services=[row(1, rate="1.00")])
    eventually(lambda: gateway.call("services").body.startswith(b"[{"))


def test_a_start_with_every_panel_dead_sells_the_last_lists(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta])
    before = gateway.call("services").body
    alpha.stop()
    beta.stop()
    gateway.restart(by_kill=True)
    assert gateway.call("services").body == before
    assert gateway.admin("/readyz").status == 200


def test_a_refresh_brings_changes_and_a_new_tag(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[row(1), row(2), row(3), row(4)])
    gateway = make_gateway([alpha], catalogue=QUICK, services=[{"id": i, **offers((alpha, i))} for i in range(1, 6)])
    before = gateway.call("services", method="GET")
    next_list(gateway, alpha)
    assert gateway.call("services", method="GET", headers={"If-None-Match": before.headers["etag"]}).status == 304
    alpha.set(services=[row(1, rate="1.25", name="Renamed", min="20"), row(2), row(3), row(5), row(4)])
    eventually(lambda: 5 in rates(gateway))
    after = gateway.call("services", method="GET", headers={"If-None-Match": before.headers["etag"]})
    assert after.status == 200 and after.headers["etag"] != before.headers["etag"]
    first = after.json[0]
    assert (first["name"], first["rate"], first["min"]) == ("Renamed", "1.25", "20")
    order = gateway.add(service=1, quantity=1000)
    assert gateway.status(order)["charge"] == "1.25"


# ---- imports


def test_imports_filter_number_and_keep_their_numbers(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[
        row(1, category="Views fast"), row(2, category="views SLOW"), row(3, category="Likes"),
        row("abc", category="Views fast"), row(2147483000, category="Views far"), row(6, category="Views", type="Package"),
        row(7, category="Views")])
    imports = [{"provider": "alpha", "first_id": 100000, "markup": "30%", "categories": ["Views*"], "types": ["Default"]}]
    services = [{"id": 100007, "rate": "5.00", **offers((alpha, 3))}]
    gateway = make_gateway([alpha], imports=imports, services=services, catalogue=QUICK)
    found = rates(gateway)
    assert found[100001] == "1.30" and found[100007] == "5.00"
    assert 100003 not in found and 100006 not in found
    odd = sorted(set(found) - {100001, 100002, 100007})
    assert len(odd) == 3 and all(2147483000 < number <= 2147483647 for number in odd), found  # abc, 2147483000, 7
    alpha.set(services=[row(1, category="Views fast"), row(2, category="Views slow"), row(3, category="Likes"),
                        row("new", category="Views"), row("abc", category="Views fast", rate="1.10"),
                        row(2147483000, category="Views far"), row(7, category="Views")])
    eventually(lambda: len(rates(gateway)) == len(found) + 1)
    changed = rates(gateway)
    assert set(found) < set(changed)
    abc = next(number for number in odd if changed[number] == "1.43")
    gateway.restart()
    assert rates(gateway) == changed and rates(gateway)[abc] == "1.43"
    order = gateway.add(service=abc)
    assert order and alpha.orders()[0]["fields"]["service"] == "abc"


def test_a_service_that_returns_gets_its_own_number_again(make_panel, make_gateway):
    rows = [row(i) for i in range(1, 10)]
    alpha = make_panel("alpha", services=rows + [row("aaa", rate="2.00")])
    gateway = make_gateway([alpha], services=None, catalogue=QUICK, imports=[{"provider": "alpha", "first_id": 10}])
    [number] = [service for service, rate in rates(gateway).items() if rate == "2.00"]
    alpha.set(services=rows)
    eventually(lambda: number not in rates(gateway))
    gateway.restart()
    alpha.set(services=rows + [row("bbb", rate="3.00")])
    eventually(lambda: "3.00" in rates(gateway).values())
    assert number not in rates(gateway)
    alpha.set(services=rows + [row("bbb", rate="3.00"), row("aaa", rate="2.00")])
    eventually(lambda: rates(gateway).get(number) == "2.00")


def test_an_imports_number_never_becomes_another_services(make_panel, make_gateway):
    """Rows are told apart by their price: 5 costs 5.00, 9 costs 9.00."""
    alpha = make_panel("alpha", services=[row(5, rate="5.00"), row(7, rate="7.00"), row(9, rate="9.00")])

    def written(*ids):
        services = [{"id": number, **offers((alpha, 7))} for number in ids] or None
        return default_config([alpha], services=services, catalogue=QUICK,
                              imports=[{"provider": "alpha", "first_id": 1000, "services": ["5", "9"]}])

    gateway = make_gateway(config=written())
    assert rates(gateway) == {1005: "5.00", 1009: "9.00"}
    assert gateway.reload(written(1009)).returncode == 0
    eventually(lambda: rates(gateway) == {1005: "5.00", 1009: "7.00", 2147483646: "9.00"})
    gateway.write(written(1005, 1009))
    gateway.restart()
    changed = {1005: "7.00", 1009: "7.00", 2147483646: "9.00", 2147483645: "5.00"}
    eventually(lambda: rates(gateway) == changed)
    gateway.restart(by_kill=True)
    assert rates(gateway) == changed
    assert gateway.reload(written()).returncode == 0
    eventually(lambda: rates(gateway) == {1005: "5.00", 1009: "9.00"})
    assert gateway.cli("ledger", "verify").returncode == 0


def test_a_list_of_thousands_is_served_whole(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[], generated_services={"count": 6000, "first": 1, "rate": "0.50"})
    gateway = make_gateway([alpha], services=None, imports=[{"provider": "alpha", "first_id": 100000, "markup": "10%"}])
    answer = gateway.call("services", headers={"Accept-Encoding": "gzip"})
    found = json.loads(gzip.decompress(answer.body))
    assert len(found) == 6000 and found[-1]["service"] == 106000 and {entry["rate"] for entry in found} == {"0.55"}


# ---- shapes of real lists

RECORDED = [json.loads(line) for line in
            (pathlib.Path(__file__).parents[1] / "unit/providers/upstream-answers.jsonl").read_text().splitlines()]
LISTS = [answer for answer in RECORDED if answer["action"] == "services"]


@pytest.mark.parametrize("answer", LISTS, ids=lambda answer: answer["id"])
def test_recorded_lists_are_read_as_what_they_mean(make_panel, make_gateway, answer):
    alpha = make_panel("alpha")
    alpha.play(answer)
    gateway = make_gateway([alpha], services=None, imports=[{"provider": "alpha", "first_id": 1000000}], ready=False)
    gateway.wait_log("serving")
    found = gateway.call("services").json
    meaning = answer["meaning"]
    if "error" in meaning or meaning.get("class") or meaning.get("sellable") == []:
        assert list(found) == ["error"], found
        return
    assert len(found) == meaning["services"]
    if "types" in meaning:
        assert [entry["type"] for entry in found] == meaning["types"]
        return
    first, wanted = found[0], meaning["first"]
    assert first["service"] == 1000000 + int(wanted["service"])
    assert Decimal(first["rate"]) == up(wanted["rate"])
    assert first["type"] == wanted.get("type", "Default")
    for name in ("min", "max"):
        assert first[name] == str(wanted.get(name, first[name]))
    for name in ("refill", "cancel", "dripfeed"):
        assert first[name] is wanted.get(name, first[name])
    assert not {"\r", "\n", "\t", "<"} & set(first["name"] + first["category"])
    assert first["category"] == first["category"].strip()
