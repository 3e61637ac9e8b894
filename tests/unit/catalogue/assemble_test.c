/* Lists x settings -> services: what each takes from its offers, what it costs, whether it is
 * sold. */
#include "world.h"

static const struct world_row alpha_rows[] = {
    {"101", "Followers", "Social", "0.9", ORDERTYPE_DEFAULT, 50, 10000, true, false, true},
    {"102", "Odd one", "Social", "2", ORDERTYPE_UNKNOWN, 1, 5, false, false, false},
    {"103", "/----/", "Social", "1", ORDERTYPE_PACKAGE, 1, 1, false, false, false},
    {"104", "Bare", "", "3", ORDERTYPE_DEFAULT, 0, 0, false, false, false},
    {"105", "Pack", "P", "4", ORDERTYPE_PACKAGE, 0, 0, false, false, true},
    {"107", "Off", "P", "4", ORDERTYPE_DEFAULT, 9, 2, false, false, false},
    {"106", "Dear", "P", "90000000000", ORDERTYPE_DEFAULT, 1, 2, false, false, false},
    {0},
};
static const struct world_row beta_rows[] = {
    {"7", "Other followers", "Else", "0.5", ORDERTYPE_DEFAULT, 10, 500, false, true, false},
    {0},
};

enum { OFFERS = 3, UNLIST = 1000 };
struct wish { /* one service as configured, and what comes of it */
    const char *what;
    const char *name, *category, *rate, *markup;
    enum ordertype type;
    enum ranking_policy routing;
    int64_t min, max; /* 0: not configured */
    struct {
        const char *provider, *service;
    } offers[OFFERS];
    const char *held; /* a service of alpha's that is quarantined */
    const char *last; /* its accepted price, if any */
    struct {
        const char *name, *category, *base, *exchange,
            *rate; /* rate: with markup; NULL: not sold */
        enum ordertype type;
        int64_t min, max;
        const char *flags;  /* of r, c, d */
        const char *offers; /* a letter each: known, quarantined (Q), gone, unknown (-) */
    } is;
};

#define D ORDERTYPE_DEFAULT
#define U ORDERTYPE_UNKNOWN

