/* The rendered answer, who sees which price list, and what it costs to make a large one. */
#include "world.h"

#include <jansson.h>
#include <zlib.h>

#include "base/clock.h"
#include <stdio.h>

static const struct world_row rows[] = {
    {"1", "Followers \"x\"", "Social", "0.9", ORDERTYPE_DEFAULT, 50, 10000, true, false, true},
    {"2", "Comments", "Social", "8", ORDERTYPE_CUSTOM_COMMENTS, 10, 1500, false, true, false},
    {"3", "Tiny", "T", "0.00011999", ORDERTYPE_DEFAULT, 100, 2147483647, false, false, false},
    {0},
};

struct shop {
    struct provider_set *providers;
    struct client_set *clients;
    struct provider_list *list;
    struct import_settings import;
    struct importrow *rows;
};

static void shop_init(struct shop *shop, const struct world_client *clients)
{
    *shop = (struct shop){0};
    shop->providers = world_providers((struct world_provider[]){{"alpha", "1"}, {0}});
    shop->clients = world_clients(clients);
}

static void shop_fini(struct shop *shop)
{
    provider_list_free(&shop->list);
    client_set_unpin(&shop->clients);
    provider_set_unpin(&shop->providers);
    free(shop->rows);
}

static struct catalogue *shop_make(struct shop *shop, const struct catalogue *former)
{
    const struct provider_list *lists[PROVIDER_MAX] = {0};
    const struct pricebook *books[PROVIDER_MAX] = {0};
    struct catalogue_settings settings = {.decimals = 5, .currency = (char *)(uintptr_t) "USD"};
    lists[shop->providers->list[0].id] = shop->list;
    free(shop->rows);
    shop->rows = memory_array(shop->list->count + 1, sizeof *shop->rows);
    for (size_t i = 0; i < shop->list->count; i++)
        shop->rows[i] = (struct importrow){.id = (uint32_t)i + 1,
                                           .provider_id = shop->providers->list[0].id,
                                           .row = &shop->list->rows[i],
                                           .import = &shop->import};
    struct importplan plan = {.rows = shop->rows, .count = shop->list->count};
    struct assemble_input input = {.settings = &settings,
                                   .providers = shop->providers,
                                   .lists = lists,
                                   .books = books,
                                   .plan = &plan};
    struct catalogue *catalogue = assemble_make(&input, 1);
    pricelist_make_all(catalogue, shop->clients, former);
    return catalogue;
}

static struct str plain_of(const struct catalogue *catalogue, const struct shop *shop,
                           size_t client)
{
    const struct pricelist *list = pricelist_of(catalogue, &shop->clients->list[client]);
    assert_non_null(list);
    return pricelist_rendering(list)->plain;
}

