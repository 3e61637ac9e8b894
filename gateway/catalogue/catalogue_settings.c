/* The keys of what we sell: `catalogue:`, `services:` with their offers, `imports:`, and what frees
 * them. See catalogue_settings.h. */
#include "catalogue/catalogue_settings.h"

#include <stdlib.h>

#include "money/money.h"
#include "providers/provider.h"
#include "settings/rows.h"

enum { SERVICES_MAX = 200000, IMPORTS_MAX = 256, WEIGHT_MAX = 1000000, FILTERS_MAX = 10000 };

static bool catalogue_settings_parse_type(struct str text, const struct setting_row *row,
                                          void *field, struct fault *why)
{
    (void)row;
    enum ordertype type = ordertype_fold(text);
    if (type == ORDERTYPE_UNKNOWN) {
        const char *names[ORDERTYPE_COUNT];
        struct buf hint;
        for (unsigned i = 0; i < ORDERTYPE_COUNT; i++)
            names[i] = ordertype_name((enum ordertype)i);
        buf_init(&hint, 400);
        rows_suggest(text, names, ORDERTYPE_COUNT, &hint);
        fault_set(why, FAULT_INVALID, "is no order type; %s", buf_str(&hint).ptr);
        buf_fini(&hint);
        return false;
    }
    *(enum ordertype *)field = type;
    return true;
}

static const struct setting_kind type_kind = {
    .name = "an order type",
    .form = "such as Default, Package or Custom Comments",
    .size = sizeof(enum ordertype),
    .parse = catalogue_settings_parse_type,
};

/* ---- services ---- */

static const struct setting_row offer_list[] = {
    {.key = "provider",
     .kind = &kind_name,
     .offset = offsetof(struct offer_settings, provider),
     .refers_to = "provider",
     .is_needed = true,
     .sentence = "The name of one of `providers`."},
    {.key = "service",
     .kind = &kind_text,
     .offset = offsetof(struct offer_settings, service),
     .is_needed = true,
     .sentence = "The panel's own id of the service."},
    {.key = "weight",
     .kind = &kind_unsigned,
     .offset = offsetof(struct offer_settings, weight),
     .min = 1,
     .max = WEIGHT_MAX,
     .standard = "1",
     .sentence = "Its share with `routing: weighted`."},
};
static const struct setting_table offer_rows = {.name = "an offer",
                                                .rows = offer_list,
                                                .count = COUNT_OF(offer_list),
                                                .size = sizeof(struct offer_settings)};

static const struct setting_choice margins[] = {{.word = "never_below_cost", .value = false},
                                                {.word = "allow_loss", .value = true},
                                                {.word = NULL}};
static const struct setting_choice routings[] = {{.word = "priority", .value = RANKING_PRIORITY},
                                                 {.word = "cheapest", .value = RANKING_CHEAPEST},
                                                 {.word = "weighted", .value = RANKING_WEIGHTED},
                                                 {.word = NULL}};
static const struct setting_choice afters[] = {
    {.word = "refund", .value = false}, {.word = "next_offer", .value = true}, {.word = NULL}};
static const struct setting_choice same_links[] = {{.word = "allow", .value = SAME_LINK_ALLOW},
                                                   {.word = "reject", .value = SAME_LINK_REJECT},
                                                   {.word = "queue", .value = SAME_LINK_QUEUE},
                                                   {.word = NULL}};

