"""Ledgers of many orders, as if they had been placed: made by the binary, filled by SQL, clean by `ledger verify`."""
import sqlite3
import time

CLIENT, CHARGE, DAY_MS = "bench", 1230000, 86400000
FINISHED_DAYS, OPEN_SECONDS = 40, 60  # how long ago: no longer watched; lately

_ORDERS = """
INSERT INTO orders (id, state, paid, held, charge, client, currency, type, parent, last_event, live_attempt, last_attempt,
  provider, upstream_service, upstream_id, cost, attempt_started_at, attempt_request_id, request_id, is_number_given,
  is_claimed, start_count, remains, quantity, package_unit, ref, extra, reason, created_at, updated_at, accepted_at,
  reported_at, settled_at, service, fields, rate, decimals, sale_cost, sale_provider, sale_service, link_hash)
WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)
SELECT i, :state, :charge, 0, :charge, :client, 'USD', 'Default', 0, i, 1, 1, 'panel', '17', CAST(100000000 + i AS TEXT),
  1020000, :at + i / 1000, NULL, printf('%016x', i * 2654435761), 1, 0, 2000 + i % 9000, :remains, 1000, 0, '', '', '',
  :at + i / 1000, :at + i / 1000 + 60000, :at + i / 1000 + 500, :at + i / 1000 + 60000, :settled + i / 1000,
  :service + i % 5000, '{"link":"https://network.example/p/B' || i || '/"}', 1230000000, 4, 1020000000, 'panel', '17', 0
FROM n"""
_EVENTS = """
INSERT INTO events (id, order_id, previous, at, word, from_state, to_state, reason, request_id)
SELECT id, id, 0, updated_at, 'status', '', state, '', NULL FROM orders WHERE id BETWEEN :first AND :last ORDER BY id"""
_POSTINGS = """
INSERT INTO postings (id, previous, client, currency, order_id, kind, amount, held, balance_after, held_after)
SELECT id, id - 1, client, 'USD', id, 'capture', -charge, 0, -charge * id, 0 FROM orders
WHERE id BETWEEN :first AND :last ORDER BY id"""


def _add(ledger, first, last, state, at, settled, remains, service):
    values = {"first": first, "last": last, "state": state, "at": at, "settled": settled, "remains": remains,
              "service": service, "charge": CHARGE, "client": CLIENT}
    if last < first:
        return
    for text in (_ORDERS, _EVENTS, _POSTINGS):
        ledger.execute(text, {name: value for name, value in values.items() if f":{name}" in text})


def fill(path, first_service, finished=0, unfinished=0, accounts=0):
    """Orders 1… of the client: first those that ended long ago, then those that a panel is at. The ledger is empty."""
    now_ms = int(time.time() * 1000)
    ledger = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000", "locking_mode = EXCLUSIVE"):
        ledger.execute("PRAGMA " + pragma).fetchall()
    long_ago = now_ms - FINISHED_DAYS * DAY_MS
    ledger.execute("BEGIN")
    _add(ledger, 1, finished, "completed", long_ago, long_ago + 60000, 0, first_service)
    _add(ledger, finished + 1, finished + unfinished, "pending", now_ms - OPEN_SECONDS * 1000 - unfinished // 1000, None, 1000,
         first_service)
    count = finished + unfinished
    if count:
        ledger.execute("INSERT INTO accounts VALUES (?, 'USD', ?, 0, ?, 0, 0, NULL)", [CLIENT, -CHARGE * count, count])
    if accounts:
        ledger.execute("INSERT INTO accounts WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
                       " SELECT 'client-' || i, 'USD', 0, 0, 0, 0, 0, NULL FROM n", [accounts])
    ledger.execute("COMMIT")
    ledger.execute("PRAGMA journal_mode = WAL").fetchall()
    ledger.close()
