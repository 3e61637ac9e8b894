/* The invariants as queries: each gives a sentence for every place where it is broken. Everything
 * is asked within one read transaction, so a ledger in use is seen at one moment. */
#include <stdio.h>

#include "ledger/sqlite.h"

enum { REPORTED_EACH = 20 }; /* messages of one rule; those beyond are only counted */

#define OPEN "('placing','doubt','queued')"
/* Nothing is certain yet, so nothing is captured: no panel has ever accepted it. */
#define UNTAKEN "(o.state IN " OPEN " AND o.moves = 0)"
/* What its panel ended was accepted before. */
#define TAKEN_ATTEMPT "('accepted','canceled','partial')"
/* Its attempt is in the row of order o itself: being sent, or accepted without a word. */
#define HAS_LIVE                                                                                   \
    "(o.live_attempt <> 0 AND NOT EXISTS (SELECT 1 FROM attempts WHERE order_id = o.id"            \
    " AND number = o.live_attempt))"
#define ACCEPTED "('pending','processing','in_progress','completed','partial')"

static const char *const rules[] = {
    "SELECT 'table ' || \"table\" || ', row ' || coalesce(rowid, '?') || ': points to a row of '"
    " || parent || ' that is not there' FROM pragma_foreign_key_check",
    /* Money. What is paid of an order is captured once a panel has accepted it. */
    "SELECT 'order ' || o.id || ': ' || CASE WHEN " UNTAKEN " THEN 0 ELSE o.paid END ||"
    " ' is due, but ' || coalesce(p.total, 0) || ' is booked' FROM orders AS o LEFT JOIN"
    " (SELECT order_id, -sum(amount) AS total FROM postings WHERE kind IN ('capture','refund')"
    " GROUP BY order_id) AS p ON p.order_id = o.id"
    " WHERE CASE WHEN " UNTAKEN " THEN 0 ELSE o.paid END <> coalesce(p.total, 0)",
    /* One pass over both: a join on the sums has no index to use. */
    "SELECT 'order ' || id || ': ' || sum(held) || ' is held, but ' || sum(booked) ||"
    " ' is booked as held' FROM (SELECT id, held, 0 AS booked FROM orders WHERE held <> 0"
    " UNION ALL SELECT CASE c.parent WHEN 0 THEN c.id ELSE c.parent END, 0, p.held"
    " FROM postings AS p JOIN orders AS c ON c.id = p.order_id WHERE p.held <> 0)"
    " GROUP BY id HAVING sum(held) <> sum(booked)",
    "SELECT 'order ' || id || ': is ' || state || ', but ' || held || ' is held' FROM orders"
    " WHERE held <> 0 AND (held < 0 OR state NOT IN " OPEN
    " AND (type <> 'Subscriptions' OR parent <> 0))",
    /* What has ended holds what its unfinished children may still cost. */
    "SELECT 'order ' || o.id || ': has ended, but ' || o.held || ' is held' FROM orders AS o"
    " WHERE o.held <> 0 AND o.settled_at IS NOT NULL AND o.held > (SELECT"
    " coalesce(sum(max(charge - paid, 0)), 0) FROM orders WHERE parent = o.id AND parent <> 0"
    " AND " SQLITE_UNFINISHED ")",
    "SELECT 'order ' || o.id || ': posting ' || p.id || ' is another client''s, or in another"
    " currency' FROM postings AS p JOIN orders AS o ON o.id = p.order_id"
    " WHERE p.client <> o.client OR p.currency <> o.currency",
    "SELECT 'order ' || id || ': is ' || state || ', but ' || paid || ' is paid' FROM orders"
    " WHERE paid <> 0 AND (state = 'refused' OR state = 'canceled'"
    " AND (type <> 'Subscriptions' OR parent <> 0))",
    "SELECT 'order ' || order_id || ': postings of an order that is not there' FROM postings"
    " WHERE order_id IS NOT NULL AND order_id NOT IN (SELECT id FROM orders) GROUP BY order_id",
    "SELECT 'posting ' || id || ': is a ' || kind || ' of ' || amount || ', held ' || held"
    " FROM postings WHERE NOT CASE kind WHEN 'deposit' THEN held = 0 AND amount <> 0"
    " WHEN 'correction' THEN held = 0 AND amount <> 0 WHEN 'hold' THEN held > 0 AND amount = 0"
    " WHEN 'release' THEN held < 0 AND amount = 0 WHEN 'capture' THEN held <= 0 AND amount < 0"
    " WHEN 'refund' THEN held <= amount AND amount > 0 ELSE 0 END",
    "SELECT 'transaction ' || transaction_id || ': its entries sum to ' || sum(amount)"
    " FROM entries GROUP BY transaction_id HAVING sum(amount) <> 0",
    "SELECT 'posting ' || p.id || ': does not follow posting ' || p.previous || ' of its account'"
    " FROM postings AS p LEFT JOIN postings AS b ON b.id = p.previous"
    " WHERE (p.previous <> 0 AND (b.id IS NULL OR b.id >= p.id OR b.client <> p.client"
    "  OR b.currency <> p.currency))"
    " OR p.balance_after <> coalesce(b.balance_after, 0) + p.amount"
    " OR p.held_after <> coalesce(b.held_after, 0) + p.held",
    "SELECT 'client ' || a.client || ': its ' || a.currency || ' account says ' || a.balance ||"
    " ', held ' || a.held || ', its postings ' || coalesce(p.balance, 0) || ', held ' ||"
    " coalesce(p.held, 0) FROM accounts AS a LEFT JOIN (SELECT client, currency,"
    " sum(amount) AS balance, sum(held) AS held, max(id) AS last FROM postings"
    " GROUP BY client, currency) AS p ON p.client = a.client AND p.currency = a.currency"
    " WHERE a.balance <> coalesce(p.balance, 0) OR a.held <> coalesce(p.held, 0)"
    " OR a.last_posting <> coalesce(p.last, 0) OR a.held < 0",
    /* An operator's correction may, and later postings that leave available as it is. The floor is
     * that of the last hold. */
    "SELECT 'client ' || a.client || ': available are ' || min(p.balance_after - p.held_after) ||"
    " ' ' || a.currency || ', but no less than ' || a.floor || ' may be' FROM accounts AS a"
    " JOIN postings AS p ON p.client = a.client AND p.currency = a.currency"
    " LEFT JOIN (SELECT client, currency, max(id) AS id FROM postings WHERE kind = 'hold'"
    "  GROUP BY client, currency) AS h ON h.client = a.client AND h.currency = a.currency"
    " WHERE a.floor IS NOT NULL AND p.kind IN ('hold','capture','refund','release')"
    " AND p.amount < p.held AND p.id >= coalesce(h.id, 0)"
    " AND p.balance_after - p.held_after < a.floor GROUP BY a.client, a.currency",
    "SELECT 'client ' || client || ': postings without an account' FROM (SELECT DISTINCT client,"
    " currency FROM postings) AS p WHERE NOT EXISTS (SELECT 1 FROM accounts AS a"
    " WHERE a.client = p.client AND a.currency = p.currency)",
    "SELECT 'client ' || c.client || ': the credit ' || c.id || ' is not what posting ' ||"
    " c.posting || ' says' FROM credits AS c LEFT JOIN postings AS p ON p.id = c.posting"
    " WHERE p.client IS NOT c.client OR p.amount IS NOT c.amount",
    "SELECT 'ref ' || r.ref || ': is of order ' || r.order_id || ', which has another' FROM refs"
    " AS r LEFT JOIN orders AS o ON o.id = r.order_id WHERE o.id IS NULL OR o.client <> r.client"
    " OR o.ref <> r.ref",
    /* Attempts. */
    "SELECT 'order ' || order_id || ': ' || count(*) || ' attempts may have been executed'"
    " FROM attempts WHERE state IN ('sending','accepted','doubt') GROUP BY order_id"
    " HAVING count(*) > 1",
    "SELECT 'order ' || o.id || ': says that its attempt ' || o.live_attempt || ' may have been"
    " executed, its attempts say ' || coalesce(a.number, 0) FROM orders AS o LEFT JOIN attempts AS "
    "a"
    " ON a.order_id = o.id AND a.state IN ('accepted','doubt') WHERE o.state <> 'placing'"
    " AND o.live_attempt <> coalesce(a.number, 0)"
    " AND (a.number IS NOT NULL OR o.state = 'doubt' OR NOT " HAS_LIVE ")",
    /* While an attempt is being sent it has no row of its own. */
    "SELECT 'order ' || o.id || ': attempt ' || o.live_attempt || ' is being sent, but attempt ' ||"
    " a.number || ' is there already' FROM orders AS o JOIN attempts AS a ON a.order_id = o.id"
    " WHERE o.state = 'placing' AND o.live_attempt <> 0 AND (a.number >= o.live_attempt"
    " OR a.state IN ('accepted','doubt'))",
    "SELECT 'order ' || order_id || ': attempt ' || number || ' is written as being sent' FROM"
    " attempts WHERE state = 'sending'",
    "SELECT 'order ' || o.id || ': is ' || o.state || ' without an accepted attempt' FROM orders"
    " AS o WHERE o.state IN " ACCEPTED " AND o.parent = 0 AND NOT EXISTS (SELECT 1 FROM attempts"
    " WHERE order_id = o.id AND (state = 'accepted' OR o.state = 'partial'"
    "  AND " SQLITE_ENDED_BY_PANEL ")) AND NOT " HAS_LIVE,
    "SELECT 'order ' || id || ': went on ' || sum(moves) || ' times, ' || sum(delivered) ||"
    " ' delivered and ' || sum(spent) || ' spent; its attempts say ' || sum(ended) || ', ' ||"
    " sum(parts) || ' and ' || sum(kept) FROM (SELECT id, moves, delivered, spent, 0 AS ended,"
    "  0 AS parts, 0 AS kept FROM orders WHERE moves <> 0 OR delivered <> 0 OR spent <> 0"
    " UNION ALL SELECT order_id, 0, 0, 0, 1, delivered, kept FROM attempts"
    "  WHERE " SQLITE_ENDED_BY_PANEL ") GROUP BY id HAVING sum(moves) <> sum(ended)"
    " OR sum(delivered) <> sum(parts) OR sum(spent) <> sum(kept)",
    "SELECT 'order ' || id || ': ' || delivered || ' of ' || quantity || ' were delivered before,"
    " but ' || remains || ' remain and it is ' || state FROM orders WHERE delivered <> 0"
    " AND (delivered < 0 OR delivered >= quantity OR remains > quantity - delivered"
    "  OR state IN ('canceled','refused'))",
    "SELECT 'order ' || order_id || ': attempt ' || number || ' is ' || state || ' with ' ||"
    " delivered || ' delivered, ' || kept || ' kept' FROM attempts WHERE kept < 0 OR CASE state"
    " WHEN 'partial' THEN delivered <= 0 ELSE delivered <> 0 END OR (kept <> 0"
    " AND state <> 'partial')",
    "SELECT 'order ' || order_id || ': attempt ' || number || ' is accepted without the number it"
    " has at the panel' FROM attempts WHERE state = 'accepted' AND upstream_id = ''",
    "SELECT 'order ' || o.id || ': attempt ' || o.live_attempt || ' is accepted without the number"
    " it has at the panel' FROM orders AS o WHERE o.state <> 'placing' AND o.upstream_id = '' "
    "AND " HAS_LIVE,
    "SELECT 'order ' || o.id || ': its attempt ' || a.number || ' was accepted as ' ||"
    " a.upstream_id || ', the order says ' || o.upstream_id FROM attempts AS a JOIN orders AS o"
    " ON o.id = a.order_id WHERE a.state = 'accepted' AND o.upstream_id <> a.upstream_id",
    "SELECT 'order ' || o.id || ': is ' || o.state || ', but attempt ' || a.number ||"
    " ' was accepted' FROM attempts AS a JOIN orders AS o ON o.id = a.order_id"
    " WHERE a.state = 'accepted' AND o.state IN ('placing','refused')",
    "SELECT 'order ' || o.id || ': its number was given, but it has neither an attempt nor a"
    " refusal' FROM orders AS o WHERE o.is_number_given <> 0 AND o.parent = 0"
    " AND o.state NOT IN ('refused','canceled','queued') AND o.live_attempt = 0"
    " AND NOT EXISTS (SELECT 1 FROM attempts WHERE order_id = o.id)",
    "SELECT 'order ' || id || ': is refused, but its number was given' FROM orders"
    " WHERE state = 'refused' AND is_number_given <> 0",
    /* States and their story. */
    "SELECT 'order ' || e.order_id || ': event ' || e.id || ' says it left ' ||"
    " CASE e.from_state WHEN '' THEN 'nothing' ELSE e.from_state END || ', but it was ' ||"
    " coalesce(b.to_state, 'nothing') FROM events AS e LEFT JOIN events AS b ON b.id = e.previous"
    " WHERE e.order_id IS NOT NULL AND e.from_state <> coalesce(b.to_state, '')",
    "SELECT 'order ' || e.order_id || ': event ' || e.id || ' does not follow event ' || e.previous"
    " FROM events AS e LEFT JOIN events AS b ON b.id = e.previous WHERE e.previous <> 0"
    " AND (b.id IS NULL OR b.id >= e.id OR b.order_id IS NOT e.order_id)",
    "SELECT 'order ' || order_id || ': event ' || id || ' is a move from ' || from_state ||"
    " ' to ' || to_state || ', which is not allowed' FROM events WHERE from_state <> ''"
    " AND from_state <> to_state AND NOT may_move(from_state, to_state)",
    "SELECT 'order ' || o.id || ': is ' || o.state || ', but its events end in ' ||"
    " coalesce(e.to_state, 'nothing') FROM orders AS o LEFT JOIN events AS e"
    " ON e.id = o.last_event AND e.order_id = o.id WHERE e.to_state IS NOT o.state",
    "SELECT 'order ' || o.id || ': says that its last event is ' || o.last_event || ', but event '"
    " || e.id || ' follows it' FROM events AS e JOIN orders AS o ON o.id = e.order_id"
    " WHERE e.id > o.last_event",
    "SELECT 'order ' || id || ': is ' || state || ', but says that it ' ||"
    " CASE WHEN settled_at IS NULL THEN 'is not' ELSE 'is' END || ' settled' FROM orders"
    " WHERE (state IN ('completed','partial','canceled','refused')) = (settled_at IS NULL)",
    "SELECT 'order ' || id || ': child ' || upstream_id || ' of order ' || parent ||"
    " ' is there more than once' FROM orders WHERE parent <> 0 AND upstream_id <> ''"
    " AND is_duplicate = 0 GROUP BY parent, upstream_id HAVING count(*) > 1",
    "SELECT 'order ' || id || ': ' || state || ' is no state' FROM orders WHERE state NOT IN"
    " ('placing','doubt','queued','pending','processing','in_progress','completed','partial',"
    " 'canceled','refused')",
    "SELECT 'order ' || id || ': is queued, but attempt ' || last_attempt || ' was sent' FROM "
    "orders"
    " WHERE state = 'queued' AND (last_attempt <> 0 OR live_attempt <> 0)",
    "SELECT 'order ' || o.id || ': its parent ' || o.parent || ' is not there' FROM orders AS o"
    " WHERE o.parent <> 0 AND NOT EXISTS (SELECT 1 FROM orders WHERE id = o.parent)",
    "SELECT kind || ' ' || number || ': accepted for order ' || order_id || ', which no panel"
    " accepted' FROM aftersales AS f WHERE state = 'accepted' AND NOT EXISTS (SELECT 1 FROM "
    "attempts"
    " WHERE order_id = f.order_id AND state IN " TAKEN_ATTEMPT
    ") AND NOT EXISTS (SELECT 1 FROM orders AS o"
    " WHERE o.id = f.order_id AND (o.parent <> 0 OR " HAS_LIVE "))",
};

