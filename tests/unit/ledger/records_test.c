/* What is kept beside orders and outlives a restart: pauses, clients, their keys. */
#include "contract/ledger_harness.h"

enum { RECORD_ADD_CLIENT, RECORD_CHANGE_CLIENT, RECORD_ADD_KEY, RECORD_REVOKE_KEY };

static struct ledger_outcome record(struct bench *bench, int what, const void *row)
{
    struct bench_tag *tag = bench_tag(bench, 0);
    bench->arrived = 0;
    bench->awaited = 1;
    if (what == RECORD_ADD_CLIENT)
        ledger_add_client(bench->ledger, bench->loop, row, bench_on_done, tag);
    else if (what == RECORD_CHANGE_CLIENT)
        ledger_change_client(bench->ledger, bench->loop, row, bench_on_done, tag);
    else if (what == RECORD_ADD_KEY)
        ledger_add_client_key(bench->ledger, bench->loop, row, bench_on_done, tag);
    else
        ledger_revoke_client_key(bench->ledger, bench->loop, row, bench_on_done, tag);
    loop_run(bench->loop);
    return bench->outcome;
}

static void restart(struct bench *bench, const struct ledger_visit *visit)
{
    ledger_close(&bench->ledger);
    bench_open(bench);
    bench_recover(bench, visit);
    ledger_start(bench->ledger);
}

static void see_pause(const struct ledger_pause *pause, void *arg)
{
    unsigned *seen = arg;
    assert_true(str_is(pause->provider, "alpha"));
    assert_true(str_is(pause->reason, "late again"));
    assert_true(str_is(pause->who, "ann"));
    assert_int_equal(pause->until_ms, 1800000000000);
    assert_int_equal(pause->at_ms, 1700000000000);
    ++*seen;
}

static void a_pause_outlives_a_restart(void **state)
{
    struct bench *bench = *state;
    unsigned seen = 0;
    struct ledger_pause pause = {.provider = STR("alpha"),
                                 .until_ms = 1700000000001,
                                 .at_ms = 1600000000000,
                                 .reason = STR("at first"),
                                 .who = STR("bob")};
    ledger_keep_pause(bench->ledger, NULL, &pause, NULL, NULL);
    pause = (struct ledger_pause){.provider = STR("alpha"),
                                  .until_ms = 1800000000000,
                                  .at_ms = 1700000000000,
                                  .reason = STR("late again"),
                                  .who = STR("ann")};
    ledger_keep_pause(bench->ledger, NULL, &pause, NULL, NULL);
    const struct ledger_visit visit = {.pause = see_pause, .arg = &seen};
    restart(bench, &visit);
    assert_int_equal(seen, 1);
    ledger_drop_pause(bench->ledger, NULL, STR("beta"), NULL, NULL);
    ledger_keep_pause(bench->ledger, NULL, &(struct ledger_pause){.provider = STR("gamma")}, NULL,
                      NULL);
    ledger_drop_pause(bench->ledger, NULL, STR("gamma"), NULL, NULL);
    restart(bench, &visit);
    assert_int_equal(seen, 2);
    assert_int_equal(
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_PAUSES}).pause_count, 1);
    ledger_drop_pause(bench->ledger, NULL, STR("alpha"), NULL, NULL);
    restart(bench, &visit);
    assert_int_equal(seen, 2);
}