static const struct wish wishes[] = {
    {.what = "all from the first offer",
     .markup = "25%",
     .type = U,
     .offers = {{"alpha", "101"}, {"beta", "7"}},
     .is = {"Followers", "Social", "0.9", "2", "2.25", D, 50, 10000, "rd", "kk"}},
    {.what = "the configuration goes before",
     .name = "Mine",
     .category = "Cat",
     .markup = "0%",
     .type = U,
     .min = 5,
     .max = 7,
     .offers = {{"alpha", "101"}},
     .is = {"Mine", "Cat", "0.9", "2", "1.8", D, 5, 7, "rd", "k"}},
    {.what = "the second when the first is unknown",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "999"}, {"beta", "7"}},
     .is = {"Other followers", "Else", "0.5", "1", "0.5", D, 10, 500, "c", "-k"}},
    {.what = "the cheapest by our currency",
     .markup = "10%",
     .type = U,
     .routing = RANKING_CHEAPEST,
     .offers = {{"alpha", "101"}, {"beta", "7"}},
     .is = {"Followers", "Social", "0.5", "1", "0.55", D, 50, 10000, "rd", "kk"}},
    {.what = "quarantined: looks from it, price from the next",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "101"}, {"beta", "7"}},
     .held = "101",
     .is = {"Followers", "Social", "0.5", "1", "0.5", D, 50, 10000, "rd", "Qk"}},
    {.what = "all quarantined: not sold",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "101"}},
     .held = "101",
     .is = {"Followers", "Social", "0", "1", NULL, D, 50, 10000, "rd", "Q"}},
    {.what = "all quarantined: the last price stands",
     .markup = "25%",
     .type = U,
     .offers = {{"alpha", "101"}},
     .held = "101",
     .last = "0.7",
     .is = {"Followers", "Social", "0.7", "2", "1.75", D, 50, 10000, "rd", "Q"}},
    {.what = "with a fixed rate that one stands",
     .rate = "1.2",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "101"}},
     .held = "101",
     .last = "0.7",
     .is = {"Followers", "Social", "1.2", "1", "1.2", D, 50, 10000, "rd", "Q"}},
    {.what = "limits that leave nothing: the next one's",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "107"}, {"beta", "7"}},
     .is = {"Other followers", "Else", "0.5", "1", "0.5", D, 10, 500, "c", "vk"}},
    {.what = "limits that leave nothing: not sold",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "107"}},
     .is = {"Service 1", "Other", "0", "1", NULL, U, 1, ASSEMBLE_MAX, "", "v"}},
    {.what = "an amount that cannot be read: looks from it, price from the next",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "108"}, {"beta", "7"}},
     .is = {"Unreadable", "P", "0.5", "1", "0.5", D, 3, 4, "", "Qk"}},
    {.what = "an amount that cannot be read: the last price stands",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "108"}},
     .held = "108",
     .last = "5",
     .is = {"Unreadable", "P", "5", "2", "10", D, 3, 4, "", "Q"}},
    {.what = "gone",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "gone"}},
     .is = {"Service 1", "Other", "0", "1", NULL, U, 1, ASSEMBLE_MAX, "", "g"}},
    {.what = "no offer known, a fixed rate",
     .rate = "1.2",
     .markup = "0%",
     .type = D,
     .offers = {{"alpha", "999"}},
     .is = {"Service 1", "Other", "1.2", "1", NULL, D, 1, ASSEMBLE_MAX, "", "-"}},
    {.what = "a fixed rate takes the markup",
     .rate = "1.2",
     .markup = "50% + 0.1",
     .type = U,
     .offers = {{"alpha", "101"}},
     .is = {"Followers", "Social", "1.2", "1", "1.9", D, 50, 10000, "rd", "k"}},
    {.what = "an unknown type is not sold",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "102"}},
     .is = {"Odd one", "Social", "2", "2", NULL, U, 1, 5, "", "k"}},
    {.what = "until it is mapped",
     .markup = "0%",
     .type = D,
     .offers = {{"alpha", "102"}},
     .is = {"Odd one", "Social", "2", "2", "4", D, 1, 5, "", "k"}},
    {.what = "a separator",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "103"}},
     .is = {"/----/", "Social", "1", "2", NULL, ORDERTYPE_PACKAGE, 1, 1, "", "k"}},
    {.what = "a separator with a name of ours",
     .name = "***",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "103"}},
     .is = {"***", "Social", "1", "2", "2", ORDERTYPE_PACKAGE, 1, 1, "", "k"}},
    {.what = "no limits said",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "104"}},
     .is = {"Bare", "Other", "3", "2", "6", D, 1, ASSEMBLE_MAX, "", "k"}},
    {.what = "a package without limits or drip-feed",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "105"}},
     .is = {"Pack", "P", "4", "2", "8", ORDERTYPE_PACKAGE, 1, 1, "", "k"}},
    {.what = "min above max",
     .markup = "0%",
     .type = U,
     .min = 20000,
     .offers = {{"alpha", "101"}},
     .is = {"Followers", "Social", "0.9", "2", NULL, D, 20000, 10000, "rd", "k"}},
    {.what = "a cost out of range is no cost",
     .markup = "0%",
     .type = U,
     .offers = {{"alpha", "106"}, {"beta", "7"}},
     .is = {"Other followers", "Else", "0.5", "1", "0.5", D, 10, 500, "c", "-k"}},
    {.what = "a provider that is not there",
     .markup = "0%",
     .type = U,
     .offers = {{"nobody", "1"}, {"beta", "7"}},
     .is = {"Other followers", "Else", "0.5", "1", "0.5", D, 10, 500, "c", "k"}},
    {.what = "a markup below nothing leaves the list",
     .markup = "-200%",
     .type = U,
     .offers = {{"beta", "7"}},
     .is = {"Other followers", "Else", "0.5", "1", NULL, D, 10, 500, "c", "k"}},
};

