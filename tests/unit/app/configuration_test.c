/* What a good configuration becomes, and that damaged ones do no harm. */
#include "unit/app/configuration_harness.h"

#include <arpa/inet.h>

#include "providers/dialect.h"

/* ---- what a good one becomes ---- */

#define AUTHORITY TESTS_DIRECTORY "/unit/app/authority.pem"

static const char complete[] =
    "listen: [127.0.0.1:8080, \"[::1]:0\"]\n"
    "request_timeout: 20s\nmax_body: 2MiB\nmax_connections: 100\n"
    "trusted_proxies: [10.0.0.0/8, \"2001:db8::/32\"]\n"
    "admin: {listen: 127.0.0.1:8081, token: \"${env:PANELMUX_ADMIN_TOKEN}\"}\n"
    "currency: usd\nrates: {EUR: 1.08, try: 0.029}\ndecimals: 6\n"
    "ledger: sqlite:books.db\nfirst_order: 1000\ncache: memory\nworkers: 3\n"
    "answer_within: 7s\nstatus_fresh: 31s\nstatus_within: 4s\n"
    "catalogue: {refresh: 16m, balance: 61s, price_jump: 51%, vanish_limit: 31%}\n"
    "clients:\n"
    "- {name: plain, key: \"${env:SHOP_KEY}\", balance: provider_sum}\n"
    "- name: full\n"
    "  keys: [\"${env:RESELLER_KEY}\", \"${env:RESELLER_OLD_KEY}\"]\n"
    "  key_sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n"
    "  funds: unlimited\n  refs: false\n  balance: 1000.5\n  markup: 10% + 0.01\n"
    "  rate_limit: 300/m\n  get_orders: true\n  services: [7, 1-5]\n  addresses: 192.0.2.0/24\n"
    "providers:\n"
    "- {name: plain, url: \"https://p.example/api\", key: \"${env:BETA_KEY}\"}\n"
    "- name: full\n  url: http://127.0.0.1:1/api\n  key: x${env:ALPHA_KEY}y\n  currency: TRY\n"
    "  dialect: standard\n  timeout: 14s\n  connect_timeout: 4s\n  ca_file: " AUTHORITY "\n"
    "  unknown_errors: refused\n  max_connections: 31\n  rate_limit: 10/s\n  state: closed\n  "
    "low_balance: 49.5\n"
    "  answers:\n    \"Service  PAUSED*\": {class: provider, cool_down: offer}\n"
    "    kota doldu.: {class: busy}\n"
    "  statuses: {Tamamlandı: completed, \"Devam  Ediyor\": in_progress}\n"
    "- {name: lanes, url: \"https://l/\", key: \"${env:GAMMA_KEY}\", rate_limit: {add: 9/s}}\n"
    "services:\n"
    "- {id: 5, offers: [{provider: full, service: 101}]}\n"
    "- id: 1\n  name: Followers\n  category: First\n  type: custom comments\n  min: 10\n"
    "  max: 1000\n  rate: 1.20\n  markup: -3% + 0.05\n  routing: weighted\n  margin: allow_loss\n"
    "  on_cancel: refund\n  on_partial: refund\n  same_link: allow\n"
    "  offers: [{provider: plain, service: abc, weight: 3}, {provider: full, service: 8}]\n"
    "imports:\n"
    "- {provider: plain, first_id: 100000}\n"
    "- {provider: full, first_id: 0, markup: 30%, margin: allow_loss, categories: [\"Views*\", "
    "B],\n"
    "   types: [Default, Package], services: [1, \"2*\"]}\n";

/* Rates are small whole numbers here. */
static int64_t lround_of(double value)
{
    return (int64_t)(value + 0.5);
}

