/* See ledger.h. The door only: it opens and closes, gives out numbers, and hands everything else to
 * the writer, the reader and the maintenance thread. */
#include "ledger/ledger.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/ledger_private.h"
#include "settings/rows.h"

enum { NUMBER_MAX = 2147483647 };

struct ledger {
    const struct backend *backend;
    char *location;                     /* the backend's one name of it */
    struct backend_connection *writing; /* until the writer is made; NULL when only reading */
    struct writer *writer;              /* these three NULL when only reading */
    struct reader *reader;
    struct maintenance *maintenance;
    pthread_mutex_t mutex;               /* of the connection for commands */
    struct backend_connection *commands; /* opened at first use */
    _Atomic uint64_t next_order, next_request;
};

const char *ledger_result_name(enum ledger_result result)
{
    switch (result) {
    case LEDGER_DONE:
        return "done";
    case LEDGER_FULL:
        return "full";
    case LEDGER_READ_ONLY:
        return "read_only";
    case LEDGER_BUSY:
        return "busy";
    case LEDGER_FAILED:
        return "failed";
    case LEDGER_NO_FUNDS:
        return "no_funds";
    case LEDGER_DUPLICATE:
        return "duplicate";
    case LEDGER_NOT_ALLOWED:
        return "not_allowed";
    case LEDGER_REFUSED:
        return "refused";
    }
    UNREACHABLE();
}

bool ledger_is_decided(enum ledger_result result)
{
    return result == LEDGER_DONE || result >= LEDGER_NO_FUNDS;
}

bool ledger_is_open_refill(const struct ledger_request *row)
{
    return row->kind == ORDER_REQUEST_REFILL && attemptstate_is_live(row->state) &&
           !orderstatus_refill_is_final(row->status);
}

static struct ledger *ledger_new(const struct backend *backend, char *location)
{
    struct ledger *ledger = memory_new(sizeof *ledger);
    ledger->backend = backend;
    ledger->location = location;
    ASSERT(pthread_mutex_init(&ledger->mutex, NULL) == 0);
    return ledger;
}

static uint64_t ledger_next_number(uint32_t first, uint32_t last)
{
    return first > last ? first : (uint64_t)last + 1;
}

struct ledger *ledger_open(const struct ledger_settings *settings, struct fault *why)
{
    const char *text;
    const struct backend *backend = backend_of_url(settings->url, &text, why);
    char *location = backend ? backend->locate(text, true, why) : NULL;
    if (location == NULL)
        return NULL;
    struct ledger *ledger = ledger_new(backend, location);
    ledger->writing = backend->open(location, BACKEND_OWNER, why);
    if (ledger->writing == NULL || !backend->migrate(ledger->writing, why)) {
        ledger_close(&ledger);
        return NULL;
    }
    uint32_t first = settings->first_order ? settings->first_order : 1;
    ledger->next_order = ledger_next_number(first, backend->last_number(ledger->writing, false));
    ledger->next_request = ledger_next_number(1, backend->last_number(ledger->writing, true));
    ledger->maintenance = maintenance_new(backend, location);
    ledger->writer = writer_new(backend, ledger->writing, ledger->maintenance);
    ledger->reader = reader_new(backend, location);
    return ledger;
}

struct ledger *ledger_open_reading(const struct ledger_settings *settings, struct fault *why)
{
    const char *text;
    const struct backend *backend = backend_of_url(settings->url, &text, why);
    char *location = backend ? backend->locate(text, false, why) : NULL;
    if (location == NULL)
        return NULL;
    struct ledger *ledger = ledger_new(backend, location);
    ledger->commands = backend->open(location, BACKEND_READER, why);
    if (ledger->commands == NULL || !backend->migrate(ledger->commands, why))
        ledger_close(&ledger);
    return ledger;
}

bool ledger_check(const struct ledger_settings *settings, struct fault *why)
{
    const char *text;
    const struct backend *backend = backend_of_url(settings->url, &text, why);
    return backend && backend->check(text, why);
}

bool ledger_recover(struct ledger *ledger, const struct ledger_visit *visit, struct fault *why)
{
    ASSERT(ledger->writing);
    return ledger->backend->recover(ledger->writing, visit, why);
}

void ledger_start(struct ledger *ledger)
{
    ASSERT(ledger->writer);
    ledger->writing = NULL;
    maintenance_start(ledger->maintenance);
    reader_start(ledger->reader);
    writer_start(ledger->writer);
}