struct town {
    struct provider_set *providers;
    struct client_set *clients;
    struct provider_list *lists[PROVIDER_MAX];
    struct pricebook *books[PROVIDER_MAX], alpha_book;
    int64_t blocked_since_ms[PROVIDER_MAX], now_ms;
};

static void town_init(struct town *town)
{
    *town = (struct town){.now_ms = 1};
    town->providers =
        world_providers((struct world_provider[]){{"alpha", "2"}, {"beta", "1"}, {0}});
    town->clients = world_clients((struct world_client[]){{"shop", "0%", {{0}}}, {0}});
    unsigned alpha = town->providers->list[0].id;
    town->lists[alpha] = world_list(alpha_rows);
    provider_list_add(town->lists[alpha], &(struct panelrow){.id = STR("108"),
                                                             .name = STR("Unreadable"),
                                                             .category = STR("P"),
                                                             .type = ORDERTYPE_DEFAULT,
                                                             .has_limits = true,
                                                             .min = 3,
                                                             .max = 4,
                                                             .is_unpriced = true});
    provider_list_seal(town->lists[alpha]);
    town->lists[town->providers->list[1].id] = world_list(beta_rows);
    town->books[alpha] = &town->alpha_book;
    pricebook_need(&town->alpha_book, STR("gone"));
}

/* Quarantined since that moment; last: the price accepted before, or NULL. */
static void hold(struct town *town, const char *service, const char *last, int64_t since_ms)
{
    struct price_state *price = pricebook_need(&town->alpha_book, str_of(service));
    *price = (struct price_state){.is_quarantined = true, .held_since_ms = since_ms};
    if (since_ms < town->now_ms)
        price->held_ran_ms = town->now_ms - since_ms;
    price->has_accepted = last != NULL;
    if (last)
        price->accepted = money_of(last);
}

static void town_fini(struct town *town)
{
    for (size_t i = 0; i < PROVIDER_MAX; i++)
        provider_list_free(&town->lists[i]);
    pricebook_fini(&town->alpha_book);
    client_set_unpin(&town->clients);
    provider_set_unpin(&town->providers);
}

static struct catalogue *make(struct town *town, struct service_settings *services, size_t count,
                              const struct importplan *plan)
{
    struct catalogue_settings settings = {.unlist_ms = UNLIST,
                                          .services = services,
                                          .service_count = count,
                                          .decimals = 5,
                                          .currency = (char *)(uintptr_t) "USD"};
    struct assemble_input input = {.settings = &settings,
                                   .providers = town->providers,
                                   .lists = (const struct provider_list *const *)town->lists,
                                   .books = (const struct pricebook *const *)town->books,
                                   .blocked_since_ms = town->blocked_since_ms,
                                   .plan = plan};
    struct catalogue *catalogue = assemble_make(&input, town->now_ms);
    pricelist_make_all(catalogue, town->clients, NULL);
    return catalogue;
}

static struct service_settings configured(const struct wish *wish, struct offer_settings *offers)
{
    struct service_settings service = {.id = 1,
                                       .name = (char *)(uintptr_t)wish->name,
                                       .category = (char *)(uintptr_t)wish->category,
                                       .type = wish->type,
                                       .routing = wish->routing,
                                       .has_min = wish->min > 0,
                                       .min = wish->min,
                                       .has_max = wish->max > 0,
                                       .max = wish->max,
                                       .markup = markup_of(wish->markup),
                                       .has_rate = wish->rate != NULL,
                                       .offers = offers};
    if (wish->rate)
        service.rate = money_of(wish->rate);
    for (; service.offer_count < OFFERS && wish->offers[service.offer_count].provider;
         service.offer_count++)
        offers[service.offer_count] = (struct offer_settings){
            .provider = (char *)(uintptr_t)wish->offers[service.offer_count].provider,
            .service = (char *)(uintptr_t)wish->offers[service.offer_count].service,
            .weight = 1};
    return service;
}