static void check_good_clients(const struct client_set *set)
{
    const struct client_settings *plain = &set->list[0].settings, *full = &set->list[1].settings;
    assert_int_equal(set->count, 2);
    assert_int_equal(plain->key_count, 1);
    assert_true(plain->has_balance && plain->balance.is_provider_sum);
    assert_false(plain->get_orders || plain->is_prepaid || plain->refs);
    assert_int_equal(plain->service_count + plain->address_count, 0);
    assert_true(plain->rate_limit.per_s <= 0);
    assert_int_equal(full->key_count, 3);
    assert_true(full->has_balance && full->get_orders);
    assert_int_equal(full->balance.amount.units, 100050000000);
    assert_int_equal(full->markup.percent.units, PERCENT_WHOLE / 10);
    assert_int_equal(full->markup.amount.units, 1000000);
    assert_true(full->rate_limit.per_s > 4.999 && full->rate_limit.per_s < 5.001);
    assert_int_equal(full->service_count, 2);
    assert_int_equal(full->services[0].first, 1); /* the set keeps them in order */
    assert_int_equal(full->services[0].last, 5);
    assert_int_equal(full->addresses[0].bits, 120);
    assert_ptr_equal(client_set_find_key(set, STR("test")), &set->list[1]); /* by its SHA-256 */
    assert_ptr_equal(client_set_find_key(set, str_of(getenv("SHOP_KEY"))), &set->list[0]);
    assert_ptr_equal(client_set_find_key(set, str_of(getenv("RESELLER_OLD_KEY"))), &set->list[1]);
}

static void check_good_providers(const struct provider_set *set)
{
    const struct provider_settings *plain = &set->list[0].settings, *full = &set->list[1].settings;
    assert_int_equal(set->count, 3);
    assert_string_equal(plain->currency, "USD");
    assert_int_equal(set->list[0].exchange.units, FACTOR_ONE);
    assert_ptr_equal(plain->dialect, dialect_default());
    assert_int_equal(plain->timeout_ms, 15000);
    assert_int_equal(plain->connect_timeout_ms, 5000);
    assert_int_equal(plain->max_connections, 32);
    assert_false(plain->is_closed || plain->unknown_errors_refused);
    assert_int_equal(lround_of(plain->limits.add_per_s), 5);
    assert_int_equal(lround_of(plain->limits.other_per_s), 2);
    assert_string_equal(full->key, "xse-cret-3y");
    assert_string_equal(full->currency, "TRY");
    assert_int_equal(set->list[1].exchange.units, 29000000000);
    assert_int_equal(full->timeout_ms, 14000);
    assert_int_equal(full->connect_timeout_ms, 4000);
    assert_string_equal(full->ca_file, AUTHORITY);
    assert_true(full->has_low_balance && full->low_balance.units == 49 * MONEY_ONE + MONEY_ONE / 2);
    assert_false(plain->has_low_balance);
    assert_true(full->is_closed && full->unknown_errors_refused);
    assert_int_equal(full->max_connections, 31);
    assert_int_equal(lround_of(full->limits.add_per_s), 10);
    assert_int_equal(lround_of(full->limits.other_per_s), 10);
    assert_int_equal(full->answer_count, 2);
    assert_string_equal(full->answers[0].pattern, "service paused*");
    assert_int_equal(full->answers[0].class, VERDICT_PROVIDER);
    assert_int_equal(full->answers[0].cool_down, COOL_DOWN_OFFER);
    assert_string_equal(full->answers[1].pattern, "kota doldu");
    assert_int_equal(full->answers[1].class, VERDICT_BUSY);
    assert_int_equal(full->answers[1].cool_down, COOL_DOWN_NONE);
    assert_int_equal(full->status_count, 2);
    assert_string_equal(full->statuses[0].word, "tamamlandi");
    assert_int_equal(full->statuses[0].status, ORDERSTATUS_COMPLETED);
    assert_string_equal(full->statuses[1].word, "devam ediyor");
    assert_int_equal(full->statuses[1].status, ORDERSTATUS_IN_PROGRESS);
    assert_int_equal(lround_of(set->list[2].settings.limits.add_per_s), 9);
    assert_int_equal(lround_of(set->list[2].settings.limits.other_per_s), 2);
}

