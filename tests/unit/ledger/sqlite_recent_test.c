/* The rows that a writer keeps between an order's two changes: each is what loading it gives, they
 * are bounded, and whatever is no commit of the writer's own that went well empties them. */
#include "contract/faultvfs.h"
#include "contract/ledger_harness.h"
#include "ledger/sqlite.h"

enum { BATCH = 16, KEPT_MAX = 2048 };

struct recent {
    struct bench *bench;
    struct backend_connection *connection;
};

static struct recent open_recent(struct bench *bench)
{
    struct fault why;
    faultvfs_heal();
    bench_open(bench); /* makes and migrates it */
    ledger_close(&bench->ledger);
    struct recent recent = {bench, sqlite_backend.open(bench->file, BACKEND_OWNER, &why)};
    assert_non_null(recent.connection);
    return recent;
}

static void close_recent(struct recent *recent)
{
    faultvfs_heal();
    sqlite_backend.close(recent->connection);
    bench_open(recent->bench); /* to be verified */
}

static size_t kept(const struct recent *recent)
{
    return sqlite_recent_count(recent->connection->recent);
}

static enum ledger_result commit(struct recent *recent, const struct ledger_change *changes,
                                 size_t count)
{
    struct ledger_entry *entries[BATCH];
    assert_true(count <= BATCH);
    for (size_t i = 0; i < count; i++)
        entries[i] = entry_of_change(&changes[i]);
    sqlite_backend.commit(recent->connection, entries, count);
    enum ledger_result result = entries[0]->outcome.result;
    for (size_t i = 0; i < count; i++)
        entry_free(entries[i]);
    return result;
}

static enum ledger_result place(struct recent *recent, uint32_t id)
{
    struct ledger_order order = bench_new_order(id);
    struct ledger_attempt attempt = bench_new_attempt(1, "alpha");
    return commit(recent,
                  &(struct ledger_change){.order = id,
                                          .insert = &order,
                                          .attempt_started = &attempt,
                                          .event = "placed",
                                          .request_id = STR("request-1")},
                  1);
}

static enum ledger_result take(struct recent *recent, uint32_t id)
{
    char number[16];
    snprintf(number, sizeof number, "77%u", id);
    struct ledger_attempt ended = {
        .number = 1, .state = ATTEMPTSTATE_ACCEPTED, .upstream_id = str_of(number)};
    struct ledger_update update = {
        .has_course = true,
        .course = {.state = ORDERSTATE_PENDING, .paid = {120000000}, .remains = 1000},
        .has_upstream = true,
        .upstream_id = str_of(number),
        .gives_number = true};
    return commit(recent,
                  &(struct ledger_change){
                      .order = id, .attempt_ended = &ended, .update = &update, .event = "accepted"},
                  1);
}

/* ---- the same as loading ---- */

