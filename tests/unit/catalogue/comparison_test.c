/* What lists say of the services and imports that are configured. */
#include "world.h"

#include <stdio.h>

#include "catalogue/comparison.h"

#define TEXT(text) ((char *)(uintptr_t)(text))

static const struct world_row alpha_rows[] = {
    {"1", "One", "Views", "1.00", ORDERTYPE_DEFAULT, 10, 1000, 0, 0, 0},
    {"2", "Two", "Views", "2.00", ORDERTYPE_PACKAGE, 1, 1, 0, 0, 0},
    {"3", "Three", "Likes", "1.00", ORDERTYPE_DEFAULT, 0, 0, 0, 0, 0},
    {"200", "Far", "Likes", "1.00", ORDERTYPE_DEFAULT, 1, 10, 0, 0, 0},
    {0},
};
static const struct world_row beta_rows[] = {
    {"50", "Fifty", "Views", "1.00", ORDERTYPE_DEFAULT, 10, 1000, 0, 0, 0},
    {"x", "Named", "Views", "1.00", ORDERTYPE_DEFAULT, 10, 1000, 0, 0, 0},
    {0},
};

/* An amount as written, "" for none. */
static const struct {
    const char *service; /* at alpha, one of ours in USD is two of its units */
    enum ordertype type;
    int64_t min, max; /* 0: not written */
    const char *rate, *markup;
    bool allow_loss;
    const char *findings; /* a piece of each, with '|' between; "" for none */
} services[] = {
    {"1", ORDERTYPE_UNKNOWN, 0, 0, "", "0%", false, ""},
    {"9", ORDERTYPE_UNKNOWN, 0, 0, "", "0%", false, "the panel lists no such service"},
    {"9", ORDERTYPE_PACKAGE, 1, 1, "0.01", "0%", false, "the panel lists no such service"},
    {"1", ORDERTYPE_UNKNOWN, 10, 1000, "", "0%", false, ""},
    {"1", ORDERTYPE_UNKNOWN, 9, 1001, "", "0%", false,
     "`min` 9 is below the panel's 10|`max` 1001 is above the panel's 1000"},
    {"3", ORDERTYPE_UNKNOWN, 1, 100000, "", "0%", false, ""}, /* the panel says no limits */
    {"1", ORDERTYPE_DEFAULT, 0, 0, "", "0%", false, ""},
    {"1", ORDERTYPE_PACKAGE, 0, 0, "", "0%", false, "its type is Default there, not Package"},
    {"1", ORDERTYPE_UNKNOWN, 0, 0, "0.50", "0%", false, ""},
    {"1", ORDERTYPE_UNKNOWN, 0, 0, "0.4999", "0%", false,
     "it costs 0.50 USD for 1000, above the fixed price of 0.4999, so this offer is never taken"},
    {"1", ORDERTYPE_UNKNOWN, 0, 0, "0.40", "25%", false, ""}, /* the markup is on top */
    {"1", ORDERTYPE_UNKNOWN, 0, 0, "0.40", "0%", true, "so each order is a loss"},
    {"1", ORDERTYPE_PACKAGE, 9, 0, "0.40", "0%", false,
     "its type is Default|`min` 9 is below|above the fixed price"},
};

struct heard {
    size_t count;
    char text[8][480];
};

static void hear(const char *message, void *arg)
{
    struct heard *heard = arg;
    assert_true(heard->count < COUNT_OF(heard->text));
    snprintf(heard->text[heard->count++], sizeof heard->text[0], "%s", message);
}

struct stage {
    struct provider_set *providers;
    const struct provider_list *lists[PROVIDER_MAX];
};

static void stage_init(struct stage *stage)
{
    *stage = (struct stage){0};
    stage->providers =
        world_providers((struct world_provider[]){{"alpha", "0.5"}, {"beta", "1"}, {0}});
    stage->lists[stage->providers->list[0].id] = world_list(alpha_rows);
    stage->lists[stage->providers->list[1].id] = world_list(beta_rows);
}

static void stage_fini(struct stage *stage)
{
    for (size_t i = 0; i < PROVIDER_MAX; i++) {
        struct provider_list *list = (struct provider_list *)(uintptr_t)stage->lists[i];
        provider_list_free(&list);
    }
    provider_set_unpin(&stage->providers);
}

static struct heard compare(const struct stage *stage, const struct catalogue_settings *settings)
{
    struct heard heard = {0};
    comparison_make(&(struct comparison){.settings = settings,
                                         .providers = stage->providers,
                                         .lists = stage->lists,
                                         .report = hear,
                                         .arg = &heard});
    return heard;
}