static void check_good_services(const struct catalogue_settings *catalogue)
{
    const struct service_settings *plain = &catalogue->services[0], *full = &catalogue->services[1];
    assert_int_equal(catalogue->service_count, 2);
    assert_int_equal(plain->id, 5);
    assert_null(plain->name);
    assert_null(plain->category);
    assert_int_equal(plain->type, ORDERTYPE_UNKNOWN);
    assert_false(plain->has_min || plain->has_max || plain->has_rate || plain->allow_loss);
    assert_int_equal(plain->routing, RANKING_PRIORITY);
    assert_int_equal(plain->markup.percent.units + plain->markup.amount.units, 0);
    assert_int_equal(plain->offers[0].weight, 1);
    assert_string_equal(full->name, "Followers");
    assert_string_equal(full->category, "First");
    assert_int_equal(full->type, ORDERTYPE_CUSTOM_COMMENTS);
    assert_true(full->has_min && full->has_max && full->has_rate && full->allow_loss);
    assert_int_equal(full->min, 10);
    assert_int_equal(full->max, 1000);
    assert_int_equal(full->rate.units, 120000000);
    assert_int_equal(full->markup.percent.units, -3000000000000);
    assert_int_equal(full->markup.amount.units, 5000000);
    assert_int_equal(full->routing, RANKING_WEIGHTED);
    assert_int_equal(full->offer_count, 2);
    assert_string_equal(full->offers[0].provider, "plain");
    assert_string_equal(full->offers[0].service, "abc");
    assert_int_equal(full->offers[0].weight, 3);
}

static void check_good_imports(const struct catalogue_settings *catalogue)
{
    const struct import_settings *plain = &catalogue->imports[0], *full = &catalogue->imports[1];
    assert_int_equal(catalogue->import_count, 2);
    assert_string_equal(plain->provider, "plain");
    assert_int_equal(plain->first_id, 100000);
    assert_int_equal(plain->category_count + plain->type_count + plain->service_count, 0);
    assert_false(plain->allow_loss);
    assert_int_equal(full->markup.percent.units, PERCENT_WHOLE / 10 * 3);
    assert_true(full->allow_loss);
    assert_int_equal(full->category_count, 2);
    assert_string_equal(full->categories[0], "Views*");
    assert_int_equal(full->type_count, 2);
    assert_int_equal(full->types[1], ORDERTYPE_PACKAGE);
    assert_int_equal(full->service_count, 2);
    assert_string_equal(full->services[1], "2*");
}

static void check_good_first_level(const struct configuration *configuration)
{
    const struct listener_settings *front = &configuration->front;
    assert_int_equal(front->listen_count, 2);
    assert_string_equal(front->listen[0].text, "127.0.0.1:8080");
    assert_int_equal(((const struct sockaddr_in *)&front->listen[0].address)->sin_port,
                     htons(8080));
    assert_int_equal(front->listen[1].address.ss_family, AF_INET6);
    assert_int_equal(front->request_timeout_ms, 20000);
    assert_int_equal(front->max_body_bytes, 2 << 20);
    assert_int_equal(front->max_connections, 100);
    assert_int_equal(front->trusted_proxy_count, 2);
    assert_int_equal(front->trusted_proxies[0].bits, 104);
    assert_int_equal(front->trusted_proxies[1].bits, 32);
    assert_null(front->certificate);
    assert_int_equal(configuration->admin.listener.listen_count, 1);
    assert_int_equal(configuration->admin.listener.request_timeout_ms, 30000);
    assert_true(configuration->admin.listener.max_body_bytes >= 65536);
    assert_true(configuration->admin.listener.max_connections > 0);
    assert_string_equal(configuration->admin_token, getenv("PANELMUX_ADMIN_TOKEN"));
    struct digest token = digest_sha256(str_of(configuration->admin_token));
    assert_true(configuration->admin.has_token &&
                digest_equal(&configuration->admin.token, &token));
    assert_string_equal(configuration->ledger.url, "sqlite:books.db");
    assert_int_equal(configuration->ledger.first_order, 1000);
    assert_string_equal(configuration->cache.url, "memory");
    assert_int_equal(configuration->workers, 3);
    assert_int_equal(configuration->orders.answer_within_ms, 7000);
    assert_int_equal(configuration->orders.status_fresh_ms, 31000);
    assert_int_equal(configuration->orders.status_within_ms, 4000);
    assert_int_equal(configuration->orders.decimals, 6);
    assert_string_equal(configuration->orders.currency, "USD");
    assert_int_equal(configuration->catalogue.refresh_ms, 960000);
    assert_int_equal(configuration->catalogue.balance_ms, 61000);
    assert_int_equal(configuration->catalogue.price_jump.units, PERCENT_WHOLE / 100 * 51);
    assert_int_equal(configuration->catalogue.vanish_limit.units, PERCENT_WHOLE / 100 * 31);
    assert_int_equal(configuration->catalogue.decimals, 6);
    assert_string_equal(configuration->path, "p.yaml");
}

