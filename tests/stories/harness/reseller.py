"""A client as real panels are: its own database, its own cron jobs, and none of the protocol's finer points. It reads what it
knows and trips over the rest, so a story that ends well with it ends well with them."""
import http.client
import json
from decimal import Decimal, InvalidOperation

WORDS = ("Pending", "In progress", "Processing", "Completed", "Partial", "Canceled")
OPEN_WORDS = ("Pending", "In progress", "Processing")
SUBSCRIPTION_WORDS = ("Active", "Paused", "Completed", "Expired", "Canceled")
OPEN_SUBSCRIPTION_WORDS = ("Active", "Paused")


def element(answer, key):
    """answer["45"] as PHP reads decoded JSON: of an object the member, of an array the element."""
    if isinstance(answer, dict):
        return answer.get(str(key))
    if isinstance(answer, list) and 0 <= int(key) < len(answer):
        return answer[int(key)]
    return None


def amount(value):
    """A number in whatever form, None where there is none; PHP would take a text that is none for 0."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


class Reseller:
    """services: {id: {"name", "rate", "on"}}. orders: a list of {"service", "link", "quantity", "fields", "sold", "number",
    "status", "refunded"}; number is None while no answer came. subscriptions: {"number", "status", "children"}."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.services, self.orders, self.subscriptions = {}, [], []

    # --- the list

    def list(self):
        """The list, or None where it looks like none: only its first element is looked at."""
        rows = self.gateway.call("services").json
        return rows if isinstance(rows, list) and rows and "service" in rows[0] else None

    def import_all(self):
        """Bulk import: everything on the list, once."""
        for row in self.list():
            self.services.setdefault(row["service"], {"name": row["name"], "rate": amount(row["rate"]), "on": True})

    def sync(self):
        """Follows prices. What left the list, or has no price there, is switched off and never on again."""
        rows = self.list()
        if rows is None:
            return
        known = {row["service"]: amount(row.get("rate")) for row in rows}
        for number, service in self.services.items():
            if not known.get(number):
                service["on"] = False
            elif service["on"]:
                service["rate"] = known[number]

    # --- orders

    def order(self, service=1, link="https://example.com/p/1", quantity=100, **fields):
        """Notes the order and sends it; an answer that does not come leaves it for send_again()."""
        order = {"service": service, "link": link, "quantity": quantity, "fields": fields, "number": None, "status": "Pending",
                 "sold": self.services[service]["rate"] * quantity / 1000, "refunded": Decimal(0)}
        assert self.services[service]["on"], f"service {service} was switched off"
        self.orders.append(order)
        self._send(order)
        return order

    def _send(self, order):
        try:
            body = self.gateway.call("add", service=order["service"], link=order["link"], quantity=order["quantity"],
                                     **order["fields"]).json
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return
        if element(body, "order"):
            order["number"] = int(body["order"])
        else:
            order.update(status="Canceled", refunded=order["sold"])

    def send_again(self):
        """Its cron: whatever has no number yet is sent as if for the first time, without a reference."""
        for order in self.orders:
            if order["number"] is None and order["status"] == "Pending":
                self._send(order)

    def poll(self, action="status"):
        """Its cron: the open orders' statuses in one call, read by number. A word its column does not have is dropped."""
        open_orders = [order for order in self.orders if order["number"] and order["status"] in OPEN_WORDS]
        if not open_orders:
            return
        answer = self.gateway.call(action, orders=[order["number"] for order in open_orders]).json
        for order in open_orders:
            self._take(order, element(answer, order["number"]))

    def _take(self, order, row):
        if not isinstance(row, dict) or row.get("status") not in WORDS:
            return
        order["status"] = row["status"]
        order["charge"] = amount(row.get("charge"))
        if row["status"] == "Canceled":
            order["refunded"] = order["sold"]
        elif row["status"] == "Partial":
            order["refunded"] = order["sold"] * amount(row["remains"]) / order["quantity"]

    # --- parents

    def subscribe(self, service, **fields):
        number = self.gateway.call("add", service=service, **fields)["order"]
        self.subscriptions.append({"number": int(number), "status": "Active", "children": []})
        return self.subscriptions[-1]

    def poll_subscriptions(self):
        """Asks for those that are Active or Paused. Another word makes the column empty, and it is never asked for again."""
        for parent in self.subscriptions:
            if parent["status"] in OPEN_SUBSCRIPTION_WORDS:
                row = self.gateway.status(parent["number"]).json
                parent["status"] = row.get("status") if row.get("status") in SUBSCRIPTION_WORDS else ""
                parent["children"] = [int(child) for child in row.get("orders") or []]
                parent["charge"] = amount(row.get("charge"))