static void clients_are_added_and_changed(void **state)
{
    struct bench *bench = *state;
    struct ledger_client shop = {.name = STR("shop"), .settings = STR("{\"markup\":\"5%\"}")};
    struct ledger_outcome outcome = record(bench, RECORD_CHANGE_CLIENT, &shop);
    assert_int_equal(outcome.result, LEDGER_REFUSED);
    assert_string_equal(outcome.reason, "no such client");
    assert_int_equal(record(bench, RECORD_ADD_CLIENT, &shop).result, LEDGER_DONE);
    shop.settings = STR("{}");
    outcome = record(bench, RECORD_ADD_CLIENT, &shop);
    assert_int_equal(outcome.result, LEDGER_REFUSED);
    assert_string_equal(outcome.reason, "a client of that name exists, or one has that key");
    struct ledger_query query = {.request = LEDGER_QUERY_CLIENTS, .client = STR("shop")};
    struct ledger_rows rows = bench_read(bench, query);
    assert_int_equal(rows.client_count, 1);
    assert_true(str_is(rows.clients[0].settings, "{\"markup\":\"5%\"}"));
    assert_true(rows.clients[0].created_at_ms > 0);
    assert_false(rows.clients[0].is_frozen);
    shop.is_frozen = true;
    assert_int_equal(record(bench, RECORD_CHANGE_CLIENT, &shop).result, LEDGER_DONE);
    restart(bench, NULL);
    rows = bench_read(bench, query);
    assert_true(rows.clients[0].is_frozen);
    assert_true(str_is(rows.clients[0].settings, "{}"));
    query.client = STR("other");
    assert_int_equal(bench_read(bench, query).client_count, 0);
}

static void see_key(const struct ledger_client_key *key, void *arg)
{
    assert_true(str_is(key->label, "second"));
    assert_int_equal(key->sha256[31], 2);
    ++*(unsigned *)arg;
}

static void keys_are_added_used_and_revoked(void **state)
{
    struct bench *bench = *state;
    const struct ledger_client shop = {.name = STR("shop"), .settings = STR("{}")};
    struct ledger_client_key key = {
        .client = STR("shop"), .label = STR("first"), .sha256 = {[31] = 1}};
    assert_int_equal(record(bench, RECORD_ADD_KEY, &key).result, LEDGER_REFUSED);
    record(bench, RECORD_ADD_CLIENT, &shop);
    assert_int_equal(record(bench, RECORD_ADD_KEY, &key).result, LEDGER_DONE);
    key.sha256[31] = 2; /* the same label */
    assert_int_equal(record(bench, RECORD_ADD_KEY, &key).result, LEDGER_REFUSED);
    key.label = STR("second");
    assert_int_equal(record(bench, RECORD_ADD_KEY, &key).result, LEDGER_DONE);
    key.label = STR("third"); /* the same key */
    assert_int_equal(record(bench, RECORD_ADD_KEY, &key).result, LEDGER_REFUSED);
    assert_int_equal(record(bench, RECORD_REVOKE_KEY, &key).result, LEDGER_REFUSED);
    key.label = STR("first");
    assert_int_equal(record(bench, RECORD_REVOKE_KEY, &key).result, LEDGER_DONE);
    assert_int_equal(record(bench, RECORD_REVOKE_KEY, &key).result, LEDGER_REFUSED);
    /* Nor does a client come for a key that was anybody's. */
    struct ledger_client late = {
        .name = STR("late"), .settings = STR("{}"), .has_key = true, .sha256 = {[31] = 1}};
    assert_int_equal(record(bench, RECORD_ADD_CLIENT, &late).result, LEDGER_REFUSED);
    late.sha256[31] = 3;
    assert_int_equal(record(bench, RECORD_ADD_CLIENT, &late).result, LEDGER_DONE);
    const struct ledger_client_key used[] = {
        {.client = STR("shop"), .label = STR("second"), .last_used_at_ms = 77},
        {.client = STR("shop"), .label = STR("second"), .last_used_at_ms = 76}};
    ledger_touch_client_keys(bench->ledger, used, COUNT_OF(used));
    unsigned seen = 0;
    const struct ledger_visit visit = {.client_key = see_key, .arg = &seen};
    restart(bench, &visit);
    assert_int_equal(seen, 1);
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_CLIENTS});
    assert_int_equal(rows.client_key_count, 2);
    assert_true(rows.client_keys[0].revoked_at_ms > 0);
    assert_int_equal(rows.client_keys[1].last_used_at_ms, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pause_outlives_a_restart, bench_set_up, bench_tear_down),
        cmocka_unit_test_setup_teardown(clients_are_added_and_changed, bench_set_up,
                                        bench_tear_down),
        cmocka_unit_test_setup_teardown(keys_are_added_used_and_revoked, bench_set_up,
                                        bench_tear_down),
    };
    return bench_main(tests, COUNT_OF(tests));
}
