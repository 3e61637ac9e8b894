/* Lists of orders, newest first, by any filter. One read is bounded whatever the filter and however
 * many orders there are: it goes down one index (in doubt, unfinished, of a client, at a panel) or
 * the numbers themselves, looks at no more than LOOKED_AT orders, and says where to go on. There is
 * no index of links, which each add would have to pay for: by a link the numbers are looked
 * through. */
#include "base/buf.h"
#include "ledger/sqlite.h"
#include "protocol/field.h"

enum {
    LOOKED_AT = 100000, /* orders, for one read */
    WINDOW = 5000,      /* numbers, for one step down them */
    BY_INDEX = 20000,   /* orders that an index leads to, each somewhere else in the file */
    PREFIX_BYTES = 64 * 1024
};

#define FINAL                                                                                      \
    (1u << ORDERSTATE_COMPLETED | 1u << ORDERSTATE_PARTIAL | 1u << ORDERSTATE_CANCELED |           \
     1u << ORDERSTATE_REFUSED)

struct sqlite_listing {
    struct backend_connection *connection;
    const struct ledger_query *query;
    const struct sqlite_list_take *take;
    struct buf states, prefix; /* as LIST_FILTER wants them; empty: any */
    int64_t below, from;       /* numbers */
    int64_t last;              /* number that was taken last */
    size_t count;              /* taken */
    int code;
};

/* The first number at or above that there is, and when it was created; SQLITE_DONE: none. */
static int sqlite_list_created(struct backend_connection *connection, int64_t number,
                               int64_t *found_out, int64_t *created_out)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_QUERY_CREATED);
    if (s == NULL)
        return sqlite3_extended_errcode(connection->db);
    sqlite_bind_number(s, 1, number);
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW) {
        *found_out = sqlite3_column_int64(s, 0);
        *created_out = sqlite3_column_int64(s, 1);
    }
    sqlite3_reset(s);
    return code;
}

int sqlite_list_first_since(struct backend_connection *connection, int64_t since_ms,
                            int64_t *first_out)
{
    int64_t low = 1, high = (int64_t)INT32_MAX + 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2, found = high, created_at_ms = 0;
        int code = sqlite_list_created(connection, middle, &found, &created_at_ms);
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            return code;
        if (code == SQLITE_ROW && created_at_ms < since_ms - SQLITE_CREATED_SLACK_MS)
            low = found + 1;
        else
            high = middle;
    }
    *first_out = low;
    return SQLITE_OK;
}

/* ---- one statement with all filters ---- */

static void sqlite_list_bind_optional(sqlite3_stmt *s, int at, struct str text)
{
    if (text.len)
        sqlite_bind_str(s, at, text);
    else
        sqlite3_bind_null(s, at);
}

static sqlite3_stmt *sqlite_list_bind(struct sqlite_listing *listing, enum statement which,
                                      int64_t from, int64_t limit)
{
    const struct ledger_query *query = listing->query;
    sqlite3_stmt *s = sqlite_statement(listing->connection, which);
    if (s == NULL) {
        listing->code = sqlite3_extended_errcode(listing->connection->db);
        return NULL;
    }
    sqlite_bind_number(s, 1, listing->below);
    sqlite_bind_number(s, 2, from);
    sqlite_bind_number(s, 3, limit);
    sqlite_list_bind_optional(s, 4, query->client);
    sqlite_list_bind_optional(s, 5, query->provider);
    sqlite_bind_number(s, 6, query->service);
    sqlite_list_bind_optional(s, 7, buf_str(&listing->states));
    sqlite_bind_number(s, 8, query->since_ms);
    sqlite_bind_number(s, 9, query->until_ms ? query->until_ms : INT64_MAX);
    sqlite_list_bind_optional(s, 10, buf_str(&listing->prefix));
    sqlite_list_bind_optional(s, 11, query->text);
    return s;
}

/* The first column of its one row; 0: none. */
static int64_t sqlite_list_number(struct sqlite_listing *listing, enum statement which,
                                  int64_t offset)
{
    sqlite3_stmt *s = sqlite_list_bind(listing, which, listing->from, offset);
    int64_t number = 0;
    if (s == NULL)
        return 0;
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        number = sqlite3_column_int64(s, 0);
    else if (code != SQLITE_DONE)
        listing->code = code;
    sqlite3_reset(s);
    return number;
}

/* Those from that number on. */
static void sqlite_list_take_from(struct sqlite_listing *listing, enum statement which,
                                  int64_t from)
{
    int code = SQLITE_DONE;
    int64_t limit = (int64_t)(listing->query->limit - listing->count);
    sqlite3_stmt *s = sqlite_list_bind(listing, which, from, limit);
    while (s && (code = sqlite3_step(s)) == SQLITE_ROW) {
        listing->take->row(s, listing->take->arg);
        listing->last = sqlite3_column_int64(s, 0);
        listing->count++;
    }
    if (code != SQLITE_DONE)
        listing->code = code;
    sqlite3_reset(s);
}

/* ---- which way down ---- */