static void expect(const struct heard *heard, const char *findings, size_t which)
{
    struct str rest = findings[0] ? str_of(findings) : STR_NONE, piece;
    size_t count = 0;
    while (str_next(&rest, '|', &piece)) {
        if (count >= heard->count || str_find(str_of(heard->text[count]), piece) == SIZE_MAX)
            fail_msg("case %zu: no \"" STR_FMT "\" but \"%s\"", which, STR_ARG(piece),
                     count < heard->count ? heard->text[count] : "nothing");
        count++;
    }
    if (heard->count != count)
        fail_msg("case %zu: also \"%s\"", which, heard->text[count]);
}

static void check_services(void **state)
{
    struct stage stage;
    (void)state;
    stage_init(&stage);
    for (size_t i = 0; i < COUNT_OF(services); i++) {
        struct offer_settings offer = {.provider = TEXT("alpha"),
                                       .service = TEXT(services[i].service)};
        struct service_settings service = {.id = 7,
                                           .type = services[i].type,
                                           .has_min = services[i].min > 0,
                                           .has_max = services[i].max > 0,
                                           .min = services[i].min,
                                           .max = services[i].max,
                                           .has_rate = services[i].rate[0] != '\0',
                                           .markup = markup_of(services[i].markup),
                                           .allow_loss = services[i].allow_loss,
                                           .offers = &offer,
                                           .offer_count = 1};
        if (service.has_rate)
            service.rate = money_of(services[i].rate);
        const struct catalogue_settings settings = {
            .currency = TEXT("USD"), .decimals = 5, .services = &service, .service_count = 1};
        struct heard heard = compare(&stage, &settings);
        expect(&heard, services[i].findings, i);
    }
    stage_fini(&stage);
}

static void check_a_list_that_is_not_known(void **state)
{
    struct stage stage;
    struct offer_settings offer = {.provider = TEXT("alpha"), .service = TEXT("nothing")};
    struct service_settings service = {.id = 7, .offers = &offer, .offer_count = 1};
    const struct catalogue_settings settings = {
        .currency = TEXT("USD"), .decimals = 5, .services = &service, .service_count = 1};
    (void)state;
    stage_init(&stage);
    struct provider_list *list =
        (struct provider_list *)(uintptr_t)stage.lists[stage.providers->list[0].id];
    stage.lists[stage.providers->list[0].id] = NULL;
    struct heard heard = compare(&stage, &settings);
    assert_int_equal(heard.count, 0);
    provider_list_free(&list);
    stage_fini(&stage);
}

static void check_imports(void **state)
{
    static char *const views[] = {(char *)(uintptr_t) "Views"}, *const none[] = {
                                                                    (char *)(uintptr_t) "Nothing*"};
    static const struct {
        struct import_settings list[2];
        size_t count;
        const char *findings;
    } cases[] = {
        {{{.provider = TEXT("alpha"), .first_id = 1000},
          {.provider = TEXT("beta"), .first_id = 2000}},
         2,
         ""},
        {{{.provider = TEXT("alpha"), .first_id = 1000},
          {.provider = TEXT("beta"), .first_id = 1100}},
         2,
         "the import of beta from 1100 reaches the numbers of that of alpha, 1001 to 1200; right "
         "is "
         "a `first_id` above 1200"},
        /* Without the one far away they end before. */
        {{{.provider = TEXT("alpha"),
           .first_id = 1000,
           .categories = (char **)(uintptr_t)views,
           .category_count = 1},
          {.provider = TEXT("beta"), .first_id = 1100}},
         2,
         ""},
        {{{.provider = TEXT("alpha"), .first_id = 1000},
          {.provider = TEXT("alpha"), .first_id = 1000}},
         2,
         ""},
        {{{.provider = TEXT("alpha"),
           .first_id = 1000,
           .categories = (char **)(uintptr_t)none,
           .category_count = 1}},
         1,
         "the import of alpha from 1000 takes none of the 4 services there"},
    };
    struct stage stage;
    (void)state;
    stage_init(&stage);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct catalogue_settings settings = {
            .currency = TEXT("USD"),
            .decimals = 5,
            .imports = (struct import_settings *)(uintptr_t)cases[i].list,
            .import_count = cases[i].count};
        struct heard heard = compare(&stage, &settings);
        expect(&heard, cases[i].findings, i);
    }
    stage_fini(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_services),
        cmocka_unit_test(check_a_list_that_is_not_known),
        cmocka_unit_test(check_imports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