/* "name|category|base|exchange|rate|type|min|max|flags|offers" */
static void tell(const struct service *service, const char *rate, struct buf *out)
{
    char base[MONEY_TEXT];
    money_print(service->terms.base, 0, base);
    buf_printf(out, STR_FMT "|" STR_FMT "|%s|%lld|%s|%d|%lld|%lld|%s%s%s|", STR_ARG(service->name),
               STR_ARG(service->category), base,
               (long long)(service->terms.exchange.units / FACTOR_ONE), rate, (int)service->type,
               (long long)service->min, (long long)service->max, service->refill ? "r" : "",
               service->cancel ? "c" : "", service->dripfeed ? "d" : "");
    for (size_t i = 0; i < service->offer_count; i++) {
        const struct offer *offer = &service->offers[i];
        buf_add_byte(out, offer->is_quarantined ? 'Q'
                          : offer->is_void      ? 'v'
                          : offer->is_known     ? 'k'
                          : offer->is_gone      ? 'g'
                                                : '-');
    }
}

static void test_services(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wishes); i++) {
        const struct wish *wish = &wishes[i];
        struct town town;
        struct offer_settings offers[OFFERS];
        town_init(&town);
        if (wish->held)
            hold(&town, wish->held, wish->last, 1);
        struct service_settings service = configured(wish, offers);
        struct catalogue *catalogue = make(&town, &service, 1, &(struct importplan){0});
        struct money rate;
        char rate_text[MONEY_TEXT] = "none";
        if (pricelist_rate(pricelist_of(catalogue, &town.clients->list[0]), catalogue->list, &rate))
            money_print(rate, 0, rate_text);
        struct buf got, expected;
        buf_init(&got, 1000);
        buf_init(&expected, 1000);
        tell(&catalogue->list[0], rate_text, &got);
        buf_printf(&expected, "%s|%s|%s|%s|%s|%d|%lld|%lld|%s|%s", wish->is.name, wish->is.category,
                   wish->is.base, wish->is.exchange, wish->is.rate ? wish->is.rate : "none",
                   (int)wish->is.type, (long long)wish->is.min, (long long)wish->is.max,
                   wish->is.flags, wish->is.offers);
        if (strcmp(got.ptr, expected.ptr) != 0)
            fail_msg("%s:\n%s\n%s", wish->what, got.ptr, expected.ptr);
        buf_fini(&got);
        buf_fini(&expected);
        catalogue_unpin(&catalogue);
        town_fini(&town);
    }
}

/* Explicit ones and imports stand together, by id. */
static void test_imported(void **state)
{
    struct town town;
    struct offer_settings offers[OFFERS];
    (void)state;
    town_init(&town);
    struct service_settings service = configured(&wishes[0], offers);
    service.id = 50;
    struct import_settings import = {.markup = markup_of("100%"), .allow_loss = true};
    unsigned beta = town.providers->list[1].id;
    struct importrow row = {
        .id = 7, .provider_id = beta, .row = &town.lists[beta]->rows[0], .import = &import};
    struct importplan plan = {.rows = &row, .count = 1};
    struct catalogue *catalogue = make(&town, &service, 1, &plan);
    assert_int_equal(catalogue->count, 2);
    assert_true(catalogue->has_lists);
    const struct service *imported = catalogue_find(catalogue, 7);
    assert_ptr_equal(imported, &catalogue->list[0]);
    assert_non_null(catalogue_find(catalogue, 50));
    assert_null(catalogue_find(catalogue, 8));
    assert_null(catalogue_find(catalogue, 0));
    assert_true(imported->is_priced && imported->allow_loss);
    struct money rate;
    assert_true(pricelist_rate(pricelist_of(catalogue, &town.clients->list[0]), imported, &rate));
    assert_int_equal(rate.units, money_of("1").units);
    struct catalogue *again = make(&town, &service, 1, &plan);
    assert_true(catalogue_is_same(catalogue, again));
    pricebook_need(&town.alpha_book, STR("101"))->is_quarantined = true;
    struct catalogue *other = make(&town, &service, 1, &plan);
    assert_false(catalogue_is_same(catalogue, other));
    catalogue_unpin(&other);
    catalogue_unpin(&again);
    struct catalogue *pinned = catalogue_pin(catalogue);
    catalogue_unpin(&catalogue);
    assert_non_null(catalogue_find(pinned, 7));
    catalogue_unpin(&pinned);
    town_fini(&town);
}

