"""What the files of a ledger say, without its gateway."""
import json
import os
import shutil
import sqlite3
import tempfile


class Books:
    """The state of the books as read from a copy of the files, log and all: the files themselves stay as they
    are. Only orders from `since` on, but the links of all: an order that waited between two offers goes on after a
    restart, however many came after it."""

    def __init__(self, path, since=0):
        self.orders, self.attempts, self.aftersales, self.links = {}, {}, {}, set()
        self.refs = {}
        self.version = 0  # of the schema; 0: its migration was never there
        with tempfile.TemporaryDirectory() as folder:
            copy = os.path.join(folder, "books.db")
            for ending in ("", "-wal"):
                if os.path.exists(path + ending):
                    shutil.copy(path + ending, copy + ending)
            if not os.path.exists(copy):
                return
            books = sqlite3.connect(copy)
            try:
                self.version = books.execute("PRAGMA user_version").fetchone()[0]
                if self.version:
                    self._read(books, since)
            finally:
                books.close()

    def _read(self, books, since):
        for number, state, given, provider, upstream, fields in books.execute(
                "SELECT id, state, is_number_given, provider, upstream_id, fields FROM orders WHERE id >= ?", (since,)):
            self.orders[number] = {"state": state, "given": given, "provider": provider, "upstream": upstream,
                                   "link": json.loads(fields).get("link")}
        # An attempt has a row of its own from its end on, but where it was accepted without a word.
        for order, number, provider, state, upstream in books.execute(
                "SELECT order_id, number, provider, state, upstream_id FROM attempts WHERE order_id >= ?1 UNION ALL "
                "SELECT id, live_attempt, provider, CASE state WHEN 'placing' THEN 'sending' ELSE 'accepted' END, "
                "CASE state WHEN 'placing' THEN '' ELSE upstream_id END FROM orders WHERE live_attempt <> 0 AND NOT EXISTS "
                "(SELECT 1 FROM attempts WHERE order_id = id AND number = live_attempt) AND id >= ?1", (since,)):
            self.attempts[order, number] = (provider, state, upstream)
        self.links = {json.loads(fields).get("link") for fields, in books.execute("SELECT fields FROM orders")}
        self.refs = dict(books.execute("SELECT ref, order_id FROM refs"))
        for number, kind, order, state in books.execute("SELECT number, kind, order_id, state FROM aftersales"):
            self.aftersales[number] = (kind, order, state)

    def is_again(self, number):
        """Whether its link was ordered once more afterwards, for its client had no answer."""
        return any(other > number and order["link"] == self.orders[number]["link"]
                   for other, order in self.orders.items())

    def by_link(self):
        return {order["link"]: number for number, order in self.orders.items()}