static const struct setting_row service_list[] = {
    {.key = "id",
     .kind = &kind_unsigned,
     .offset = offsetof(struct service_settings, id),
     .min = 1,
     .max = INT32_MAX,
     .names = "service",
     .is_needed = true,
     .sentence = "Our id, which clients order by."},
    {.key = "name",
     .kind = &kind_text,
     .offset = offsetof(struct service_settings, name),
     .standard_text = "the first offer's",
     .sentence = "As published."},
    {.key = "category",
     .kind = &kind_text,
     .offset = offsetof(struct service_settings, category),
     .standard_text = "the first offer's",
     .sentence = "As published."},
    {.key = "type",
     .kind = &type_kind,
     .offset = offsetof(struct service_settings, type),
     .standard_text = "the first offer's",
     .sentence = "The order type; offers of another type are left out."},
    {.key = "min",
     .kind = &kind_integer,
     .offset = offsetof(struct service_settings, min),
     .has_offset = offsetof(struct service_settings, has_min),
     .min = 1,
     .max = INT64_C(1000000000000),
     .standard_text = "the first offer's",
     .sentence = "The smallest quantity."},
    {.key = "max",
     .kind = &kind_integer,
     .offset = offsetof(struct service_settings, max),
     .has_offset = offsetof(struct service_settings, has_max),
     .min = 1,
     .max = INT64_C(1000000000000),
     .standard_text = "the first offer's",
     .sentence = "The largest quantity."},
    {.key = "rate",
     .kind = &money_kinds_amount,
     .offset = offsetof(struct service_settings, rate),
     .has_offset = offsetof(struct service_settings, has_rate),
     .standard_text = "by the first offer's cost",
     .sentence = "A fixed price for 1000, in `currency`, before the markups."},
    {.key = "markup",
     .kind = &money_kinds_markup,
     .offset = offsetof(struct service_settings, markup),
     .standard = "0%",
     .sentence = "On top of the cost, or of `rate`: percent first, then the amount."},
    {.key = "routing",
     .kind = &kind_choice,
     .offset = offsetof(struct service_settings, routing),
     .choices = routings,
     .standard = "priority",
     .sentence = "The order in which offers are tried: as written, by cost, or drawn by weight."},
    {.key = "margin",
     .kind = &kind_choice_bool,
     .offset = offsetof(struct service_settings, allow_loss),
     .choices = margins,
     .standard = "never_below_cost",
     .sentence = "Whether an offer that costs more than the charge may be taken."},
    {.key = "on_cancel",
     .kind = &kind_choice_bool,
     .offset = offsetof(struct service_settings, cancel_goes_on),
     .choices = afters,
     .standard = "refund",
     .sentence = "What follows when a provider cancels an order of which it delivered nothing, "
                 "unless its client asked for that: it ends, or goes on to the next offer."},
    {.key = "on_partial",
     .kind = &kind_choice_bool,
     .offset = offsetof(struct service_settings, partial_goes_on),
     .choices = afters,
     .standard = "refund",
     .sentence = "What follows when a provider delivers a part: the order ends, or what is left "
                 "goes on to the next offer."},
    {.key = "same_link",
     .kind = &kind_choice,
     .offset = offsetof(struct service_settings, same_link),
     .choices = same_links,
     .standard = "allow",
     .sentence = "A second order for a link that has one under way: it is placed, refused, or "
                 "taken and placed when the former one ends."},
    {.key = "offers",
     .kind = &kind_list,
     .table = &offer_rows,
     .offset = offsetof(struct service_settings, offers),
     .count_offset = offsetof(struct service_settings, offer_count),
     .max = RANKING_MAX,
     .is_needed = true,
     .sentence = "Who can deliver it; at most 64."},
};

static void catalogue_settings_service_begin(void *record)
{
    struct service_settings *service = record;
    service->type = ORDERTYPE_UNKNOWN; /* of the first offer */
}

static bool catalogue_settings_service_is_same_offer(const struct offer_settings *a,
                                                     const struct offer_settings *b)
{
    return a->provider && b->provider && a->service && b->service &&
           strcmp(a->provider, b->provider) == 0 && strcmp(a->service, b->service) == 0;
}

static void catalogue_settings_service_check_offers(struct setting_reader *reader,
                                                    const struct yamlnode *offers,
                                                    const struct service_settings *service)
{
    const struct yamlnode *node = offers->first;
    for (size_t i = 0; i < service->offer_count; i++, node = node->next)
        for (size_t j = 0; j < i; j++) {
            if (!catalogue_settings_service_is_same_offer(&service->offers[i], &service->offers[j]))
                continue;
            faultlist_add(reader->faults, node->place,
                          "the same offer twice, `%s` %s; each stands once",
                          service->offers[i].provider,
                          yamltree_show(str_of(service->offers[i].service)).text);
            break;
        }
}

static void catalogue_settings_service_check(struct setting_reader *reader,
                                             const struct yamlnode *map, void *record)
{
    const struct service_settings *service = record;
    const struct yamlnode *max = yamltree_find(map, "max"), *offers = yamltree_find(map, "offers");
    if (service->has_min && service->has_max && service->min > service->max)
        faultlist_add(reader->faults, max->place,
                      "`max` %lld is below `min` %lld; a larger one is right",
                      (long long)service->max, (long long)service->min);
    if (offers && offers->kind == YAMLNODE_LIST && offers->count == 0)
        faultlist_add(reader->faults, offers->place,
                      "`offers` is empty; at least one {provider: NAME, service: ID} is right");
    if (service->offer_count)
        catalogue_settings_service_check_offers(reader, offers, service);
}

