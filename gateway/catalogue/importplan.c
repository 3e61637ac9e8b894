/* See importplan.h. */
#include "catalogue/importplan.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/table.h"
#include "catalogue/cleantext.h"
#include "money/quote.h"

/* See importnumbers.h. A service's first number is kept under the panel's id, a further one under
 * that id, a separator and its place in the row: the ledger's rows stay what they were, and the
 * separator is in no id, for ids are printable. */

enum { SEPARATOR = 0x1F };

struct importnumbers_taken { /* a number that belongs, or once belonged, to a service */
    UT_hash_handle hh;
    uint32_t number;
};
struct importnumbers_entry { /* one number of one service */
    UT_hash_handle hh;
    uint32_t number;
    bool is_kept, is_handed_over; /* durable; handed over to become so */
    unsigned key_len;
    struct str provider, service; /* in key */
    char key[];                   /* provider, NUL, service as the ledger has it */
};
struct importnumbers {
    struct importnumbers_entry *entries;
    struct importnumbers_taken *taken;
    uint32_t highest_free; /* nothing above it is free */
};

struct importnumbers *importplan_numbers_new(void)
{
    struct importnumbers *numbers = memory_new(sizeof *numbers);
    numbers->highest_free = IMPORTNUMBERS_LAST - 1;
    return numbers;
}

void importplan_numbers_free(struct importnumbers **numbers)
{
    if (!*numbers)
        return;
    struct importnumbers_entry *entry, *next_entry;
    HASH_ITER(hh, (*numbers)->entries, entry, next_entry)
    {
        HASH_DEL((*numbers)->entries, entry);
        free(entry);
    }
    struct importnumbers_taken *taken, *next_taken;
    HASH_ITER(hh, (*numbers)->taken, taken, next_taken)
    {
        HASH_DEL((*numbers)->taken, taken);
        free(taken);
    }
    free(*numbers);
    *numbers = NULL;
}

static struct importnumbers_entry *importplan_numbers_entry_new(struct str provider,
                                                                struct str service)
{
    size_t len = provider.len + 1 + service.len;
    struct importnumbers_entry *entry = memory_new(sizeof *entry + len + 1);
    if (provider.len)
        memcpy(entry->key, provider.ptr, provider.len);
    if (service.len)
        memcpy(entry->key + provider.len + 1, service.ptr, service.len);
    entry->key_len = (unsigned)len;
    entry->provider = str_make(entry->key, provider.len);
    entry->service = str_make(entry->key + provider.len + 1, service.len);
    return entry;
}

static struct importnumbers_entry *importplan_numbers_search(const struct importnumbers *numbers,
                                                             struct str provider,
                                                             struct str service)
{
    struct importnumbers_entry *wanted = importplan_numbers_entry_new(provider, service),
                               *found = NULL;
    HASH_FIND(hh, numbers->entries, wanted->key, wanted->key_len, found);
    free(wanted);
    return found;
}

/* Under which the ledger has the service's number at that place, 0 the first; false for an id that
 * is too long to be one. */
static bool importplan_numbers_name(struct str service, unsigned place,
                                    char room[IMPORTNUMBERS_NAME], struct str *out)
{
    int len =
        snprintf(room, IMPORTNUMBERS_NAME, STR_FMT "%c%u", STR_ARG(service), SEPARATOR, place);
    if (len < 0 || len >= IMPORTNUMBERS_NAME)
        return false;
    *out = place == 0 ? service : str_make(room, (size_t)len);
    return true;
}

bool importplan_numbers_is_taken(const struct importnumbers *numbers, uint32_t number)
{
    struct importnumbers_taken *taken = NULL;
    HASH_FIND(hh, numbers->taken, &number, sizeof number, taken);
    return taken != NULL;
}

static void importplan_numbers_note_taken(struct importnumbers *numbers, uint32_t number)
{
    if (importplan_numbers_is_taken(numbers, number))
        return;
    struct importnumbers_taken *taken = memory_new(sizeof *taken);
    taken->number = number;
    HASH_ADD(hh, numbers->taken, number, sizeof taken->number, taken);
}

