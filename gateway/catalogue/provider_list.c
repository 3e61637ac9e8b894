/* See provider_list.h. */
#include "catalogue/provider_list.h"

#include <stdlib.h>

#include "catalogue/cleantext.h"

struct provider_list *provider_list_new(int64_t fetched_at_ms)
{
    struct provider_list *list = memory_new(sizeof *list);
    arena_init(&list->arena);
    list->fetched_at_ms = fetched_at_ms;
    return list;
}

void provider_list_free(struct provider_list **list)
{
    if (!*list)
        return;
    arena_fini(&(*list)->arena);
    free((*list)->rows);
    free(*list);
    *list = NULL;
}

void provider_list_add(struct provider_list *list, const struct panelrow *row)
{
    if (list->count == PROVIDER_LIST_MAX)
        return;
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 64;
        list->rows = memory_resize(list->rows, list->room, sizeof *list->rows);
    }
    struct panelrow *copy = &list->rows[list->count];
    *copy = *row;
    copy->id = arena_str(&list->arena, row->id);
    copy->name = cleantext_make(&list->arena, row->name);
    struct str category = cleantext_make(&list->arena, row->category);
    /* Categories come in runs; one copy a run. */
    bool is_same = list->count > 0 && str_equal(copy[-1].category, category);
    copy->category = is_same ? copy[-1].category : category;
    copy->has_limits = row->has_limits && row->min >= 0 && row->max >= row->min && row->max > 0;
    copy->is_void = row->is_void || (row->has_limits && !copy->has_limits);
    if (copy->is_unpriced)
        copy->rate = MONEY_ZERO;
    if (!copy->has_limits)
        copy->min = copy->max = 0;
    list->count++;
}

static int provider_list_compare_rows(const void *a, const void *b)
{
    const struct panelrow *first = a, *second = b;
    int order = str_compare(first->id, second->id);
    /* Copies are made in order of arrival and blocks are not: the name breaks the tie, so that
     * the outcome does not depend on the sorting. */
    return order ? order : str_compare(first->name, second->name);
}

void provider_list_seal(struct provider_list *list)
{
    if (list->count == 0)
        return;
    qsort(list->rows, list->count, sizeof *list->rows, provider_list_compare_rows);
    size_t kept = 1;
    for (size_t i = 1; i < list->count; i++)
        if (!str_equal(list->rows[i].id, list->rows[kept - 1].id))
            list->rows[kept++] = list->rows[i];
    list->count = list->room = kept;
    list->rows = memory_resize(list->rows, kept, sizeof *list->rows);
}

struct provider_list *provider_list_from_answer(const struct upstream_response *answer,
                                                int64_t fetched_at_ms)
{
    struct provider_list *list = provider_list_new(fetched_at_ms);
    for (size_t i = 0; i < answer->service_count; i++) {
        const struct upstream_service *service = &answer->services[i];
        if (service->id.len == 0 || service->id.len > PROVIDER_LIST_ID_MAX)
            continue;
        provider_list_add(list, &(struct panelrow){
                                    .id = service->id,
                                    .name = service->name,
                                    .category = service->category,
                                    .rate = service->rate,
                                    .min = service->min,
                                    .max = service->max,
                                    .type = service->type,
                                    .has_limits = service->has_limits,
                                    .is_void = service->is_void,
                                    .is_unpriced = !service->has_rate || service->is_doubled,
                                    .refill = service->refill,
                                    .cancel = service->cancel,
                                    .dripfeed = service->dripfeed,
                                    .no_refill = service->no_refill,
                                    .no_cancel = service->no_cancel,
                                });
    }
    provider_list_seal(list);
    return list;
}

const struct panelrow *provider_list_find(const struct provider_list *list, struct str id)
{
    size_t low = 0, high = list ? list->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(list->rows[middle].id, id);
        if (order == 0)
            return &list->rows[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

size_t provider_list_priced(const struct provider_list *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += !list->rows[i].is_unpriced;
    return count;
}

size_t provider_list_void(const struct provider_list *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += list->rows[i].is_void;
    return count;
}

size_t provider_list_missing(const struct provider_list *former, const struct provider_list *next)
{
    size_t missing = 0, at = 0;
    for (size_t i = 0; i < former->count; i++) {
        while (at < next->count && str_compare(next->rows[at].id, former->rows[i].id) < 0)
            at++;
        missing += at == next->count || !str_equal(next->rows[at].id, former->rows[i].id);
    }
    return missing;
}

bool provider_list_is_shrunken(const struct provider_list *former, const struct provider_list *next,
                               struct percent limit)
{
    __extension__ typedef __int128 wide;
    wide missing = (wide)provider_list_missing(former, next) * PERCENT_WHOLE;
    return missing > (wide)former->count * limit.units;
}
