/* See service_rows.h. */
#include "catalogue/service_rows.h"

#include "catalogue/catalogue_rows.h"
#include "money/money_kinds.h"
#include "settings/kind.h"

enum { WEIGHT_MAX = 1000000 };

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

const struct setting_choice service_rows_margins[] = {{.word = "never_below_cost", .value = false},
                                                      {.word = "allow_loss", .value = true},
                                                      {.word = NULL}};
static const struct setting_choice routings[] = {{.word = "priority", .value = RANKING_PRIORITY},
                                                 {.word = "cheapest", .value = RANKING_CHEAPEST},
                                                 {.word = "weighted", .value = RANKING_WEIGHTED},
                                                 {.word = NULL}};
static const struct setting_choice afters[] = {
    {.word = "refund"}, {.word = "next_offer", .is_due = true}, {.word = NULL}};
static const struct setting_choice same_links[] = {{.word = "allow"},
                                                   {.word = "reject", .is_due = true},
                                                   {.word = "queue", .is_due = true},
                                                   {.word = NULL}};

static const struct setting_row list[] = {
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
     .standard_words = "the first offer's",
     .sentence = "As published."},
    {.key = "category",
     .kind = &kind_text,
     .offset = offsetof(struct service_settings, category),
     .standard_words = "the first offer's",
     .sentence = "As published."},
    {.key = "type",
     .kind = &catalogue_rows_type,
     .offset = offsetof(struct service_settings, type),
     .standard_words = "the first offer's",
     .sentence = "The order type; offers of another type are left out."},
    {.key = "min",
     .kind = &kind_integer,
     .offset = offsetof(struct service_settings, min),
     .has_offset = offsetof(struct service_settings, has_min),
     .min = 1,
     .max = INT64_C(1000000000000),
     .standard_words = "the first offer's",
     .sentence = "The smallest quantity."},
    {.key = "max",
     .kind = &kind_integer,
     .offset = offsetof(struct service_settings, max),
     .has_offset = offsetof(struct service_settings, has_max),
     .min = 1,
     .max = INT64_C(1000000000000),
     .standard_words = "the first offer's",
     .sentence = "The largest quantity."},
    {.key = "rate",
     .kind = &money_kinds_amount,
     .offset = offsetof(struct service_settings, rate),
     .has_offset = offsetof(struct service_settings, has_rate),
     .standard_words = "by the first offer's cost",
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
     .choices = service_rows_margins,
     .standard = "never_below_cost",
     .sentence = "Whether an offer that costs more than the charge may be taken."},
    {.key = "on_cancel",
     .kind = &kind_choice_only,
     .choices = afters,
     .standard = "refund",
     .sentence = "What follows when a provider cancels."},
    {.key = "on_partial",
     .kind = &kind_choice_only,
     .choices = afters,
     .standard = "refund",
     .sentence = "What follows when a provider delivers a part."},
    {.key = "same_link",
     .kind = &kind_choice_only,
     .choices = same_links,
     .standard = "allow",
     .sentence = "A second order for a link that has one under way."},
    {.key = "offers",
     .kind = &kind_list,
     .table = &offer_rows,
     .offset = offsetof(struct service_settings, offers),
     .count_offset = offsetof(struct service_settings, offer_count),
     .max = RANKING_MAX,
     .is_needed = true,
     .sentence = "Who can deliver it; at most 64."},
};

static void service_rows_begin(void *record)
{
    struct service_settings *service = record;
    service->type = ORDERTYPE_UNKNOWN; /* of the first offer */
}

static bool service_rows_is_same_offer(const struct offer_settings *a,
                                       const struct offer_settings *b)
{
    return a->provider && b->provider && a->service && b->service &&
           strcmp(a->provider, b->provider) == 0 && strcmp(a->service, b->service) == 0;
}

static void service_rows_check_offers(struct setting_reader *reader, const struct yamlnode *offers,
                                      const struct service_settings *service)
{
    const struct yamlnode *node = offers->first;
    for (size_t i = 0; i < service->offer_count; i++, node = node->next)
        for (size_t j = 0; j < i; j++) {
            if (!service_rows_is_same_offer(&service->offers[i], &service->offers[j]))
                continue;
            faultlist_add(reader->faults, node->place,
                          "the same offer twice, `%s` %s; each stands once",
                          service->offers[i].provider,
                          yamlnode_show(str_of(service->offers[i].service)).text);
            break;
        }
}

static void service_rows_check(struct setting_reader *reader, const struct yamlnode *map,
                               void *record)
{
    const struct service_settings *service = record;
    const struct yamlnode *max = yamlnode_find(map, "max"), *offers = yamlnode_find(map, "offers");
    if (service->has_min && service->has_max && service->min > service->max)
        faultlist_add(reader->faults, max->place,
                      "`max` %lld is below `min` %lld; a larger one is right",
                      (long long)service->max, (long long)service->min);
    if (offers && offers->kind == YAMLNODE_LIST && offers->count == 0)
        faultlist_add(reader->faults, offers->place,
                      "`offers` is empty; at least one {provider: NAME, service: ID} is right");
    if (service->offer_count)
        service_rows_check_offers(reader, offers, service);
}

const struct setting_table service_rows = {.name = "a service",
                                           .rows = list,
                                           .count = COUNT_OF(list),
                                           .size = sizeof(struct service_settings),
                                           .begin = service_rows_begin,
                                           .check = service_rows_check};