/* All that an index leads to, but no more than so many. */
static int64_t sqlite_list_by_index(struct sqlite_listing *listing, enum statement which,
                                    enum statement floor)
{
    int64_t next = sqlite_list_number(listing, floor, BY_INDEX);
    int64_t from = next ? next + 1 : listing->from;
    if (listing->code == SQLITE_OK)
        sqlite_list_take_from(listing, which, from);
    return next ? from : 0;
}

/* By steps, so that a list which is full soon looks at few; gaps between numbers cost nothing. */
static int64_t sqlite_list_by_number(struct sqlite_listing *listing)
{
    for (int step = 0; step < LOOKED_AT / WINDOW; step++) {
        int64_t highest = sqlite_list_number(listing, STATEMENT_LIST_HIGHEST, 0);
        if (listing->code != SQLITE_OK || highest == 0)
            return 0;
        int64_t from = highest - WINDOW + 1 > listing->from ? highest - WINDOW + 1 : listing->from;
        sqlite_list_take_from(listing, STATEMENT_LIST_NUMBER, from);
        listing->below = from;
        if (listing->code != SQLITE_OK || listing->count == listing->query->limit)
            return 0;
    }
    return sqlite_list_number(listing, STATEMENT_LIST_HIGHEST, 0) ? listing->below : 0;
}

/* As clients list their own: each order that the index leads to is taken, so that the limit is
 * bound enough, and the way to the last of BY_INDEX would be most of the work. */
static bool sqlite_list_is_of_client_alone(const struct ledger_query *query)
{
    return query->client.len && query->provider.len == 0 && query->link.len == 0 &&
           query->service == 0 && query->states == 0 && query->since_ms <= 0 &&
           query->until_ms == 0;
}

/* Where to go on, unless the list is full. */
static int64_t sqlite_list_go(struct sqlite_listing *listing)
{
    const struct ledger_query *query = listing->query;
    if (query->text.len) {
        sqlite_list_take_from(listing, STATEMENT_LIST_UPSTREAM, listing->from);
        return 0;
    }
    if (query->states == 1u << ORDERSTATE_DOUBT) {
        sqlite_list_take_from(listing, STATEMENT_LIST_DOUBT, listing->from);
        return 0;
    }
    if (sqlite_list_is_of_client_alone(query)) {
        sqlite_list_take_from(listing, STATEMENT_LIST_CLIENT, listing->from);
        return 0;
    }
    if (query->client.len)
        return sqlite_list_by_index(listing, STATEMENT_LIST_CLIENT, STATEMENT_LIST_FLOOR_CLIENT);
    if (query->states && (query->states & FINAL) == 0)
        return sqlite_list_by_index(listing, STATEMENT_LIST_UNFINISHED,
                                    STATEMENT_LIST_FLOOR_UNFINISHED);
    return sqlite_list_by_number(listing);
}

/* ---- ---- */

static void sqlite_list_print_states(unsigned states, struct buf *out)
{
    for (unsigned i = 0; i < ORDERSTATE_COUNT; i++)
        if (states >> i & 1)
            buf_printf(out, "%s%s,", out->len ? "" : ",", orderstate_name((enum orderstate)i));
}

/* An order's fields begin with its link: {"link":"…" */
static void sqlite_list_print_prefix(struct str link, struct buf *out)
{
    struct fields fields = {0};
    if (link.len == 0)
        return;
    fields.value[FIELD_LINK] = link;
    field_print_all(&fields, out);
    out->len--;
}

/* The numbers that were given between the two moments. */
static void sqlite_list_find_span(struct sqlite_listing *listing)
{
    const struct ledger_query *query = listing->query;
    int64_t end;
    listing->below = query->before ? query->before : UINT32_MAX;
    listing->from = 1;
    if (query->since_ms > 0)
        listing->code =
            sqlite_list_first_since(listing->connection, query->since_ms, &listing->from);
    if (query->until_ms == 0 || listing->code != SQLITE_OK)
        return;
    listing->code = sqlite_list_first_since(
        listing->connection, query->until_ms + 2 * (int64_t)SQLITE_CREATED_SLACK_MS, &end);
    if (listing->code == SQLITE_OK && end < listing->below)
        listing->below = end;
}

int sqlite_list(struct backend_connection *connection, const struct ledger_query *query,
                const struct sqlite_list_take *take, uint32_t *next_before_out)
{
    struct sqlite_listing listing = {.connection = connection, .query = query, .take = take};
    buf_init(&listing.states, 1024);
    buf_init(&listing.prefix, PREFIX_BYTES);
    sqlite_list_print_states(query->states, &listing.states);
    sqlite_list_print_prefix(query->link, &listing.prefix);
    sqlite_list_find_span(&listing);
    int64_t next = listing.code == SQLITE_OK ? sqlite_list_go(&listing) : 0;
    if (listing.count == query->limit)
        next = listing.last;
    *next_before_out = (uint32_t)next;
    buf_fini(&listing.states);
    buf_fini(&listing.prefix);
    return listing.code;
}
