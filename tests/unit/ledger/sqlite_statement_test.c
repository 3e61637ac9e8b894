/* What the prepared statements cost, as SQLite's own plans tell it: no question walks a whole
 * table, and nothing on the way of an add makes a temporary one. */
#include "contract/ledger_harness.h"
#include "ledger/sqlite.h"

/* Those that are meant to give every row there is; refills of a provider are looked for only when
 * a reload removes it. */
static bool may_scan(enum statement which)
{
    return which == STATEMENT_VISIT_LISTS || which == STATEMENT_VISIT_IMPORTS ||
           which == STATEMENT_VISIT_PRICES || which == STATEMENT_QUERY_PAUSES ||
           which == STATEMENT_QUERY_CLIENTS || which == STATEMENT_QUERY_KEYS ||
           which == STATEMENT_QUERY_ACCOUNTS || which == STATEMENT_QUERY_SUMS ||
           which == STATEMENT_QUERY_ANSWERS || which == STATEMENT_QUERY_NEWEST ||
           which == STATEMENT_ANSWERS_SWEEP ||
           which == STATEMENT_CANCEL_LOAD /* the few rows it has gone back through */;
}

static bool is_of_add(enum statement which)
{
    return which >= STATEMENT_ORDER_INSERT && which <= STATEMENT_REQUEST_UPDATE;
}

static struct backend_connection *open_new(struct bench *bench)
{
    struct fault why;
    bench_open(bench);
    ledger_close(&bench->ledger);
    struct backend_connection *connection = sqlite_backend.open(bench->file, true, &why);
    assert_non_null(connection);
    return connection;
}

/* Calls look with each row of "EXPLAIN…" of the statement. */
static void explain(struct backend_connection *connection, enum statement which, const char *how,
                    void (*look)(enum statement which, sqlite3_stmt *row))
{
    char text[2048];
    sqlite3_stmt *plan;
    sqlite3_stmt *statement = sqlite_statement(connection, which);
    assert_non_null(statement);
    snprintf(text, sizeof text, "%s %s", how, sqlite3_sql(statement));
    assert_int_equal(sqlite3_prepare_v2(connection->db, text, -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW)
        look(which, plan);
    sqlite3_finalize(plan);
}

static void look_for_scans(enum statement which, sqlite3_stmt *row)
{
    const char *detail = (const char *)sqlite3_column_text(row, 3);
    /* The names of providers, of which there are few. */
    bool is_names = strcmp(detail, "SCAN now") == 0 || strcmp(detail, "SCAN once") == 0;
    bool is_scan = strncmp(detail, "SCAN ", 5) == 0 && strcmp(detail, "SCAN CONSTANT ROW") != 0 &&
                   strstr(detail, "USING") == NULL && !is_names;
    if (is_scan && !may_scan(which))
        fail_msg("statement %d: %s", which, detail);
    if (strstr(detail, "TEMP B-TREE") && which != STATEMENT_VISIT_PRICES)
        fail_msg("statement %d: %s", which, detail);
}

static void look_for_temporaries(enum statement which, sqlite3_stmt *row)
{
    const char *opcode = (const char *)sqlite3_column_text(row, 1);
    if (strcmp(opcode, "OpenEphemeral") == 0 || strcmp(opcode, "OpenAutoindex") == 0)
        fail_msg("statement %d makes a temporary table", which);
}

static void plans_use_indices(void **state)
{
    struct backend_connection *connection = open_new(*state);
    for (unsigned i = STATEMENT_TRY; i < STATEMENT_COUNT; i++)
        explain(connection, (enum statement)i, "EXPLAIN QUERY PLAN", look_for_scans);
    sqlite_backend.close(connection);
}

static void adds_make_no_temporary_tables(void **state)
{
    struct backend_connection *connection = open_new(*state);
    for (unsigned i = 0; i < STATEMENT_COUNT; i++)
        if (is_of_add((enum statement)i))
            explain(connection, (enum statement)i, "EXPLAIN", look_for_temporaries);
    sqlite_backend.close(connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plans_use_indices, bench_set_up_closed, bench_tear_down),
        cmocka_unit_test_setup_teardown(adds_make_no_temporary_tables, bench_set_up_closed,
                                        bench_tear_down),
    };
    return bench_main(tests, COUNT_OF(tests));
}
