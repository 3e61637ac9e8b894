/* The invariants as queries: each gives a sentence for every place where it is broken. Everything
 * is asked within one read transaction, so a ledger in use is seen at one moment. */
#include <stdio.h>

#include "ledger/sqlite.h"

enum { TOLD_EACH = 20 }; /* sentences of one rule; the rest is counted */

#define ACCEPTED "('pending','processing','in_progress','completed','partial')"

static const char *const rules[] = {
    "SELECT 'the file is damaged: ' || quick_check FROM pragma_quick_check"
    " WHERE quick_check <> 'ok'",
    "SELECT 'table ' || \"table\" || ', row ' || coalesce(rowid, '?') || ': points to a row of '"
    " || parent || ' that is not there' FROM pragma_foreign_key_check",
    /* Money. */
    "SELECT 'order ' || o.id || ': ' || o.paid || ' is paid, but ' || coalesce(p.total, 0)"
    " || ' is booked' FROM orders AS o LEFT JOIN (SELECT order_id, sum(CASE WHEN to_account ="
    " 'sales' THEN amount WHEN from_account = 'sales' THEN -amount ELSE 0 END) AS total"
    " FROM postings GROUP BY order_id) AS p ON p.order_id = o.id"
    " WHERE o.paid <> coalesce(p.total, 0)",
    "SELECT 'order ' || o.id || ': posting ' || p.number || ' is not between sales and its client,"
    " or in another currency' FROM postings AS p JOIN orders AS o ON o.id = p.order_id"
    " WHERE 'client:' || o.client NOT IN (from_account, to_account)"
    " OR 'sales' NOT IN (from_account, to_account) OR p.currency <> o.currency",
    "SELECT 'order ' || id || ': is ' || state || ', but ' || paid || ' is paid' FROM orders"
    " WHERE state IN ('canceled','refused') AND paid <> 0",
    "SELECT 'order ' || order_id || ': postings of an order that is not there' FROM postings"
    " WHERE order_id <> 0 AND order_id NOT IN (SELECT id FROM orders) GROUP BY order_id",
    /* Attempts. */
    "SELECT 'order ' || order_id || ': ' || count(*) || ' attempts may have been executed'"
    " FROM attempts WHERE state IN ('sending','accepted','doubt') GROUP BY order_id"
    " HAVING count(*) > 1",
    "SELECT 'order ' || o.id || ': says that its attempt ' || o.live_attempt || ' may have been"
    " executed, its attempts say ' || coalesce(a.number, 0) FROM orders AS o LEFT JOIN attempts AS "
    "a"
    " ON a.order_id = o.id AND a.state IN ('accepted','doubt') WHERE o.state <> 'placing'"
    " AND o.live_attempt <> coalesce(a.number, 0)",
    /* While an attempt is being sent it has no row of its own. */
    "SELECT 'order ' || o.id || ': attempt ' || o.live_attempt || ' is being sent, but attempt ' ||"
    " a.number || ' is there already' FROM orders AS o JOIN attempts AS a ON a.order_id = o.id"
    " WHERE o.state = 'placing' AND o.live_attempt <> 0 AND (a.number >= o.live_attempt"
    " OR a.state IN ('accepted','doubt'))",
    "SELECT 'order ' || order_id || ': attempt ' || number || ' is written as being sent' FROM"
    " attempts WHERE state = 'sending'",
    "SELECT 'order ' || o.id || ': is ' || o.state || ' without an accepted attempt' FROM orders"
    " AS o WHERE o.state IN " ACCEPTED " AND o.parent = 0 AND NOT EXISTS (SELECT 1 FROM attempts"
    " WHERE order_id = o.id AND state = 'accepted')",
    "SELECT 'order ' || order_id || ': attempt ' || number || ' is accepted without the number it"
    " has at the panel' FROM attempts WHERE state = 'accepted' AND upstream_id = ''",
    "SELECT 'order ' || o.id || ': its attempt ' || a.number || ' was accepted as ' ||"
    " a.upstream_id || ', the order says ' || o.upstream_id FROM attempts AS a JOIN orders AS o"
    " ON o.id = a.order_id WHERE a.state = 'accepted' AND o.upstream_id <> a.upstream_id",
    "SELECT 'order ' || o.id || ': is ' || o.state || ', but attempt ' || a.number ||"
    " ' was accepted' FROM attempts AS a JOIN orders AS o ON o.id = a.order_id"
    " WHERE a.state = 'accepted' AND o.state IN ('placing','refused')",
    "SELECT 'order ' || o.id || ': its number was given, but it has neither an attempt nor a"
    " refusal' FROM orders AS o WHERE o.is_number_given <> 0 AND o.parent = 0"
    " AND o.state NOT IN ('refused','canceled') AND o.live_attempt = 0"
    " AND NOT EXISTS (SELECT 1 FROM attempts WHERE order_id = o.id)",
    "SELECT 'order ' || id || ': is refused, but its number was given' FROM orders"
    " WHERE state = 'refused' AND is_number_given <> 0",
    /* States and their story. */
    "SELECT 'order ' || order_id || ': event ' || number || ' says it left ' ||"
    " CASE from_state WHEN '' THEN 'nothing' ELSE from_state END || ', but it was ' ||"
    " CASE before WHEN '' THEN 'nothing' ELSE before END FROM (SELECT order_id, number, from_state,"
    " lag(to_state, 1, '') OVER (PARTITION BY order_id ORDER BY number) AS before FROM events"
    " WHERE to_state <> '') WHERE from_state <> before",
    "SELECT 'order ' || order_id || ': event ' || number || ' is a move from ' || from_state ||"
    " ' to ' || to_state || ', which is not allowed' FROM events WHERE from_state <> ''"
    " AND NOT may_move(from_state, to_state)",
    "SELECT 'order ' || id || ': is ' || state || ', but its events end in ' ||"
    " coalesce(nullif(told, ''), 'nothing') FROM (SELECT id, state, (SELECT to_state FROM events"
    " WHERE order_id = id AND to_state <> '' ORDER BY number DESC LIMIT 1) AS told FROM orders)"
    " WHERE told IS NOT state",
    "SELECT 'order ' || o.id || ': says that it has ' || o.events || ' events, but the last is ' ||"
    " coalesce(e.last, 0) FROM orders AS o LEFT JOIN (SELECT order_id, max(number) AS last FROM"
    " events GROUP BY order_id) AS e ON e.order_id = o.id WHERE o.events <> coalesce(e.last, 0)",
    "SELECT 'order ' || id || ': is ' || state || ', but says that it ' ||"
    " CASE WHEN settled_at IS NULL THEN 'is not' ELSE 'is' END || ' settled' FROM orders"
    " WHERE (state IN ('completed','partial','canceled','refused')) = (settled_at IS NULL)",
    "SELECT 'order ' || o.id || ': its parent ' || o.parent || ' is not there' FROM orders AS o"
    " WHERE o.parent <> 0 AND NOT EXISTS (SELECT 1 FROM orders WHERE id = o.parent)",
    "SELECT kind || ' ' || number || ': accepted for order ' || order_id || ', which no panel"
    " accepted' FROM aftersales AS f WHERE state = 'accepted' AND NOT EXISTS (SELECT 1 FROM "
    "attempts"
    " WHERE order_id = f.order_id AND state = 'accepted') AND NOT EXISTS (SELECT 1 FROM orders"
    " WHERE id = f.order_id AND parent <> 0)",
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

struct sqlite_verify_progress {
    void (*tell)(const char *message, void *arg);
    void *arg;
    size_t count;
};

static void sqlite_verify_say(struct sqlite_verify_progress *telling, const char *message)
{
    telling->count++;
    telling->tell(message, telling->arg);
}

static void sqlite_verify_ask_rule(struct backend_connection *connection, const char *rule,
                                   struct sqlite_verify_progress *telling)
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
        if (++found <= TOLD_EACH)
            sqlite_verify_say(telling, text ? text : "a broken rule");
        else
            telling->count++;
    }
    if (found > TOLD_EACH) {
        snprintf(message, sizeof message, "and %zu more of the same", found - TOLD_EACH);
        telling->tell(message, telling->arg);
    }
    if (code != SQLITE_DONE) {
        snprintf(message, sizeof message, "the ledger cannot be read: %s (SQLite %d)",
                 sqlite3_errmsg(connection->db), code);
        sqlite_verify_say(telling, message);
    }
    sqlite3_finalize(s);
}

size_t sqlite_verify(struct backend_connection *connection,
                     void (*tell)(const char *message, void *arg), void *arg)
{
    struct sqlite_verify_progress telling = {tell, arg, 0};
    struct fault why;
    if (!sqlite_revive(connection, &why)) {
        sqlite_verify_say(&telling, why.message);
        return telling.count;
    }
    sqlite3_create_function_v2(connection->db, "may_move", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                               NULL, sqlite_verify_may_move, NULL, NULL, NULL);
    sqlite_do_simple(connection, STATEMENT_BEGIN_READING);
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        sqlite_verify_ask_rule(connection, rules[i], &telling);
    sqlite_do_simple(connection, STATEMENT_ROLLBACK);
    return telling.count;
}
