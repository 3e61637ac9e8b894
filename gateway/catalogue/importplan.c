/* See importplan.h. */
#include "catalogue/importplan.h"

#include <stdlib.h>

#include "catalogue/cleantext.h"
#include "money/quote.h"

static bool importplan_matches_any(struct str text, char *const *patterns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_matches(text, str_of(patterns[i])))
            return true;
    return count == 0;
}

/* "100-199", for ids that are numbers; an id may also be written like that itself. */
static bool importplan_is_within(struct str id, struct str range)
{
    uint64_t number, first, last;
    size_t dash = str_find_byte(range, '-');
    return dash != SIZE_MAX && str_to_u64(id, &number) &&
           str_to_u64(str_first(range, dash), &first) &&
           str_to_u64(str_from(range, dash + 1), &last) && first <= number && number <= last;
}

static bool importplan_has_id(const struct import_settings *import, struct str id)
{
    for (size_t i = 0; i < import->service_count; i++)
        if (importplan_is_within(id, str_of(import->services[i])))
            return true;
    return importplan_matches_any(id, import->services, import->service_count);
}

static bool importplan_has_type(const struct import_settings *import, enum ordertype type)
{
    for (size_t i = 0; i < import->type_count; i++)
        if (import->types[i] == type)
            return true;
    return import->type_count == 0;
}

/* 0, unreadable, 1000 and more of ours for 1000 pieces, or nines alone, whatever the currency. */
static bool importplan_is_price_of_nobody(const struct panelrow *row, struct factor exchange)
{
    enum { NOBODY_PAYS = 1000 };
    struct money cost;
    int64_t whole = row->rate.units / MONEY_ONE;
    if (row->rate.units <= 0 || !quote_cost(row->rate, exchange, &cost))
        return true;
    while (whole >= 1000 && whole % 10 == 9)
        whole /= 10;
    return cost.units >= NOBODY_PAYS * MONEY_ONE || whole == 999;
}

bool importplan_is_heading(const struct panelrow *row, struct factor exchange)
{
    bool is_one_piece = row->has_limits && row->min <= 1 && row->max == 1;
    return cleantext_is_framed(row->name) &&
           (is_one_piece || importplan_is_price_of_nobody(row, exchange));
}

bool importplan_wants(const struct import_settings *import, const struct panelrow *row,
                      struct factor exchange)
{
    return row->type != ORDERTYPE_UNKNOWN && !cleantext_is_decoration(row->name) &&
           !importplan_is_heading(row, exchange) && importplan_has_type(import, row->type) &&
           importplan_matches_any(row->category, import->categories, import->category_count) &&
           importplan_has_id(import, row->id);
}

/* The numbers of the services that are written out, sorted. */
struct written {
    uint32_t *ids;
    size_t count;
};

static int importplan_compare_ids(const void *a, const void *b)
{
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    return first < second ? -1 : first > second;
}

static bool importplan_is_written(uint32_t number, const void *arg)
{
    const struct written *written = arg;
    return written->count > 0 && bsearch(&number, written->ids, written->count,
                                         sizeof *written->ids, importplan_compare_ids) != NULL;
}

static struct written importplan_written_make(const struct catalogue_settings *settings)
{
    struct written written = {.count = settings->service_count};
    written.ids = memory_array(written.count + 1, sizeof *written.ids);
    for (size_t i = 0; i < written.count; i++)
        written.ids[i] = settings->services[i].id;
    qsort(written.ids, written.count, sizeof *written.ids, importplan_compare_ids);
    return written;
}

/* first_id + theirs, 0 when that is no number of ours. */
static uint32_t importplan_wanted_number(const struct import_settings *import, struct str theirs)
{
    uint64_t number;
    if (!str_to_u64(theirs, &number) || number > IMPORTNUMBERS_LAST)
        return 0;
    number += import->first_id;
    return number <= IMPORTNUMBERS_LAST ? (uint32_t)number : 0;
}

struct planner {
    struct importnumbers *numbers;
    struct written written;
    struct importplan *plan;
};

static uint32_t importplan_highest_free(struct planner *planner)
{
    uint32_t number =
        importnumbers_highest_free(planner->numbers, importplan_is_written, &planner->written);
    planner->plan->moved += number > 0;
    planner->plan->left_over += number == 0;
    return number;
}

/* A number that nobody has or had: first_id + theirs for the first one, else the highest. */
static uint32_t importplan_new_number(struct planner *planner, const struct import_settings *import,
                                      struct str theirs, bool is_first)
{
    uint32_t number = is_first ? importplan_wanted_number(import, theirs) : 0;
    if (number == 0 || importplan_is_written(number, &planner->written) ||
        importnumbers_is_taken(planner->numbers, number))
        number = importplan_highest_free(planner);
    if (number > 0 &&
        !importnumbers_give(planner->numbers, str_of(import->provider), theirs, number))
        return 0;
    return number;
}

static uint32_t importplan_number_for(struct planner *planner, const struct import_settings *import,
                                      struct str theirs)
{
    for (unsigned place = 0;; place++) {
        uint32_t number =
            importnumbers_find(planner->numbers, str_of(import->provider), theirs, place);
        if (number == 0)
            return importplan_new_number(planner, import, theirs, place == 0);
        if (!importplan_is_written(number, &planner->written))
            return number;
    }
}

static void importplan_plan_add(struct importplan *plan, const struct importrow *row)
{
    if (plan->count == plan->room) {
        plan->room = plan->room ? plan->room * 2 : 256;
        plan->rows = memory_resize(plan->rows, plan->room, sizeof *plan->rows);
    }
    plan->rows[plan->count++] = *row;
}

static int importplan_compare_rows(const void *a, const void *b)
{
    const struct importrow *first = a, *second = b;
    if (first->id != second->id)
        return first->id < second->id ? -1 : 1;
    return first->import < second->import ? -1 : first->import > second->import;
}

/* Two imports that both want a service: the first one in the configuration has it. */
static void importplan_drop_doubles(struct importplan *plan)
{
    if (plan->count == 0)
        return;
    qsort(plan->rows, plan->count, sizeof *plan->rows, importplan_compare_rows);
    size_t kept = 1;
    for (size_t i = 1; i < plan->count; i++)
        if (plan->rows[i].id != plan->rows[kept - 1].id)
            plan->rows[kept++] = plan->rows[i];
    plan->count = kept;
}

void importplan_make(const struct catalogue_settings *settings,
                     const struct provider_set *providers,
                     const struct provider_list *const lists[PROVIDER_MAX],
                     struct importnumbers *numbers, struct importplan *out)
{
    *out = (struct importplan){0};
    struct planner planner = {
        .numbers = numbers, .written = importplan_written_make(settings), .plan = out};
    for (size_t i = 0; i < settings->import_count; i++) {
        const struct import_settings *import = &settings->imports[i];
        const struct provider *provider = provider_set_find(providers, str_of(import->provider));
        const struct provider_list *list = provider ? lists[provider->id] : NULL;
        for (size_t r = 0; list && r < list->count; r++) {
            const struct panelrow *row = &list->rows[r];
            uint32_t number = importplan_wants(import, row, provider->exchange)
                                  ? importplan_number_for(&planner, import, row->id)
                                  : 0;
            if (number > 0)
                importplan_plan_add(out, &(struct importrow){.id = number,
                                                             .provider_id = provider->id,
                                                             .row = row,
                                                             .import = import});
        }
    }
    importplan_drop_doubles(out);
    free(planner.written.ids);
}

void importplan_fini(struct importplan *plan)
{
    free(plan->rows);
    *plan = (struct importplan){0};
}