static char *print_order(struct arena *arena, const struct plan_order *order)
{
    const struct ledger_order *row = &order->row;
    return arena_printf(
        arena,
        "there %d id %u state %d paid %lld held %lld charge %lld client " STR_FMT
        " currency " STR_FMT " type %d parent %u last_event %lld live %u last %u provider " STR_FMT
        " service " STR_FMT " upstream " STR_FMT " cost %lld started %lld attempt " STR_FMT
        " request " STR_FMT " given %d claimed %d start %d %lld remains %lld quantity %lld"
        " unit %lld ref " STR_FMT " extra " STR_FMT " reason " STR_FMT
        " moves %u delivered %lld spent %lld times %lld %lld %lld %lld %lld; not loaded: "
        "%u " STR_FMT " %lld %u %lld " STR_FMT STR_FMT " %lld; plan: %d %d %d %d",
        order->is_there, row->id, row->course.state, (long long)row->course.paid.units,
        (long long)row->held.units, (long long)row->charge.units, STR_ARG(row->client),
        STR_ARG(row->currency), row->type, row->parent, (long long)order->last_event,
        order->live_attempt, order->last_attempt, STR_ARG(row->provider),
        STR_ARG(row->upstream_service), STR_ARG(row->upstream_id), (long long)row->cost.units,
        (long long)order->attempt_started_at_ms, STR_ARG(order->attempt_request_id),
        STR_ARG(row->request_id), row->is_number_given, row->is_claimed,
        row->course.has_start_count, (long long)row->course.start_count,
        (long long)row->course.remains, (long long)row->quantity, (long long)row->sale.package_unit,
        STR_ARG(row->ref), STR_ARG(row->extra), STR_ARG(row->reason), row->moves,
        (long long)row->delivered, (long long)row->spent.units, (long long)row->created_at_ms,
        (long long)row->updated_at_ms, (long long)row->accepted_at_ms,
        (long long)row->reported_at_ms, (long long)row->settled_at_ms, row->service,
        STR_ARG(row->fields), (long long)row->rate.units, row->sale.decimals,
        (long long)row->sale.cost.units, STR_ARG(row->sale.provider),
        STR_ARG(row->sale.upstream_service), (long long)row->link_hash, order->is_new,
        order->is_changed, order->has_moved, order->is_settling);
}

/* The order as a change would find it. */
static char *load(struct recent *recent, struct arena *arena, uint32_t id)
{
    struct plan plan;
    plan_init(&plan);
    plan_want_change(&plan, &(struct ledger_change){.order = id});
    assert_int_equal(sqlite_do_simple(recent->connection, STATEMENT_BEGIN), SQLITE_OK);
    assert_int_equal(sqlite_plan_load(recent->connection, &plan), SQLITE_OK);
    char *text = print_order(arena, plan_find_order(&plan, id));
    assert_int_equal(sqlite_do_simple(recent->connection, STATEMENT_ROLLBACK), SQLITE_OK);
    plan_fini(&plan);
    return text;
}

/* Kept, then read from the file: no difference. */
static void expect_as_loaded(struct recent *recent, uint32_t id, size_t kept_before)
{
    struct arena arena;
    arena_init(&arena);
    assert_int_equal(kept(recent), kept_before);
    const char *found = load(recent, &arena, id);
    assert_int_equal(kept(recent), kept_before);
    sqlite_recent_clear(recent->connection->recent);
    assert_string_equal(found, load(recent, &arena, id));
    assert_non_null(strstr(found, "there 1"));
    arena_fini(&arena);
}

static void what_is_kept_is_what_loading_gives(void **state)
{
    struct recent recent = open_recent(*state);
    struct ledger_order plain = bench_new_order(1), full = bench_new_order(2);
    struct ledger_attempt first = bench_new_attempt(1, "alpha"), other = first;
    const struct ledger_ref ref = {.ref = STR("mine"), .digest = {7}};
    const struct ledger_credit credit = {
        .client = STR("shop"), .currency = STR("USD"), .amount = {900000000}};
    const struct ledger_funds funds = {.limits.is_prepaid = true, .hold = {120000000}};
    struct ledger_entry *deposit = entry_of_rows(ENTRY_CREDIT, &credit, 1);
    assert_true(sqlite_backend.commit(recent.connection, &deposit, 1));
    entry_free(deposit);
    other.request_id = STR("request-2");
    full.course.start_count = 41; /* not known, so not kept either */
    full.extra = STR("\"posts\":\"1\"");
    full.reason = STR("because");
    full.link_hash = 99;
    full.sale = (struct ledger_sale){.decimals = 4,
                                     .cost = {5},
                                     .provider = STR("beta"),
                                     .upstream_service = STR("9"),
                                     .package_unit = 3};
    assert_int_equal(
        commit(&recent,
               &(struct ledger_change){
                   .order = 1, .insert = &plain, .attempt_started = &first, .event = "placed"},
               1),
        LEDGER_DONE);
    expect_as_loaded(&recent, 1, 1);
    assert_int_equal(commit(&recent,
                            &(struct ledger_change){.order = 2,
                                                    .insert = &full,
                                                    .attempt_started = &other,
                                                    .funds = &funds,
                                                    .ref = &ref,
                                                    .event = "placed"},
                            1),
                     LEDGER_DONE);
    expect_as_loaded(&recent, 2, 1);
    /* the next offer, and a number that is given while it is sent */
    struct ledger_attempt ended = {.number = 1, .state = ATTEMPTSTATE_REFUSED, .text = STR("no")};
    struct ledger_attempt second = bench_new_attempt(2, "beta");
    struct ledger_update given = {.gives_number = true};
    assert_int_equal(commit(&recent,
                            &(struct ledger_change){.order = 2,
                                                    .attempt_ended = &ended,
                                                    .attempt_started = &second,
                                                    .event = "next_offer",
                                                    .reason = STR("another")},
                            1),
                     LEDGER_DONE);
    expect_as_loaded(&recent, 2, 1);
    assert_int_equal(
        commit(&recent, &(struct ledger_change){.order = 2, .update = &given, .event = "given"}, 1),
        LEDGER_DONE);
    expect_as_loaded(&recent, 2, 1);
    close_recent(&recent);
}

