/* A ledger's file that came from somewhere else: damaged, half copied, written by another program.
 * The first byte chooses: a whole file as it is, or patches over good books, of today or of the
 * first version (each: three bytes of offset, one of length, the bytes). It is opened for reading,
 * verified and read, then opened to serve, migrated and recovered. Whatever lies there, there is an
 * answer or a fault's message; what was recovered without a fault can be read again. */
#include <ftw.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "ledger/ledger.h"

enum { ORDERS = 6, BOOKS_BYTES = 4 * 1024 * 1024, SCRIPT_BYTES = 64 * 1024 };

static char folder[64], file[96], url[128];
static struct books { /* good ones, to patch */
    char *bytes;
    size_t len;
} today, first_version;

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *at)
{
    (void)facts;
    (void)kind;
    (void)at;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_books(struct ledger *ledger)
{
    static const enum attemptstate ends[ORDERS] = {ATTEMPTSTATE_ACCEPTED, ATTEMPTSTATE_REFUSED,
                                                   ATTEMPTSTATE_DOUBT,    ATTEMPTSTATE_SENDING,
                                                   ATTEMPTSTATE_NOT_SENT, ATTEMPTSTATE_ACCEPTED};
    for (uint32_t id = 1; id <= ORDERS; id++) {
        const struct ledger_order order = {.id = id,
                                           .client = STR("shop"),
                                           .service = 1,
                                           .fields = STR("{\"link\":\"x\"}"),
                                           .quantity = 100,
                                           .rate = {112500000},
                                           .charge = {11250000},
                                           .currency = STR("USD"),
                                           .course.state = ORDERSTATE_PLACING,
                                           .course.remains = 100,
                                           .created_at_ms = 1750000000000,
                                           .updated_at_ms = 1750000000000};
        struct ledger_attempt attempt = {.number = 1,
                                         .provider = STR("alpha"),
                                         .upstream_service = STR("101"),
                                         .cost = {9000000},
                                         .state = ATTEMPTSTATE_SENDING};
        ledger_write(
            ledger, NULL,
            &(struct ledger_change){
                .order = id, .insert = &order, .attempt_started = &attempt, .event = "placed"},
            NULL, NULL);
        if (ends[id - 1] == ATTEMPTSTATE_SENDING)
            continue;
        attempt.state = ends[id - 1];
        attempt.upstream_id = attempt.state == ATTEMPTSTATE_ACCEPTED ? STR("4711") : STR("");
        const struct ledger_update update = {
            .has_course = true,
            .gives_number = true,
            .course.state = attempt.state == ATTEMPTSTATE_ACCEPTED ? ORDERSTATE_PENDING
                            : attempt.state == ATTEMPTSTATE_DOUBT  ? ORDERSTATE_DOUBT
                                                                   : ORDERSTATE_PLACING,
            .course.paid = {attempt.state == ATTEMPTSTATE_ACCEPTED ? 11250000 : 0},
            .has_upstream = attempt.state == ATTEMPTSTATE_ACCEPTED,
            .provider = STR("alpha"),
            .upstream_service = STR("101"),
            .upstream_id = attempt.upstream_id};
        ledger_write(
            ledger, NULL,
            &(struct ledger_change){
                .order = id, .attempt_ended = &attempt, .update = &update, .event = "ended"},
            NULL, NULL);
    }
    ledger_keep_list(ledger, NULL, STR("alpha"), STR("101 Followers"), 1750000000000, NULL, NULL);
    ledger_keep_imports(ledger, NULL, &(struct ledger_import){STR("alpha"), STR("101"), 100101}, 1,
                        NULL, NULL);
    ledger_keep_prices(ledger, &(struct ledger_price){STR("alpha"), STR("101"), {90000000}, "seen"},
                       1);
}

static void take_books(struct books *books)
{
    FILE *made = fopen(file, "rb");
    books->bytes = memory_new(BOOKS_BYTES);
    ASSERT(made != NULL && (books->len = fread(books->bytes, 1, BOOKS_BYTES, made)) > 0);
    fclose(made);
    ASSERT(remove(file) == 0);
}

static void write_first_version(void)
{
    FILE *in = fopen(TESTS_DIRECTORY "/unit/ledger/version-1.sql", "rb");
    char *script = memory_new(SCRIPT_BYTES);
    sqlite3 *db;
    ASSERT(in != NULL && fread(script, 1, SCRIPT_BYTES - 1, in) > 0);
    fclose(in);
    ASSERT(sqlite3_open(file, &db) == SQLITE_OK &&
           sqlite3_exec(db, script, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    free(script);
}

static void set_up(void)
{
    const struct ledger_settings settings = {.url = url, .first_order = 1};
    const struct ledger_visit nobody = {0};
    struct fault why = {0};
    log_set_level(LOG_ERROR);
    snprintf(folder, sizeof folder, "%s/panelmux-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    ASSERT(mkdtemp(folder) != NULL);
    atexit(remove_folder);
    snprintf(file, sizeof file, "%s/books.db", folder);
    snprintf(url, sizeof url, "sqlite:%s", file);
    struct ledger *ledger = ledger_open(&settings, &why);
    ASSERT(ledger != NULL && ledger_recover(ledger, &nobody, &why));
    ledger_start(ledger);
    write_books(ledger);
    ledger_close(&ledger);
    take_books(&today);
    write_first_version();
    take_books(&first_version);
}

static void write_patched(FILE *out, const struct books *books, const uint8_t *data, size_t size)
{
    char *patched = memory_new(books->len);
    memcpy(patched, books->bytes, books->len);
    while (size > 4) {
        size_t at = (((size_t)data[0] << 16) | ((size_t)data[1] << 8) | data[2]) % books->len;
        size_t len = data[3];
        data += 4;
        size -= 4;
        len = len < size ? len : size;
        memcpy(patched + at, data, len < books->len - at ? len : books->len - at);
        data += len;
        size -= len;
    }
    ASSERT(fwrite(patched, 1, books->len, out) == books->len);
    free(patched);
}

static void tell(const char *message, void *arg)
{
    ASSERT(message[0] != '\0');
    ++*(size_t *)arg;
}

static void read_all(struct ledger *ledger)
{
    for (uint32_t id = 1; id <= ORDERS; id++) {
        struct ledger_rows rows;
        struct arena arena;
        arena_init(&arena);
        ledger_read(ledger, &(struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = id}, &arena,
                    &rows);
        ASSERT(rows.result != LEDGER_DONE || rows.order_count <= 1);
        ledger_read(ledger,
                    &(struct ledger_query){.request = LEDGER_QUERY_LIST,
                                           .limit = 10,
                                           .states = id % 2 ? 0 : 1u << ORDERSTATE_DOUBT},
                    &arena, &rows);
        ASSERT(rows.result != LEDGER_DONE || rows.order_count <= 10);
        arena_fini(&arena);
    }
}

static void visit_order(const struct ledger_order *order, unsigned attempts, void *arg)
{
    (void)attempts;
    ASSERT(order->course.state < ORDERSTATE_COUNT);
    ++*(size_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct ledger_settings settings = {.url = url, .first_order = 1};
    struct fault why = {0};
    size_t set = 0, visited = 0;
    const struct ledger_visit visit = {.order = visit_order, .arg = &visited};
    if (size < 1)
        return 0;
    if (today.bytes == NULL)
        set_up();
    FILE *out = fopen(file, "wb");
    ASSERT(out != NULL);
    if (data[0] % 4 == 0)
        ASSERT(fwrite(data + 1, 1, size - 1, out) == size - 1);
    else
        write_patched(out, data[0] % 4 == 1 ? &first_version : &today, data + 1, size - 1);
    fclose(out);
    struct ledger *ledger = ledger_open_reading(&settings, &why);
    ASSERT(ledger != NULL || why.message[0] != '\0');
    if (ledger) {
        ASSERT((ledger_verify(ledger, &(struct ledger_verifier){.report = tell, .arg = &set}) >
                0) == (set > 0));
        read_all(ledger);
        ledger_close(&ledger);
    }
    why.message[0] = '\0';
    ledger = ledger_open(&settings, &why);
    bool is_good = ledger != NULL && ledger_recover(ledger, &visit, &why);
    ASSERT(is_good || why.message[0] != '\0');
    if (is_good)
        read_all(ledger);
    ledger_close(&ledger);
    remove_folder();
    ASSERT(mkdir(folder, 0700) == 0);
    return 0;
}