static void importplan_numbers_set(struct importnumbers *numbers, struct str provider,
                                   struct str service, uint32_t number, bool is_kept)
{
    struct importnumbers_entry *entry = importplan_numbers_search(numbers, provider, service);
    if (!entry) {
        entry = importplan_numbers_entry_new(provider, service);
        HASH_ADD_KEYPTR(hh, numbers->entries, entry->key, entry->key_len, entry);
    }
    entry->number = number;
    entry->is_kept = is_kept;
    entry->is_handed_over = false;
    importplan_numbers_note_taken(numbers, number);
}

void importplan_numbers_take(struct importnumbers *numbers, struct str provider, struct str service,
                             uint32_t number)
{
    importplan_numbers_set(numbers, provider, service, number, true);
}

bool importplan_numbers_give(struct importnumbers *numbers, struct str provider, struct str service,
                             uint32_t number)
{
    char room[IMPORTNUMBERS_NAME];
    struct str name;
    for (unsigned place = 0; place < IMPORTNUMBERS_PLACES; place++) {
        if (!importplan_numbers_name(service, place, room, &name))
            return false;
        if (importplan_numbers_search(numbers, provider, name))
            continue;
        importplan_numbers_set(numbers, provider, name, number, false);
        return true;
    }
    return false;
}

uint32_t importplan_numbers_find(const struct importnumbers *numbers, struct str provider,
                                 struct str service, unsigned place)
{
    char room[IMPORTNUMBERS_NAME];
    struct str name;
    if (place >= IMPORTNUMBERS_PLACES || !importplan_numbers_name(service, place, room, &name))
        return 0;
    struct importnumbers_entry *entry = importplan_numbers_search(numbers, provider, name);
    return entry ? entry->number : 0;
}

uint32_t importplan_numbers_highest_free(struct importnumbers *numbers,
                                         bool (*is_written)(uint32_t number, const void *arg),
                                         const void *arg)
{
    uint32_t number = numbers->highest_free;
    bool is_only_taken = true; /* what the configuration has written out may become free */
    for (; number > 0; number--) {
        bool is_taken = importplan_numbers_is_taken(numbers, number);
        if (!is_taken && !is_written(number, arg))
            return number;
        is_only_taken = is_only_taken && is_taken;
        if (is_only_taken)
            numbers->highest_free = number - 1;
    }
    return 0;
}

size_t importplan_numbers_unkept(struct importnumbers *numbers, struct ledger_import **list_out)
{
    size_t count = 0;
    *list_out = NULL;
    for (struct importnumbers_entry *entry = numbers->entries; entry; entry = entry->hh.next)
        count += !entry->is_kept;
    if (count == 0)
        return 0;
    *list_out = memory_array(count, sizeof **list_out);
    size_t at = 0;
    for (struct importnumbers_entry *entry = numbers->entries; entry; entry = entry->hh.next)
        if (!entry->is_kept) {
            entry->is_handed_over = true;
            (*list_out)[at++] = (struct ledger_import){.provider = entry->provider,
                                                       .upstream_service = entry->service,
                                                       .service = entry->number};
        }
    return count;
}

void importplan_numbers_all_kept(struct importnumbers *numbers)
{
    for (struct importnumbers_entry *entry = numbers->entries; entry; entry = entry->hh.next)
        entry->is_kept |= entry->is_handed_over;
}

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
        importplan_numbers_highest_free(planner->numbers, importplan_is_written, &planner->written);
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
        importplan_numbers_is_taken(planner->numbers, number))
        number = importplan_highest_free(planner);
    if (number > 0 &&
        !importplan_numbers_give(planner->numbers, str_of(import->provider), theirs, number))
        return 0;
    return number;
}

static uint32_t importplan_number_for(struct planner *planner, const struct import_settings *import,
                                      struct str theirs)
{
    for (unsigned place = 0;; place++) {
        uint32_t number =
            importplan_numbers_find(planner->numbers, str_of(import->provider), theirs, place);
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