void ledger_close(struct ledger **ledger)
{
    struct ledger *l = *ledger;
    if (l == NULL)
        return;
    /* The writer last: its connection folds the log into the file when no other is in the way. */
    reader_free(&l->reader);
    if (l->commands)
        l->backend->close(l->commands);
    if (l->writer)
        writer_stop(l->writer);
    maintenance_free(&l->maintenance);
    if (l->writer)
        writer_free(&l->writer);
    else if (l->writing)
        l->backend->close(l->writing);
    pthread_mutex_destroy(&l->mutex);
    free(l->location);
    free(l);
    *ledger = NULL;
}

static void ledger_write_entry(struct ledger *ledger, struct loop *loop, struct ledger_entry *entry,
                               ledger_done_fn *done, void *arg)
{
    ASSERT(ledger->writer);
    entry->loop = loop;
    entry->done = done;
    entry->arg = arg;
    writer_add(ledger->writer, loop, &entry);
}

void ledger_write(struct ledger *ledger, struct loop *loop, const struct ledger_change *change,
                  ledger_done_fn *done, void *arg)
{
    ledger_write_entry(ledger, loop, entry_of_change(change), done, arg);
}

static void ledger_write_rows(struct ledger *ledger, struct loop *loop, enum entry_kind kind,
                              const void *rows, size_t count, ledger_done_fn *done, void *arg)
{
    ledger_write_entry(ledger, loop, entry_of_rows(kind, rows, count), done, arg);
}

void ledger_keep_list(struct ledger *ledger, struct loop *loop, struct str provider,
                      struct str body, int64_t fetched_at_ms, ledger_done_fn *done, void *arg)
{
    const struct entry_list list = {provider, body, fetched_at_ms};
    ledger_write_rows(ledger, loop, ENTRY_LIST, &list, 1, done, arg);
}

void ledger_keep_imports(struct ledger *ledger, struct loop *loop, const struct ledger_import *list,
                         size_t count, ledger_done_fn *done, void *arg)
{
    ledger_write_rows(ledger, loop, ENTRY_IMPORTS, list, count, done, arg);
}

void ledger_keep_prices(struct ledger *ledger, const struct ledger_price *list, size_t count)
{
    ledger_write_rows(ledger, NULL, ENTRY_PRICES, list, count, NULL, NULL);
}

void ledger_keep_pause(struct ledger *ledger, struct loop *loop, const struct ledger_pause *pause,
                       ledger_done_fn *done, void *arg)
{
    ledger_write_rows(ledger, loop, ENTRY_PAUSE, pause, 1, done, arg);
}

void ledger_drop_pause(struct ledger *ledger, struct loop *loop, struct str provider,
                       ledger_done_fn *done, void *arg)
{
    const struct ledger_pause pause = {.provider = provider};
    ledger_write_rows(ledger, loop, ENTRY_PAUSE_END, &pause, 1, done, arg);
}

void ledger_add_client(struct ledger *ledger, struct loop *loop, const struct ledger_client *client,
                       ledger_done_fn *done, void *arg)
{
    ledger_write_rows(ledger, loop, ENTRY_CLIENT_ADD, client, 1, done, arg);
}

void ledger_change_client(struct ledger *ledger, struct loop *loop,
                          const struct ledger_client *client, ledger_done_fn *done, void *arg)
{
    ledger_write_rows(ledger, loop, ENTRY_CLIENT_CHANGE, client, 1, done, arg);
}

void ledger_add_client_key(struct ledger *ledger, struct loop *loop,
                           const struct ledger_client_key *key, ledger_done_fn *done, void *arg)
{
    ledger_write_rows(ledger, loop, ENTRY_KEY_ADD, key, 1, done, arg);
}

void ledger_revoke_client_key(struct ledger *ledger, struct loop *loop,
                              const struct ledger_client_key *key, ledger_done_fn *done, void *arg)
{
    ledger_write_rows(ledger, loop, ENTRY_KEY_REVOKE, key, 1, done, arg);
}

void ledger_touch_client_keys(struct ledger *ledger, const struct ledger_client_key *list,
                              size_t count)
{
    ledger_write_rows(ledger, NULL, ENTRY_KEYS_USED, list, count, NULL, NULL);
}

void ledger_credit(struct ledger *ledger, struct loop *loop, const struct ledger_credit *credit,
                   ledger_done_fn *done, void *arg)
{
    ledger_write_rows(ledger, loop, ENTRY_CREDIT, credit, 1, done, arg);
}

void ledger_note_answered(struct ledger *ledger, uint32_t order)
{
    writer_note_answered(ledger->writer, order);
}

static uint32_t ledger_take_number(_Atomic uint64_t *next)
{
    uint64_t number = atomic_fetch_add_explicit(next, 1, memory_order_relaxed);
    return number <= NUMBER_MAX ? (uint32_t)number : 0;
}

