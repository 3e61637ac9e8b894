/* The refresher with all that is real around it: a panel that speaks HTTP, libcurl, an SQLite
 * ledger, the memory cache. One large list, kept over a restart during which the panel is gone. */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "catalogue/catalogue.h"
#include "catalogue/refresher.h"
#include "loop/transfer.h"
#include "providers/dialect.h"
#include "world.h"

enum { SERVICES = 5000, DEADLINE_MS = 30000, DEAR = 17 };

struct house {
    char folder[64], ledger_url[128];
    struct loop *loop;
    struct evhttp *panel;
    int port;
    bool is_dear; /* one service costs tenfold */
    unsigned lists;
    struct ledger *ledger;
    struct cache *cache;
    struct health *health;
    struct refresher *refresher;
    struct provider_set *providers;
    struct client_set *clients;
    struct import_settings import;
    struct catalogue_settings settings;
    struct catalogue *last;
    int64_t published_at_ms;
    bool (*is_reached)(struct house *house);
    struct loop_timer poll;
    int64_t deadline_ms;
};

/* ---- the panel ---- */

static void answer_services(struct house *house, struct evbuffer *out)
{
    house->lists++;
    for (int i = 1; i <= SERVICES; i++)
        evbuffer_add_printf(out,
                            "%s{\"service\":\"%d\",\"name\":\"Followers of kind %d &amp; more\","
                            "\"type\":\"Default\",\"category\":\"Category %d\",\"rate\":\"%d.25\","
                            "\"min\":\"10\",\"max\":10000,\"refill\":true}",
                            i == 1 ? "[" : ",", i, i, i / 100,
                            i == DEAR && house->is_dear ? 1000 : i % 100 + 1);
    evbuffer_add_printf(out, "]");
}

static void on_request(struct evhttp_request *request, void *arg)
{
    struct house *house = arg;
    struct evbuffer *body = evhttp_request_get_input_buffer(request), *out = evbuffer_new();
    struct evbuffer_ptr hit = evbuffer_search(body, "action=services", 15, NULL);
    if (hit.pos >= 0)
        answer_services(house, out);
    else
        evbuffer_add_printf(out, "{\"balance\":\"100.84292\",\"currency\":\"USD\"}");
    evhttp_send_reply(request, 200, "OK", out);
    evbuffer_free(out);
}

static void open_panel(struct house *house)
{
    house->panel = evhttp_new(loop_base(house->loop));
    struct evhttp_bound_socket *bound =
        evhttp_bind_socket_with_handle(house->panel, "127.0.0.1", (ev_uint16_t)house->port);
    assert_non_null(bound);
    evhttp_set_gencb(house->panel, on_request, house);
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    assert_int_equal(
        getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &len), 0);
    house->port = ntohs(address.sin_port);
}

/* ---- the house ---- */

static void on_publish(struct catalogue *catalogue, void *arg)
{
    struct house *house = arg;
    catalogue_unpin(&house->last);
    house->last = catalogue;
    house->published_at_ms = clock_monotonic_ms();
}

static void on_release(void *arg)
{
    (void)arg;
}

static void on_kept_list(struct str provider, struct str body, int64_t fetched_at_ms, void *arg)
{
    refresher_take_list(((struct house *)arg)->refresher, provider, body, fetched_at_ms);
}

static void on_kept_import(const struct ledger_import *import, void *arg)
{
    refresher_take_import(((struct house *)arg)->refresher, import);
}

static void on_kept_price(const struct ledger_price *price, int64_t at_ms, void *arg)
{
    refresher_take_price(((struct house *)arg)->refresher, price, at_ms);
}

static void on_poll(void *arg)
{
    struct house *house = arg;
    if (house->is_reached(house) || clock_monotonic_ms() > house->deadline_ms)
        loop_stop(house->loop);
    else
        loop_timer_start(&house->poll, house->loop, 1, on_poll, house);
}

static void await(struct house *house, bool (*is_reached)(struct house *house), const char *what)
{
    house->is_reached = is_reached;
    house->deadline_ms = clock_monotonic_ms() + DEADLINE_MS;
    loop_timer_start(&house->poll, house->loop, 0, on_poll, house);
    loop_run(house->loop);
    if (!is_reached(house))
        fail_msg("never: %s", what);
}

static struct provider_set *providers_at(int port)
{
    struct provider_settings settings = {.name = memory_text("gamma"),
                                         .key = memory_text("secret"),
                                         .currency = memory_text("USD"),
                                         .dialect = dialect_default(),
                                         .timeout_ms = 10000,
                                         .connect_timeout_ms = 5000,
                                         .max_connections = 4};
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/api/v2", port);
    settings.url = memory_text(url);
    struct provider_set *set = provider_set_new(&settings, &(struct factor){FACTOR_ONE}, 1, NULL);
    assert_non_null(set);
    return set;
}