static void test_profile(void **state)
{
    struct shop shop;
    (void)state;
    shop_init(&shop, (struct world_client[]){{"a", "0%", {{0}}}, {0}});
    shop.list = world_list(rows);
    struct catalogue *catalogue = shop_make(&shop, NULL);
    struct str plain = plain_of(catalogue, &shop, 0);
    const char *expected =
        "[{\"service\":1,\"name\":\"Followers "
        "\\\"x\\\"\",\"type\":\"Default\",\"category\":\"Social\","
        "\"rate\":\"0.90\",\"min\":\"50\",\"max\":\"10000\",\"refill\":true,\"cancel\":false,"
        "\"dripfeed\":true},"
        "{\"service\":2,\"name\":\"Comments\",\"type\":\"Custom Comments\",\"category\":\"Social\","
        "\"rate\":\"8.00\",\"min\":\"10\",\"max\":\"1500\",\"refill\":false,\"cancel\":true,"
        "\"dripfeed\":false},"
        "{\"service\":3,\"name\":\"Tiny\",\"type\":\"Default\",\"category\":\"T\",\"rate\":\"0."
        "00012\","
        "\"min\":\"100\",\"max\":\"2147483647\",\"refill\":false,\"cancel\":false,\"dripfeed\":"
        "false}]";
    assert_int_equal(plain.len, strlen(expected));
    assert_memory_equal(plain.ptr, expected, plain.len);
    json_error_t error;
    json_t *root = json_loadb(plain.ptr, plain.len, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(root);
    json_decref(root);
    catalogue_unpin(&catalogue);
    shop_fini(&shop);
}

static void test_who_sees_what(void **state)
{
    struct shop shop;
    (void)state;
    shop_init(&shop, (struct world_client[]){{"a", "0%", {{0}}},
                                             {"b", "0%", {{0}}},
                                             {"c", "10%", {{0}}},
                                             {"d", "0%", {{2, 2}}},
                                             {"e", "0%", {{1, 1}, {3, 9}}},
                                             {"f", "0%", {{5, 9}}},
                                             {0}});
    shop.list = world_list(rows);
    struct catalogue *catalogue = shop_make(&shop, NULL);
    static const size_t counts[] = {3, 3, 3, 1, 2, 0};
    const struct pricelist *lists[6];
    for (size_t i = 0; i < 6; i++) {
        lists[i] = pricelist_of(catalogue, &shop.clients->list[i]);
        assert_int_equal(pricelist_count(lists[i]), counts[i]);
    }
    assert_ptr_equal(lists[0], lists[1]);
    assert_ptr_not_equal(lists[0], lists[2]);
    assert_true(str_is(plain_of(catalogue, &shop, 5), "[]"));
    struct money rate;
    assert_true(pricelist_rate(lists[2], catalogue_find(catalogue, 1), &rate));
    assert_int_equal(rate.units, money_of("0.99").units);
    assert_false(pricelist_rate(lists[3], catalogue_find(catalogue, 1), &rate));
    /* A later set: the same settings find their list, new ones none. */
    struct client_set *later = world_clients((struct world_client[]){
        {"z", "10%", {{0}}}, {"a", "11%", {{0}}}, {"y", "0%", {{2, 3}}}, {0}});
    assert_ptr_equal(pricelist_of(catalogue, &later->list[0]), lists[2]);
    assert_null(pricelist_of(catalogue, &later->list[1]));
    assert_null(pricelist_of(catalogue, &later->list[2]));
    client_set_unpin(&later);
    catalogue_unpin(&catalogue);
    shop_fini(&shop);
}

static void test_tags_and_gzip(void **state)
{
    struct shop shop;
    (void)state;
    shop_init(&shop, (struct world_client[]){{"a", "0%", {{0}}}, {"b", "10%", {{0}}}, {0}});
    shop.list = world_list(rows);
    struct catalogue *first = shop_make(&shop, NULL);
    const struct rendering *a = pricelist_rendering(pricelist_of(first, &shop.clients->list[0]));
    const struct rendering *b = pricelist_rendering(pricelist_of(first, &shop.clients->list[1]));
    assert_string_not_equal(a->etag_plain, a->etag_gzip);
    assert_string_not_equal(a->etag_plain, b->etag_plain);
    assert_int_equal(a->etag_plain[0], '"');
    assert_int_equal(a->etag_gzip[strlen(a->etag_gzip) - 1], '"');
    char back[2000];
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)a->gzip.ptr,
                       .avail_in = (uInt)a->gzip.len,
                       .next_out = (Bytef *)back,
                       .avail_out = sizeof back};
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_true(str_equal(str_make(back, stream.total_out), a->plain));
    inflateEnd(&stream);
    /* What did not change is the same bytes in the next snapshot, and outlives this one. */
    struct catalogue *second = shop_make(&shop, first);
    const struct rendering *again =
        pricelist_rendering(pricelist_of(second, &shop.clients->list[0]));
    assert_ptr_equal(again, a);
    catalogue_unpin(&first);
    assert_int_equal(again->plain.ptr[0], '[');
    shop.list->rows[0].rate = money_of("0.91");
    struct catalogue *third = shop_make(&shop, second);
    const struct rendering *moved =
        pricelist_rendering(pricelist_of(third, &shop.clients->list[0]));
    assert_ptr_not_equal(moved, again);
    assert_string_not_equal(moved->etag_gzip, again->etag_gzip);
    catalogue_unpin(&second);
    catalogue_unpin(&third);
    shop_fini(&shop);
}