/* A service leaves the list when no offer could be used for `unlist`, and not before. */
static void test_unlisted(void **state)
{
    static const struct {
        const char *what;
        int64_t held_ms[2], blocked_ms[2]; /* alpha's 101 and 104; alpha and beta. 0: not */
        size_t offers;                     /* 101, 104 of alpha, 7 of beta */
        int64_t now_ms;
        bool is_listed;
        int64_t unlist_at_ms;
        const char *base;
    } cases[] = {
        {"good", {0}, {0}, 3, 9000, true, 0, "0.9"},
        {"all quarantined", {100, 200}, {0}, 2, 1199, true, 1200, "33"},
        {"for long enough", {100, 200}, {0}, 2, 1200, false, 0, "33"},
        {"the last to be quarantined was the base", {200, 100}, {0}, 2, 300, true, 1200, "11"},
        {"at once: the first one", {200, 200}, {0}, 2, 300, true, 1200, "11"},
        {"one is left", {100, 200}, {0}, 3, 9000, true, 0, "0.5"},
        {"the one that is left is closed", {100, 200}, {0, 500}, 3, 1499, true, 1500, "0.5"},
        {"for long enough", {100, 200}, {0, 500}, 3, 1500, false, 0, "0.5"},
        {"the provider takes no orders", {0}, {700, 0}, 2, 1699, true, 1700, "0.9"},
        {"for long enough", {0}, {700, 0}, 2, 1700, false, 0, "0.9"},
        {"the earlier of the two", {900, 800}, {700, 0}, 2, 1699, true, 1700, "11"},
        {"a clock that was set back", {5000, 5000}, {0}, 2, 10, true, 1010, "11"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct town town;
        struct offer_settings offers[3] = {
            {(char *)(uintptr_t) "alpha", (char *)(uintptr_t) "101", 1},
            {(char *)(uintptr_t) "alpha", (char *)(uintptr_t) "104", 1},
            {(char *)(uintptr_t) "beta", (char *)(uintptr_t) "7", 1}};
        struct service_settings service = {
            .id = 1, .type = U, .offers = offers, .offer_count = cases[i].offers};
        town_init(&town);
        town.now_ms = cases[i].now_ms;
        if (cases[i].held_ms[0])
            hold(&town, "101", "11", cases[i].held_ms[0]);
        if (cases[i].held_ms[1])
            hold(&town, "104", "33", cases[i].held_ms[1]);
        for (size_t p = 0; p < 2; p++)
            town.blocked_since_ms[town.providers->list[p].id] = cases[i].blocked_ms[p];
        struct catalogue *catalogue = make(&town, &service, 1, &(struct importplan){0});
        if (catalogue->list[0].is_priced != cases[i].is_listed ||
            catalogue->unlist_at_ms != cases[i].unlist_at_ms ||
            catalogue->list[0].terms.base.units != money_of(cases[i].base).units)
            fail_msg("%zu, %s: listed %d, until %lld, at %lld", i, cases[i].what,
                     catalogue->list[0].is_priced, (long long)catalogue->unlist_at_ms,
                     (long long)catalogue->list[0].terms.base.units);
        catalogue_unpin(&catalogue);
        town_fini(&town);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_services),
                                       cmocka_unit_test(test_unlisted),
                                       cmocka_unit_test(test_imported)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