static void house_open(struct house *house, bool has_panel)
{
    struct fault why;
    house->loop = loop_new("refresh");
    transfer_set_max_connections(house->loop, 4);
    if (has_panel)
        open_panel(house);
    house->health = health_new();
    house->cache = cache_open(&(struct cache_settings){.url = (char *)(uintptr_t) "memory"},
                              house->loop, &why);
    assert_non_null(house->cache);
    house->ledger =
        ledger_open(&(struct ledger_settings){.url = house->ledger_url, .first_order = 1}, &why);
    if (!house->ledger)
        fail_msg("%s", why.message);
    struct refresher_parts parts = {.loop = house->loop,
                                    .ledger = house->ledger,
                                    .cache = house->cache,
                                    .health = house->health,
                                    .publish = on_publish,
                                    .arg = house};
    house->refresher = refresher_new(&parts);
    struct ledger_visit visit = {
        .list = on_kept_list, .import = on_kept_import, .price = on_kept_price, .arg = house};
    assert_true(ledger_recover(house->ledger, &visit, &why));
    ledger_start(house->ledger);
    house->providers = providers_at(house->port);
    struct refresher_view view = {.settings = &house->settings,
                                  .providers = house->providers,
                                  .clients = house->clients,
                                  .release = on_release};
    refresher_configure(house->refresher, &view);
}

static void house_close(struct house *house)
{
    loop_timer_fini(&house->poll);
    refresher_stop(house->refresher);
    refresher_free(house->refresher);
    ledger_close(&house->ledger);
    cache_close(&house->cache);
    if (house->panel)
        evhttp_free(house->panel);
    house->panel = NULL;
    loop_free(house->loop);
    health_free(house->health);
    provider_set_unpin(&house->providers);
    catalogue_unpin(&house->last);
}

static bool is_settled(struct house *house)
{
    return refresher_is_settled(house->refresher);
}

static bool is_dear_held(struct house *house)
{
    const struct service *service = house->last ? catalogue_find(house->last, 1000 + DEAR) : NULL;
    return service && service->offers[0].is_quarantined;
}

static bool has_failed(struct house *house)
{
    struct refresher_report report;
    refresher_report(house->refresher, house->providers->list[0].id, &report);
    return report.failures > 0;
}

static bool has_balance(struct house *house)
{
    return catalogue_balance(house->providers->list[0].id).is_known;
}

static void check_all_for_sale(struct house *house, size_t for_sale)
{
    const struct pricelist *list = pricelist_of(house->last, &house->clients->list[0]);
    assert_int_equal(house->last->count, SERVICES);
    assert_int_equal(pricelist_count(list), for_sale);
    struct money rate;
    assert_true(pricelist_rate(list, catalogue_find(house->last, 1004), &rate));
    assert_int_equal(rate.units, money_of("5.775").units);
    assert_true(str_is(catalogue_find(house->last, 1004)->name, "Followers of kind 4 & more"));
}

static void test_life(void **state)
{
    struct house house = {.import = {.provider = (char *)(uintptr_t) "gamma",
                                     .first_id = 1000,
                                     .markup = markup_of("10%")}};
    (void)state;
    transfer_global_init();
    snprintf(house.folder, sizeof house.folder, "/tmp/refreshing_test.XXXXXX");
    assert_non_null(mkdtemp(house.folder));
    snprintf(house.ledger_url, sizeof house.ledger_url, "sqlite:%s/books.db", house.folder);
    house.clients = world_clients((struct world_client[]){{"shop", "0%", {{0}}}, {0}});
    house.settings = (struct catalogue_settings){.refresh_ms = 300,
                                                 .balance_ms = 300,
                                                 .price_jump = percent_of("0.5"),
                                                 .vanish_limit = percent_of("0.3"),
                                                 .decimals = 5,
                                                 .currency = (char *)(uintptr_t) "USD",
                                                 .imports = &house.import,
                                                 .import_count = 1};
    int64_t began_ms = clock_monotonic_ms();
    house_open(&house, true);
    await(&house, is_settled, "settled");
    print_message("%d services from nothing to a snapshot: %lld ms\n", SERVICES,
                  (long long)(house.published_at_ms - began_ms));
    check_all_for_sale(&house, SERVICES);
    await(&house, has_balance, "the balance");
    assert_int_equal(catalogue_sum_balances(house.providers).units, money_of("100.84292").units);
    house.is_dear = true;
    await(&house, is_dear_held, "the dear one quarantined");
    check_all_for_sale(&house, SERVICES - 1);
    house_close(&house);

    house_open(&house, false);
    began_ms = clock_monotonic_ms();
    await(&house, is_settled, "settled without the panel");
    print_message("%d services from the ledger: %lld ms\n", SERVICES,
                  (long long)(house.published_at_ms - began_ms));
    check_all_for_sale(&house, SERVICES - 1);
    assert_true(is_dear_held(&house));
    await(&house, has_failed, "the panel found dead");
    check_all_for_sale(&house, SERVICES - 1);
    house_close(&house);
    client_set_unpin(&house.clients);
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", house.folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_life)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