static void what_is_no_longer_being_placed_is_not_kept(void **state)
{
    struct recent recent = open_recent(*state);
    assert_int_equal(place(&recent, 1), LEDGER_DONE);
    assert_int_equal(place(&recent, 2), LEDGER_DONE);
    assert_int_equal(kept(&recent), 2);
    assert_int_equal(take(&recent, 1), LEDGER_DONE);
    assert_int_equal(kept(&recent), 1);
    assert_int_equal(take(&recent, 1), LEDGER_REFUSED); /* its attempt has ended */
    assert_int_equal(kept(&recent), 1);
    assert_int_equal(take(&recent, 2), LEDGER_DONE);
    assert_int_equal(kept(&recent), 0);
    close_recent(&recent);
}

/* ---- bounds ---- */

static void the_oldest_make_room(void **state)
{
    struct recent recent = open_recent(*state);
    struct ledger_order orders[BATCH];
    struct ledger_attempt attempt = bench_new_attempt(1, "alpha");
    struct ledger_change changes[BATCH];
    assert_int_equal(sqlite3_exec(recent.connection->db, "PRAGMA synchronous = OFF", 0, 0, 0),
                     SQLITE_OK);
    for (uint32_t id = 1; id <= KEPT_MAX + BATCH; id += BATCH) {
        for (uint32_t i = 0; i < BATCH; i++) {
            orders[i] = bench_new_order(id + i);
            changes[i] = (struct ledger_change){.order = id + i,
                                                .insert = &orders[i],
                                                .attempt_started = &attempt,
                                                .event = "placed"};
        }
        assert_int_equal(commit(&recent, changes, BATCH), LEDGER_DONE);
        assert_int_equal(kept(&recent), id <= KEPT_MAX - BATCH ? id + BATCH - 1 : KEPT_MAX);
    }
    assert_int_equal(take(&recent, 1), LEDGER_DONE); /* had to be read */
    assert_int_equal(kept(&recent), KEPT_MAX);
    assert_int_equal(take(&recent, KEPT_MAX + BATCH), LEDGER_DONE);
    assert_int_equal(kept(&recent), KEPT_MAX - 1);
    close_recent(&recent);
}

static void a_large_row_is_not_kept(void **state)
{
    struct recent recent = open_recent(*state);
    static char extra[2000];
    struct ledger_order order = bench_new_order(1);
    memset(extra, 'x', sizeof extra);
    order.extra = str_make(extra, sizeof extra);
    assert_int_equal(
        commit(&recent, &(struct ledger_change){.order = 1, .insert = &order, .event = "placed"},
               1),
        LEDGER_DONE);
    assert_int_equal(kept(&recent), 0);
    close_recent(&recent);
}