static void check_good(void **state)
{
    (void)state;
    struct configuration *configuration;
    char *faults = load_text(complete, &configuration);
    assert_string_equal(faults, "");
    check_good_first_level(configuration);
    check_good_clients(configuration->clients);
    check_good_providers(configuration->providers);
    check_good_services(&configuration->catalogue);
    check_good_imports(&configuration->catalogue);
    free(faults);
    struct configuration *second = configuration_pin(configuration);
    configuration_unpin(&configuration);
    assert_null(configuration);
    assert_string_equal(second->catalogue.currency, "USD");
    configuration_unpin(&second);
}

static void check_defaults(void **state)
{
    (void)state;
    struct configuration *configuration;
    char *faults = load_text(BASE, &configuration);
    assert_string_equal(faults, "");
    assert_string_equal(configuration->front.listen[0].text, "0.0.0.0:8080");
    assert_int_equal(configuration->front.request_timeout_ms, 30000);
    assert_int_equal(configuration->front.max_body_bytes, 1 << 20);
    assert_int_equal(configuration->front.max_connections, 16384);
    assert_string_equal(configuration->admin.listener.listen[0].text, "127.0.0.1:8081");
    assert_false(configuration->admin.has_token);
    assert_null(configuration->admin_token);
    assert_string_equal(configuration->ledger.url, "sqlite:panelmux.db");
    assert_int_equal(configuration->ledger.first_order, 1);
    assert_string_equal(configuration->cache.url, "memory");
    assert_true(configuration->workers >= 1);
    assert_int_equal(configuration->orders.answer_within_ms, 8000);
    assert_int_equal(configuration->orders.status_fresh_ms, 30000);
    assert_int_equal(configuration->orders.status_within_ms, 3000);
    assert_int_equal(configuration->orders.decimals, 5);
    assert_int_equal(configuration->catalogue.refresh_ms, 900000);
    assert_int_equal(configuration->catalogue.balance_ms, 60000);
    assert_int_equal(configuration->catalogue.price_jump.units, PERCENT_WHOLE / 2);
    assert_int_equal(configuration->catalogue.vanish_limit.units, PERCENT_WHOLE / 10 * 3);
    free(faults);
    configuration_unpin(&configuration);
}

/* No cut of a good file and no changed byte does harm; what is told never holds a secret. */
static void check_damaged(void **state)
{
    (void)state;
    static const char marks[] = "\"'{}[]:,-#&*!|>%@`\\\n\t $\x01\xff\xc3"
                                "0~";
    char copy[sizeof complete];
    for (size_t i = 1; i < sizeof complete - 1; i += 7) {
        memcpy(copy, complete, sizeof complete);
        copy[i] = '\0';
        free(load_text(copy, NULL));
        memcpy(copy, complete, sizeof complete);
        copy[i] = marks[i / 7 % (sizeof marks - 1)];
        free(load_text(copy, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_good),
        cmocka_unit_test(check_defaults),
        cmocka_unit_test(check_damaged),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