static void sqlite_verify_may_move(sqlite3_context *context, int count, sqlite3_value **values)
{
    enum orderstate from, to;
    (void)count;
    bool is_allowed = orderstate_find(str_of((const char *)sqlite3_value_text(values[0])), &from) &&
                      orderstate_find(str_of((const char *)sqlite3_value_text(values[1])), &to) &&
                      orderstate_may_move(from, to);
    sqlite3_result_int(context, is_allowed);
}

struct sqlite_verify_telling {
    const struct ledger_verifier *verifier;
    size_t count;
};

static void sqlite_verify_say(struct sqlite_verify_telling *telling, const char *message)
{
    telling->count++;
    telling->verifier->report(message, telling->verifier->arg);
}

/* Once for all rules: what cannot be read breaks each of them. */
static void sqlite_verify_say_unreadable(struct backend_connection *connection, int code,
                                         struct sqlite_verify_telling *telling)
{
    struct fault why;
    (void)sqlite_fault(connection, code, &why);
    sqlite_verify_say(telling, why.message);
}

/* False: the ledger cannot be read, which was said. */
static bool sqlite_verify_ask_rule(struct backend_connection *connection, const char *rule,
                                   struct sqlite_verify_telling *telling)
{
    sqlite3_stmt *s = NULL;
    size_t found = 0;
    char message[256];
    int code = sqlite3_prepare_v2(connection->db, rule, -1, &s, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(s);
        if (code != SQLITE_ROW)
            break;
        const char *text = (const char *)sqlite3_column_text(s, 0);
        if (++found <= REPORTED_EACH)
            sqlite_verify_say(telling, text ? text : "a broken rule");
        else
            telling->count++;
    }
    if (found > REPORTED_EACH) {
        snprintf(message, sizeof message, "and %zu more of the same", found - REPORTED_EACH);
        telling->verifier->report(message, telling->verifier->arg);
    }
    if (code != SQLITE_DONE)
        sqlite_verify_say_unreadable(connection, code, telling);
    sqlite3_finalize(s);
    return code == SQLITE_DONE;
}

