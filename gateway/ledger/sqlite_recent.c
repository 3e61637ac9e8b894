/* Rows of orders whose next change is near: those being placed, kept by the writer's connection as
 * its last commit left them, so that an order's outcome need not read again what its intent wrote a
 * moment ago. A row here is what loading it would give, or it is not here: whatever fails, and
 * whatever another program commits, empties all of it. Bounded; the oldest goes first. */
#include <stdlib.h>
#include <sys/queue.h>

#include "base/table.h"
#include "ledger/sqlite.h"

enum { RECENT_MAX = 2048, TEXT_BYTES_MAX = 1024 };

struct sqlite_recent_row {
    struct plan_order order; /* its texts lie behind this block */
    TAILQ_ENTRY(sqlite_recent_row) by_age;
    UT_hash_handle by_id;
};

struct sqlite_recent {
    struct sqlite_recent_row *rows;
    TAILQ_HEAD(sqlite_recent_rows, sqlite_recent_row) oldest_first;
    size_t count;
    uint32_t version; /* of the file when they were kept */
};

/* Of what ORDER_COURSE_COLUMNS load. */
#define TEXT_OF(member) offsetof(struct plan_order, member)
static const size_t texts[] = {
    TEXT_OF(row.client),      TEXT_OF(row.currency),
    TEXT_OF(row.provider),    TEXT_OF(row.upstream_service),
    TEXT_OF(row.upstream_id), TEXT_OF(row.request_id),
    TEXT_OF(row.ref),         TEXT_OF(row.extra),
    TEXT_OF(row.reason),      TEXT_OF(attempt_request_id),
};

static void sqlite_recent_remove(struct sqlite_recent *recent, struct sqlite_recent_row *row)
{
    TAILQ_REMOVE(&recent->oldest_first, row, by_age);
    HASH_DELETE(by_id, recent->rows, row);
    recent->count--;
    free(row);
}

static struct sqlite_recent_row *sqlite_recent_find(const struct sqlite_recent *recent, uint32_t id)
{
    struct sqlite_recent_row *row;
    HASH_FIND(by_id, recent->rows, &id, sizeof id, row);
    return row;
}

/* Which state the file is in; another program's commit makes it another. */
static uint32_t sqlite_recent_version(const struct backend_connection *connection)
{
    unsigned version = 0;
    sqlite3_file_control(connection->db, "main", SQLITE_FCNTL_DATA_VERSION, &version);
    return version;
}

struct sqlite_recent *sqlite_recent_new(void)
{
    struct sqlite_recent *recent = memory_new(sizeof *recent);
    TAILQ_INIT(&recent->oldest_first);
    return recent;
}

void sqlite_recent_clear(struct sqlite_recent *recent)
{
    while (recent && recent->count > 0)
        sqlite_recent_remove(recent, TAILQ_FIRST(&recent->oldest_first));
}

void sqlite_recent_free(struct sqlite_recent *recent)
{
    sqlite_recent_clear(recent);
    free(recent);
}

size_t sqlite_recent_count(const struct sqlite_recent *recent)
{
    return recent->count;
}

/* ---- keeping ---- */

static struct str sqlite_recent_text(const struct plan_order *order, size_t which)
{
    struct str text;
    memcpy(&text, (const char *)order + texts[which], sizeof text);
    return text;
}

/* As loading it gives it: without what no change reads, and nothing of the plan it was in. */
static struct plan_order sqlite_recent_as_loaded(const struct plan_order *order)
{
    struct plan_order loaded = {.is_there = true,
                                .row = order->row,
                                .live_attempt = order->live_attempt,
                                .last_attempt = order->last_attempt,
                                .attempt_started_at_ms = order->attempt_started_at_ms,
                                .attempt_request_id = order->attempt_request_id,
                                .last_event = order->last_event};
    struct ledger_order *row = &loaded.row;
    row->service = 0;
    row->fields = STR_NONE;
    row->rate = MONEY_ZERO;
    row->sale = (struct ledger_sale){.package_unit = row->sale.package_unit};
    row->link_hash = 0;
    if (!row->course.has_start_count)
        row->course.start_count = 0;
    return loaded;
}

/* NULL where it is too large to be worth its room. */
static struct sqlite_recent_row *sqlite_recent_copy(const struct plan_order *order)
{
    size_t bytes = 0;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        bytes += sqlite_recent_text(order, i).len;
    if (bytes > TEXT_BYTES_MAX)
        return NULL;
    struct sqlite_recent_row *row = memory_new(sizeof *row + bytes);
    char *at = (char *)(row + 1);
    row->order = sqlite_recent_as_loaded(order);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct str text = sqlite_recent_text(order, i), copy = STR("");
        if (text.len) {
            copy = str_make(memcpy(at, text.ptr, text.len), text.len);
            at += text.len;
        }
        memcpy((char *)&row->order + texts[i], &copy, sizeof copy);
    }
    return row;
}

static void sqlite_recent_keep_order(struct sqlite_recent *recent, const struct plan_order *order)
{
    struct sqlite_recent_row *old = sqlite_recent_find(recent, order->row.id);
    if (old)
        sqlite_recent_remove(recent, old);
    if (order->row.course.state != ORDERSTATE_PLACING)
        return;
    struct sqlite_recent_row *row = sqlite_recent_copy(order);
    if (row == NULL)
        return;
    if (recent->count == RECENT_MAX)
        sqlite_recent_remove(recent, TAILQ_FIRST(&recent->oldest_first));
    TAILQ_INSERT_TAIL(&recent->oldest_first, row, by_age);
    HASH_ADD_KEYPTR(by_id, recent->rows, &row->order.row.id, sizeof row->order.row.id, row);
    recent->count++;
}

void sqlite_recent_keep(struct backend_connection *connection, const struct plan *plan)
{
    struct sqlite_recent *recent = connection->recent;
    const struct plan_order *order;
    STAILQ_FOREACH(order, &plan->orders, next)
    if (order->is_new || order->is_changed)
        sqlite_recent_keep_order(recent, order);
    recent->version = sqlite_recent_version(connection);
}

/* ---- finding ---- */

void sqlite_recent_check(struct backend_connection *connection)
{
    struct sqlite_recent *recent = connection->recent;
    if (recent->count > 0 && sqlite_recent_version(connection) != recent->version)
        sqlite_recent_clear(recent);
}

bool sqlite_recent_load(const struct backend_connection *connection, struct arena *arena,
                        struct plan_order *out)
{
    const struct sqlite_recent_row *row = sqlite_recent_find(connection->recent, out->row.id);
    if (row == NULL)
        return false;
    out->is_there = true;
    out->row = row->order.row;
    out->live_attempt = row->order.live_attempt;
    out->last_attempt = row->order.last_attempt;
    out->attempt_started_at_ms = row->order.attempt_started_at_ms;
    out->attempt_request_id = row->order.attempt_request_id;
    out->last_event = row->order.last_event;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct str text = sqlite_recent_text(&row->order, i);
        struct str copy = text.len ? arena_str(arena, text) : STR("");
        memcpy((char *)out + texts[i], &copy, sizeof copy);
    }
    return true;
}