uint32_t ledger_take_order_number(struct ledger *ledger)
{
    return ledger_take_number(&ledger->next_order);
}

uint32_t ledger_take_request_number(struct ledger *ledger)
{
    return ledger_take_number(&ledger->next_request);
}

void ledger_query(struct ledger *ledger, struct loop *loop, const struct ledger_query *query,
                  ledger_rows_fn *done, void *arg)
{
    ASSERT(ledger->reader);
    reader_query(ledger->reader, loop, query, done, arg);
}

/* The connection for commands, with its mutex held; NULL (and not held) when it cannot be opened.
 */
static struct backend_connection *ledger_hold_commands(struct ledger *ledger, struct fault *why)
{
    pthread_mutex_lock(&ledger->mutex);
    if (ledger->commands == NULL)
        ledger->commands = ledger->backend->open(ledger->location, BACKEND_READER, why);
    if (ledger->commands == NULL)
        pthread_mutex_unlock(&ledger->mutex);
    return ledger->commands;
}

void ledger_read(struct ledger *ledger, const struct ledger_query *query, struct arena *arena,
                 struct ledger_rows *rows_out)
{
    struct fault why;
    struct backend_connection *connection = ledger_hold_commands(ledger, &why);
    *rows_out = (struct ledger_rows){.result = LEDGER_FAILED};
    if (connection == NULL)
        return;
    ledger->backend->read(connection, query, arena, rows_out);
    pthread_mutex_unlock(&ledger->mutex);
}

bool ledger_visit(struct ledger *ledger, const struct ledger_visit *visit, struct fault *why)
{
    struct backend_connection *connection = ledger_hold_commands(ledger, why);
    if (connection == NULL)
        return false;
    bool is_good = ledger->backend->visit(connection, visit, why);
    pthread_mutex_unlock(&ledger->mutex);
    return is_good;
}

size_t ledger_verify(struct ledger *ledger, const struct ledger_verifier *verifier)
{
    struct fault why;
    struct backend_connection *connection = ledger_hold_commands(ledger, &why);
    if (connection == NULL) {
        verifier->report(why.message, verifier->arg);
        return 1;
    }
    size_t count = ledger->backend->verify(connection, verifier);
    pthread_mutex_unlock(&ledger->mutex);
    return count;
}

void ledger_backup(struct ledger *ledger, struct loop *loop, const char *path,
                   void (*done)(bool is_ok, const char *message, void *arg), void *arg)
{
    ASSERT(ledger->maintenance);
    maintenance_backup(ledger->maintenance, loop, path, done, arg);
}

bool ledger_backup_now(struct ledger *ledger, const char *path, struct fault *why)
{
    struct backend_connection *connection = ledger_hold_commands(ledger, why);
    if (connection == NULL)
        return false;
    bool is_ok = ledger->backend->backup(connection, path, why);
    pthread_mutex_unlock(&ledger->mutex);
    return is_ok;
}

void ledger_health(struct ledger *ledger, struct ledger_health *out)
{
    *out = (struct ledger_health){.is_writable = false, .message = "opened for reading"};
    if (ledger->writer)
        writer_health(ledger->writer, out);
}

/* ---- the settings ---- */

static bool ledger_rows_parse_url(struct str text, const struct setting_row *row, void *field,
                                  struct fault *why)
{
    if (str_starts(text, STR("postgresql:")) || str_starts(text, STR("postgres:")))
        return fault_set(why, FAULT_INVALID,
                         "is not usable: PostgreSQL is not built yet; sqlite:PATH is right");
    if (!str_starts(text, STR("sqlite:")) || text.len == strlen("sqlite:"))
        return false;
    return kind_text.parse(text, row, field, why);
}

static const struct setting_kind url_kind = {
    .name = "a ledger",
    .form = "sqlite:PATH, relative to the working directory",
    .size = sizeof(char *),
    .is_text = true,
    .is_hidden = true, /* it may hold a password */
    .parse = ledger_rows_parse_url,
};

static const struct setting_row list[] = {
    {.key = "ledger",
     .kind = &url_kind,
     .offset = offsetof(struct ledger_settings, url),
     .standard = "sqlite:panelmux.db",
     .is_restart = true,
     .sentence = "Where the books are kept."},
    {.key = "first_order",
     .kind = &kind_unsigned,
     .offset = offsetof(struct ledger_settings, first_order),
     .min = 1,
     .max = INT32_MAX,
     .standard = "1",
     .is_restart = true,
     .sentence = "The number of the first order in a new ledger."},
};

const struct setting_table ledger_rows = {.name = "the ledger",
                                          .rows = list,
                                          .count = COUNT_OF(list),
                                          .size = sizeof(struct ledger_settings)};