/* Every page, also those that no rule reads: a file that was cut short has lost some. False: it is
 * damaged, which was said. */
static bool sqlite_verify_pages(struct backend_connection *connection,
                                struct sqlite_verify_telling *telling)
{
    sqlite3_stmt *s = NULL;
    char message[512];
    int code = sqlite3_prepare_v2(connection->db, "PRAGMA quick_check(1)", -1, &s, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(s);
    const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
    bool is_good = text && strcmp(text, "ok") == 0;
    const char *last = text ? strrchr(text, '\n') : NULL; /* a heading stands before it */
    if (text && !is_good) {
        snprintf(message, sizeof message,
                 "ledger %s: the file is damaged: %.200s; put the last backup in its place",
                 connection->path, last ? last + 1 : text);
        sqlite_verify_say(telling, message);
    } else if (!is_good) {
        sqlite_verify_say_unreadable(connection, code, telling);
    }
    sqlite3_finalize(s);
    return is_good;
}

size_t sqlite_verify(struct backend_connection *connection, const struct ledger_verifier *verifier)
{
    struct sqlite_verify_telling telling = {.verifier = verifier};
    struct fault why;
    if (!sqlite_revive(connection, &why)) {
        sqlite_verify_say(&telling, why.message);
        return telling.count;
    }
    sqlite3_create_function_v2(connection->db, "may_move", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                               NULL, sqlite_verify_may_move, NULL, NULL, NULL);
    sqlite_do_simple(connection, STATEMENT_BEGIN_READING);
    bool is_readable = sqlite_verify_pages(connection, &telling);
    for (size_t i = 0; is_readable && i < COUNT_OF(rules); i++) {
        if (verifier->progress)
            verifier->progress(i, COUNT_OF(rules), verifier->arg);
        is_readable = sqlite_verify_ask_rule(connection, rules[i], &telling);
    }
    sqlite_do_simple(connection, STATEMENT_ROLLBACK);
    return telling.count;
}