/* ---- emptied ---- */

static void a_failed_commit_empties_it(void **state)
{
    static const bool at_sync[] = {false, true};
    struct recent recent = open_recent(*state);
    uint32_t id = 1;
    for (size_t i = 0; i < COUNT_OF(at_sync); i++, id += 2) {
        assert_int_equal(place(&recent, id), LEDGER_DONE);
        assert_int_equal(kept(&recent), 1);
        atomic_store(at_sync[i] ? &faultvfs.sync_code : &faultvfs.write_code, SQLITE_IOERR);
        assert_int_equal(take(&recent, id), LEDGER_FAILED);
        assert_int_equal(kept(&recent), 0);
        assert_int_equal(place(&recent, id + 1), LEDGER_FAILED);
        assert_int_equal(kept(&recent), 0);
        faultvfs_heal();
        assert_int_equal(place(&recent, id + 1), LEDGER_DONE); /* was never there */
        assert_int_equal(take(&recent, id), LEDGER_DONE);      /* was still being placed */
        assert_int_equal(take(&recent, id + 1), LEDGER_DONE);
    }
    close_recent(&recent);
}

/* A batch that the storage refuses is rolled back and committed one by one. */
static void a_refused_batch_empties_it(void **state)
{
    struct recent recent = open_recent(*state);
    assert_int_equal(place(&recent, 1), LEDGER_DONE);
    assert_int_equal(
        sqlite3_exec(recent.connection->db,
                     "CREATE TEMP TRIGGER refuse BEFORE INSERT ON orders WHEN new.id = 3"
                     " BEGIN SELECT RAISE(ABORT, 'no'); END",
                     NULL, NULL, NULL),
        SQLITE_OK);
    struct ledger_order orders[] = {bench_new_order(2), bench_new_order(3)};
    struct ledger_change changes[] = {
        {.order = 2, .insert = &orders[0], .event = "placed"},
        {.order = 3, .insert = &orders[1], .event = "placed"},
    };
    assert_int_equal(commit(&recent, changes, COUNT_OF(changes)), LEDGER_DONE);
    assert_int_equal(kept(&recent), 0); /* 2 was kept, then 3 was refused */
    assert_int_equal(take(&recent, 1), LEDGER_DONE);
    close_recent(&recent);
}

static void another_program_s_commit_empties_it(void **state)
{
    struct recent recent = open_recent(*state);
    sqlite3 *db;
    assert_int_equal(place(&recent, 1), LEDGER_DONE);
    assert_int_equal(place(&recent, 2), LEDGER_DONE);
    assert_int_equal(kept(&recent), 2);
    assert_int_equal(sqlite3_open(recent.bench->file, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE orders SET reason = 'by hand' WHERE id = 2", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    struct arena arena;
    arena_init(&arena);
    assert_non_null(strstr(load(&recent, &arena, 2), "reason by hand"));
    assert_int_equal(kept(&recent), 0);
    arena_fini(&arena);
    close_recent(&recent);
}

int main(void)
{
    faultvfs_register();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_kept_is_what_loading_gives, bench_set_up_closed,
                                        bench_tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_longer_being_placed_is_not_kept,
                                        bench_set_up_closed, bench_tear_down),
        cmocka_unit_test_setup_teardown(the_oldest_make_room, bench_set_up_closed, bench_tear_down),
        cmocka_unit_test_setup_teardown(a_large_row_is_not_kept, bench_set_up_closed,
                                        bench_tear_down),
        cmocka_unit_test_setup_teardown(a_failed_commit_empties_it, bench_set_up_closed,
                                        bench_tear_down),
        cmocka_unit_test_setup_teardown(a_refused_batch_empties_it, bench_set_up_closed,
                                        bench_tear_down),
        cmocka_unit_test_setup_teardown(another_program_s_commit_empties_it, bench_set_up_closed,
                                        bench_tear_down),
    };
    return bench_main(tests, COUNT_OF(tests));
}
