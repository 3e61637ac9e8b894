/* Who pays cost or less: what is said of services, imports and clients, with and without lists. */
#include "catalogue/margins.h"
#include "world.h"

enum { SERVICES = 3, CLIENTS = 2, SAID_BYTES = 4096 };

struct scene {
    const char *markups[SERVICES],
        *rates[SERVICES];         /* of the written services 1, 2, …; NULL: none */
    const char *import_markup;    /* NULL: no import */
    const char *clients[CLIENTS]; /* markups; NULL: none */
    const char *own;              /* the first client's price of service 1 */
    uint32_t only;                /* the only service of the first client; 0 */
    const char *costs[SERVICES];  /* alpha's 1, 2, …; NULL: no list */
    const char *said;
};

#define SOLD "sold at cost or less: "
#define RIGHT "; right is a `markup` above 0%, or a `rate` above the cost\n"
#define FIRST "client `c0` pays cost or less for "
#define SECOND "client `c1` pays cost or less for "
#define HIGHER "; right is a higher `markup`, or higher `prices`\n"
#define IMPORT "the import of alpha from 1000"

static const struct scene scenes[] = {
    {.markups = {"25%", "0.01"}, .said = ""},
    {.markups = {"0%"}, .said = SOLD "service 1" RIGHT},
    {.markups = {"0%", "10%", "-3%"}, .said = SOLD "service 1, service 3" RIGHT},
    {.markups = {"-3% + 0.05"}, .said = ""}, /* who knows */
    {.markups = {"-3% + 0.05"}, .costs = {"1"}, .said = ""},
    {.markups = {"-3% + 0.05"},
     .costs = {"2"},
     .said = SOLD "service 1 (at 1.99, costs 2.00)" RIGHT},
    {.markups = {"0%"}, .costs = {"0.9"}, .said = SOLD "service 1 (at 0.90, costs 0.90)" RIGHT},
    {.markups = {"0%"}, .clients = {"5%"}, .said = ""},
    {.markups = {"0%"}, .clients = {"5%", "0%"}, .said = SECOND "service 1" HIGHER},
    {.markups = {"25%"}, .clients = {"-20%", "5%"}, .said = FIRST "service 1" HIGHER},
    {.markups = {"25%"}, .clients = {"-20%"}, .said = SOLD "service 1" RIGHT},
    {.markups = {"25%"}, .clients = {"-19%", "-10%"}, .said = ""},
    {.markups = {"25%"},
     .clients = {"-10% + 0.1", "-20% - 0.1"},
     .said = SECOND "service 1" HIGHER},
    {.markups = {"0%", "0%"},
     .clients = {"0%"},
     .only = 2,
     .said = SOLD "service 1, service 2" RIGHT},
    {.markups = {"0%"}, .clients = {"0%", "5%"}, .only = 2, .said = ""},
    {.markups = {"25%"}, .clients = {"0%", "0%"}, .own = "0.9", .said = ""},
    {.markups = {"25%"},
     .clients = {"0%", "0%"},
     .own = "0.9",
     .costs = {"0.9"},
     .said = FIRST "service 1 (at 0.90, costs 0.90)" HIGHER},
    {.markups = {"25%"}, .clients = {"0%", "0%"}, .own = "0.91", .costs = {"0.9"}, .said = ""},
    {.rates = {"1"}, .said = ""},
    {.rates = {"1"}, .costs = {"1"}, .said = SOLD "service 1 (at 1.00, costs 1.00)" RIGHT},
    {.rates = {"1"}, .costs = {"1.1"}, .said = ""}, /* comparison.c has it */
    {.rates = {"1"},
     .costs = {"0.9"},
     .clients = {"-10%", "0%"},
     .said = FIRST "service 1 (at 0.90, costs 0.90)" HIGHER},
    {.import_markup = "0%",
     .said = IMPORT " sells at cost or less; right is a `markup` above 0%\n"},
    {.import_markup = "30%", .said = ""},
    {.import_markup = "30%", .clients = {"-30%", "0%"}, .said = FIRST IMPORT HIGHER},
    {.import_markup = "-10% + 0.1", .said = ""},
    {.import_markup = "-10% + 0.1", .costs = {"0.5", "0.9"}, .said = ""},
    {.import_markup = "-10% + 0.1",
     .costs = {"0.5", "1"},
     .said = IMPORT " sells at cost or less; right is a `markup` above 0%\n"},
    {.markups = {NULL}, .said = ""},
};

static void note(const char *message, const struct client_settings *client, void *arg)
{
    struct buf *said = arg;
    buf_printf(said, "%s\n", message);
    assert_true((client != NULL) == (strstr(message, "client `") == message));
}