/* More lists than are made ready: the others answer the same, from any thread. */
static void test_late_lists(void **state)
{
    enum { CLIENTS = PRICELIST_READY + 20 };
    struct client_settings settings[CLIENTS] = {0};
    struct shop shop;
    (void)state;
    shop_init(&shop, (struct world_client[]){{0}});
    client_set_unpin(&shop.clients);
    for (int i = 0; i < CLIENTS; i++) {
        char name[24];
        snprintf(name, sizeof name, "client%d", i);
        settings[i].name = memory_text(name);
        settings[i].markup.amount.units = i * 100000;
    }
    shop.clients = client_set_new(settings, CLIENTS, NULL);
    shop.list = world_list(rows);
    struct catalogue *catalogue = shop_make(&shop, NULL);
    size_t late = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        const struct pricelist *list = pricelist_of(catalogue, &shop.clients->list[i]);
        struct money before, after, expected = {90000000 + (int64_t)i * 100000};
        late += list->rendered == NULL;
        assert_true(pricelist_rate(list, catalogue_find(catalogue, 1), &before));
        const struct rendering *rendering = pricelist_rendering(list);
        assert_true(pricelist_rate(list, catalogue_find(catalogue, 1), &after));
        assert_int_equal(before.units, expected.units);
        assert_int_equal(after.units, expected.units);
        char text[MONEY_TEXT], field[MONEY_TEXT + 16];
        money_print(expected, 2, text);
        snprintf(field, sizeof field, "\"rate\":\"%s\"", text);
        assert_true(str_find(rendering->plain, str_of(field)) != SIZE_MAX);
        assert_ptr_equal(pricelist_rendering(list), rendering);
        assert_int_equal(pricelist_count(list), 3);
    }
    assert_int_equal(late, CLIENTS - PRICELIST_READY);
    catalogue_unpin(&catalogue);
    shop_fini(&shop);
}

/* The bound is far above what it takes, so that only a change of kind can pass it. */
static void test_large(void **state)
{
    enum { ROWS = 5000, BOUND_MS = 5000 };
    struct shop shop;
    (void)state;
    shop_init(&shop, (struct world_client[]){
                         {"a", "0%", {{0}}}, {"b", "10%", {{0}}}, {"c", "20%", {{1, 4000}}}, {0}});
    shop.list = provider_list_new(1);
    for (int i = 0; i < ROWS; i++) {
        char id[16], name[80];
        snprintf(id, sizeof id, "%d", i);
        snprintf(name, sizeof name, "Followers of kind %d, steady, %d days, refill", i * 7919,
                 i % 90);
        provider_list_add(shop.list,
                          &(struct panelrow){.id = str_of(id),
                                             .name = str_of(name),
                                             .category = STR("A category of some length"),
                                             .rate.units = 12345678 + i * 7919,
                                             .type = ORDERTYPE_DEFAULT,
                                             .has_limits = true,
                                             .min = 10,
                                             .max = 10000});
    }
    provider_list_seal(shop.list);
    int64_t began_ms = clock_monotonic_ms();
    struct catalogue *catalogue = shop_make(&shop, NULL);
    int64_t took_ms = clock_monotonic_ms() - began_ms;
    print_message("%d services, 3 lists: %lld ms\n", ROWS, (long long)took_ms);
    assert_true(took_ms < BOUND_MS);
    assert_int_equal(catalogue->count, ROWS);
    for (uint32_t id = 1; id <= ROWS; id += 13)
        assert_int_equal(catalogue_find(catalogue, id)->id, id);
    catalogue_unpin(&catalogue);
    shop_fini(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profile), cmocka_unit_test(test_who_sees_what),
        cmocka_unit_test(test_tags_and_gzip), cmocka_unit_test(test_late_lists),
        cmocka_unit_test(test_large)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