static const struct setting_table service_rows = {.name = "a service",
                                                  .rows = service_list,
                                                  .count = COUNT_OF(service_list),
                                                  .size = sizeof(struct service_settings),
                                                  .begin = catalogue_settings_service_begin,
                                                  .check = catalogue_settings_service_check};

/* ---- imports ---- */

static const struct setting_row import_list[] = {
    {.key = "provider",
     .kind = &kind_name,
     .offset = offsetof(struct import_settings, provider),
     .refers_to = "provider",
     .is_needed = true,
     .sentence = "The name of one of `providers`."},
    {.key = "first_id",
     .kind = &kind_unsigned,
     .offset = offsetof(struct import_settings, first_id),
     .min = 0,
     .max = INT32_MAX,
     .is_needed = true,
     .sentence = "Our id is this plus theirs; an id that is no number or too large gets a stored "
                 "one."},
    {.key = "markup",
     .kind = &money_kinds_markup,
     .offset = offsetof(struct import_settings, markup),
     .standard = "0%",
     .sentence = "On top of the cost."},
    {.key = "margin",
     .kind = &kind_choice_bool,
     .offset = offsetof(struct import_settings, allow_loss),
     .choices = margins,
     .standard = "never_below_cost",
     .sentence = "Whether an offer that costs more than the charge may be taken."},
    {.key = "categories",
     .kind = &kind_list,
     .of = &kind_text,
     .offset = offsetof(struct import_settings, categories),
     .count_offset = offsetof(struct import_settings, category_count),
     .max = FILTERS_MAX,
     .standard_text = "all",
     .sentence = "Only these categories; `*` matches anything."},
    {.key = "types",
     .kind = &kind_list,
     .of = &type_kind,
     .offset = offsetof(struct import_settings, types),
     .count_offset = offsetof(struct import_settings, type_count),
     .max = ORDERTYPE_COUNT,
     .standard_text = "all",
     .sentence = "Only these order types."},
    {.key = "services",
     .kind = &kind_list,
     .of = &kind_text,
     .offset = offsetof(struct import_settings, services),
     .count_offset = offsetof(struct import_settings, service_count),
     .max = FILTERS_MAX,
     .standard_text = "all",
     .sentence =
         "Only these ids of the panel, or ranges of them such as 100-199; `*` matches anything."},
};

static const struct setting_table import_rows = {.name = "an import",
                                                 .rows = import_list,
                                                 .count = COUNT_OF(import_list),
                                                 .size = sizeof(struct import_settings)};

/* ---- the keys beside them ---- */

static const struct setting_row times_list[] = {
    {.key = "refresh",
     .kind = &kind_duration,
     .offset = offsetof(struct catalogue_settings, refresh_ms),
     .max = 7 * 86400000LL,
     .standard = "15m",
     .sentence = "How often each provider's list is asked."},
    {.key = "balance",
     .kind = &kind_duration,
     .offset = offsetof(struct catalogue_settings, balance_ms),
     .max = 7 * 86400000LL,
     .standard = "60s",
     .sentence = "How often each provider's balance is asked."},
    {.key = "price_jump",
     .kind = &money_kinds_percent,
     .offset = offsetof(struct catalogue_settings, price_jump),
     .min = PERCENT_WHOLE / 1000,
     .max = PERCENT_WHOLE * 1000,
     .standard = "50%",
     .sentence = "A provider's price that moves by more, either way, is quarantined."},
    {.key = "vanish_limit",
     .kind = &money_kinds_percent,
     .offset = offsetof(struct catalogue_settings, vanish_limit),
     .min = 0,
     .max = PERCENT_WHOLE,
     .standard = "30%",
     .sentence = "A list that lost more of its services than this at once is quarantined."},
    {.key = "unlist",
     .kind = &kind_duration,
     .offset = offsetof(struct catalogue_settings, unlist_ms),
     .max = 365 * 86400000LL,
     .standard = "24h",
     .sentence = "A service stays in the list at its last price while no offer can deliver it, and "
                 "leaves it after this long."},
};
static const struct setting_table times_rows = {.name = "`catalogue`",
                                                .rows = times_list,
                                                .count = COUNT_OF(times_list),
                                                .size = sizeof(struct catalogue_settings)};