static void fill_services(const struct scene *scene, struct service_settings *services,
                          struct offer_settings *offers, struct catalogue_settings *settings)
{
    static const char *const theirs[] = {"1", "2", "3"};
    for (uint32_t i = 0; i < SERVICES; i++) {
        if (!scene->markups[i] && !scene->rates[i])
            continue;
        offers[i] = (struct offer_settings){.provider = (char *)(uintptr_t) "alpha",
                                            .service = (char *)(uintptr_t)theirs[i]};
        struct service_settings *service = &services[settings->service_count++];
        *service = (struct service_settings){.id = i + 1, .offers = &offers[i], .offer_count = 1};
        if (scene->markups[i])
            service->markup = markup_of(scene->markups[i]);
        service->has_rate = scene->rates[i] != NULL;
        if (service->has_rate)
            service->rate = money_of(scene->rates[i]);
    }
}

static struct client_set *clients_of(const struct scene *scene)
{
    static const char *const names[] = {"c0", "c1"};
    struct client_settings list[CLIENTS] = {0};
    size_t count = 0;
    for (; count < CLIENTS && scene->clients[count]; count++) {
        list[count].name = memory_text(names[count]);
        list[count].markup = markup_of(scene->clients[count]);
    }
    if (scene->own) {
        list[0].prices = memory_new(sizeof *list[0].prices);
        *list[0].prices = (struct client_price){1, money_of(scene->own)};
        list[0].price_count = 1;
    }
    if (scene->only) {
        list[0].services = memory_new(sizeof *list[0].services);
        *list[0].services = (struct client_range){scene->only, scene->only};
        list[0].service_count = 1;
    }
    return client_set_new(list, count, NULL);
}

static struct provider_list *list_of(const struct scene *scene)
{
    static const char *const ids[] = {"1", "2", "3"};
    struct provider_list *list = provider_list_new(1);
    for (size_t i = 0; i < SERVICES && scene->costs[i]; i++)
        provider_list_add(list, &(struct panelrow){.id = str_of(ids[i]),
                                                   .name = STR("Likes"),
                                                   .category = STR("All"),
                                                   .type = ORDERTYPE_DEFAULT,
                                                   .rate = money_of(scene->costs[i])});
    provider_list_seal(list);
    return list;
}

static void play(size_t at)
{
    const struct scene *scene = &scenes[at];
    struct service_settings services[SERVICES];
    struct offer_settings offers[SERVICES];
    struct import_settings import = {.provider = (char *)(uintptr_t) "alpha", .first_id = 1000};
    struct catalogue_settings settings = {.decimals = 5, .services = services, .imports = &import};
    struct provider_set *set = world_providers((struct world_provider[]){{"alpha", "1"}, {0}});
    struct client_set *clients = clients_of(scene);
    struct provider_list *lists[PROVIDER_MAX] = {0}, *list = list_of(scene);
    struct buf said;
    buf_init(&said, SAID_BYTES);
    fill_services(scene, services, offers, &settings);
    settings.import_count = scene->import_markup != NULL;
    if (scene->import_markup)
        import.markup = markup_of(scene->import_markup);
    lists[set->list[0].id] = list;
    const struct margins margins = {
        .settings = &settings,
        .providers = set,
        .clients = clients,
        .lists = scene->costs[0] ? (const struct provider_list *const *)lists : NULL,
        .report = note,
        .arg = &said};
    margins_check(&margins);
    if (!str_is(buf_str(&said), scene->said))
        fail_msg("scene %zu:\n%s\ninstead of\n%s", at, said.ptr ? said.ptr : "", scene->said);
    buf_fini(&said);
    provider_list_free(&list);
    client_set_unpin(&clients);
    provider_set_unpin(&set);
}

static void test_scenes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scenes); i++)
        play(i);
}

/* Very many in one message: ten by name, and how many more. */
static void test_many(void **state)
{
    enum { MANY = 5000 };
    struct offer_settings offer = {.provider = (char *)(uintptr_t) "alpha",
                                   .service = (char *)(uintptr_t) "1"};
    struct service_settings *services = memory_array(MANY, sizeof *services);
    struct catalogue_settings settings = {
        .decimals = 5, .services = services, .service_count = MANY};
    struct provider_set *set = world_providers((struct world_provider[]){{"alpha", "1"}, {0}});
    struct client_set *clients = clients_of(&(struct scene){0});
    struct buf said;
    (void)state;
    buf_init(&said, SAID_BYTES);
    for (uint32_t i = 0; i < MANY; i++)
        services[i] = (struct service_settings){.id = i + 1, .offers = &offer, .offer_count = 1};
    const struct margins margins = {
        .settings = &settings, .providers = set, .clients = clients, .report = note, .arg = &said};
    margins_check(&margins);
    assert_non_null(strstr(said.ptr, "service 10 and 4990 more; right is"));
    buf_fini(&said);
    free(services);
    client_set_unpin(&clients);
    provider_set_unpin(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_scenes), cmocka_unit_test(test_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