static const struct setting_row list[] = {
    {.key = "currency",
     .kind = &provider_rows_currency,
     .offset = offsetof(struct catalogue_settings, currency),
     .standard = "USD",
     .sentence = "What clients see and pay."},
    {.key = "decimals",
     .kind = &kind_unsigned,
     .offset = offsetof(struct catalogue_settings, decimals),
     .min = 2,
     .max = 8,
     .standard = "5",
     .sentence = "Of published rates and charges."},
    {.key = "catalogue",
     .kind = &kind_table,
     .table = &times_rows,
     .sentence = "How providers' lists are followed."},
    {.key = "services",
     .kind = &kind_list,
     .table = &service_rows,
     .offset = offsetof(struct catalogue_settings, services),
     .count_offset = offsetof(struct catalogue_settings, service_count),
     .max = SERVICES_MAX,
     .sentence = "What we publish, with our ids."},
    {.key = "imports",
     .kind = &kind_list,
     .table = &import_rows,
     .offset = offsetof(struct catalogue_settings, imports),
     .count_offset = offsetof(struct catalogue_settings, import_count),
     .max = IMPORTS_MAX,
     .sentence = "Whole lists, kept in step with their provider."},
};

enum { FIRST_ID_STEP = 100000 };

/* Beyond all of them, with room for a list. */
static unsigned catalogue_settings_suggest_first_id(const struct catalogue_settings *settings)
{
    uint32_t largest = 0;
    for (size_t i = 0; i < settings->import_count; i++)
        if (settings->imports[i].first_id > largest)
            largest = settings->imports[i].first_id;
    return largest < INT32_MAX - 2 * FIRST_ID_STEP ? (largest / FIRST_ID_STEP + 1) * FIRST_ID_STEP
                                                   : 0;
}

/* Two lists that begin at the same number share all their numbers. One provider's list in several
 * parts is fine: its ids are its own. */
static void catalogue_settings_check(struct setting_reader *reader, const struct yamlnode *root,
                                     void *record)
{
    const struct catalogue_settings *settings = record;
    const struct yamlnode *imports = yamltree_find(root, "imports");
    const struct yamlnode *node = imports ? imports->first : NULL;
    for (size_t i = 0; i < settings->import_count && node; i++, node = node->next) {
        const struct import_settings *import = &settings->imports[i];
        const struct yamlnode *first_id = yamltree_find(node, "first_id"), *other = imports->first;
        for (size_t j = 0; j < i; j++, other = other->next) {
            if (first_id == NULL || yamltree_find(other, "first_id") == NULL ||
                import->first_id != settings->imports[j].first_id || import->provider == NULL ||
                settings->imports[j].provider == NULL ||
                strcmp(import->provider, settings->imports[j].provider) == 0)
                continue;
            faultlist_add(reader->faults, first_id->place,
                          "`first_id` %u is that of the import of `%s` as well; right is one "
                          "beyond that panel's largest id, such as %u",
                          import->first_id, settings->imports[j].provider,
                          catalogue_settings_suggest_first_id(settings));
            break;
        }
    }
}

const struct setting_table catalogue_rows = {.name = "the catalogue",
                                             .rows = list,
                                             .count = COUNT_OF(list),
                                             .size = sizeof(struct catalogue_settings),
                                             .check = catalogue_settings_check};

/* ---- their end ---- */

static void catalogue_settings_free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

static void catalogue_settings_service_fini(struct service_settings *service)
{
    for (size_t i = 0; i < service->offer_count; i++) {
        free(service->offers[i].provider);
        free(service->offers[i].service);
    }
    free(service->offers);
    free(service->name);
    free(service->category);
}

static void catalogue_settings_import_fini(struct import_settings *import)
{
    free(import->provider);
    catalogue_settings_free_texts(import->categories, import->category_count);
    free(import->types);
    catalogue_settings_free_texts(import->services, import->service_count);
}

void catalogue_settings_fini(struct catalogue_settings *settings)
{
    for (size_t i = 0; i < settings->service_count; i++)
        catalogue_settings_service_fini(&settings->services[i]);
    for (size_t i = 0; i < settings->import_count; i++)
        catalogue_settings_import_fini(&settings->imports[i]);
    free(settings->services);
    free(settings->imports);
    free(settings->currency);
    *settings = (struct catalogue_settings){0};
}
