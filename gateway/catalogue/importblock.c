/* See importblock.h. */
#include "catalogue/importblock.h"

#include <stdlib.h>

#include "base/jsonwriter.h"
#include "catalogue/cleantext.h"
#include "catalogue/importplan.h"
#include "catalogue/pricebook.h"

struct importblock {
    const struct importblock_wish *wish;
    const struct provider *provider;
    const struct upstream_response *answer;
    struct provider_list *list; /* of the answer; owned */
    uint32_t *used;             /* our numbers in the configuration, sorted; owned */
    size_t used_count;
    struct str *offered; /* the panel's ids that it has as offers, sorted; owned */
    size_t offered_count;
    uint32_t next_up, next_down; /* numbers to give */
    struct arena arena;
};

/* ---- which rows ---- */

/* Why the row cannot be sold as it is; NULL when it can. */
static const char *importblock_obstacle(const struct provider *provider,
                                        const struct upstream_service *row, struct str name)
{
    if (row->id.len == 0)
        return "it has no id";
    if (row->is_doubled)
        return "the id stands twice with different content";
    if (!row->has_rate)
        return "its rate cannot be read";
    if (row->rate.units <= 0)
        return "its rate is 0";
    if (pricebook_is_absurd(row->rate, provider->exchange))
        return "its rate is absurd";
    if (cleantext_is_decoration(name))
        return "its name is a separator's";
    if (row->is_void)
        return "its limits leave nothing";
    const struct panelrow clean = {.name = name,
                                   .rate = row->rate,
                                   .has_limits = row->has_limits,
                                   .min = row->min,
                                   .max = row->max};
    if (importplan_is_heading(&clean, provider->exchange))
        return "its name is a heading's";
    if (row->type == ORDERTYPE_UNKNOWN)
        return "its type is unknown here; sold once `type:` says which it is";
    return NULL;
}

static bool importblock_has_category(const struct importblock_wish *wish, struct str category)
{
    for (size_t i = 0; i < wish->category_count; i++)
        if (str_matches(category, str_of(wish->categories[i])))
            return true;
    return wish->category_count == 0;
}

static bool importblock_has_type(const struct importblock_wish *wish, enum ordertype type)
{
    for (size_t i = 0; i < wish->type_count; i++)
        if (wish->types[i] == type)
            return true;
    return wish->type_count == 0;
}

static int importblock_compare_offers(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* The provider's services that are written out as offers, sorted. */
static void importblock_find_offered(struct importblock *block)
{
    const struct catalogue_settings *settings = block->wish->settings;
    for (size_t i = 0; i < settings->service_count; i++)
        for (size_t j = 0; j < settings->services[i].offer_count; j++) {
            const struct offer_settings *offer = &settings->services[i].offers[j];
            if (strcmp(offer->provider, block->provider->settings.name) != 0)
                continue;
            block->offered =
                memory_resize(block->offered, block->offered_count + 1, sizeof *block->offered);
            block->offered[block->offered_count++] = str_of(offer->service);
        }
    if (block->offered_count)
        qsort(block->offered, block->offered_count, sizeof *block->offered,
              importblock_compare_offers);
}

/* Written out as an offer, or taken by one of the imports. */
static bool importblock_is_known(const struct importblock *block, struct str service)
{
    const struct catalogue_settings *settings = block->wish->settings;
    const char *provider = block->provider->settings.name;
    const struct panelrow *row = provider_list_find(block->list, service);
    if (block->offered_count && bsearch(&service, block->offered, block->offered_count,
                                        sizeof service, importblock_compare_offers))
        return true;
    for (size_t i = 0; row && i < settings->import_count; i++)
        if (strcmp(settings->imports[i].provider, provider) == 0 &&
            importplan_wants(&settings->imports[i], row, block->provider->exchange))
            return true;
    return false;
}

static bool importblock_wants(struct importblock *block, const struct upstream_service *row)
{
    const struct importblock_wish *wish = block->wish;
    return importblock_has_category(wish, cleantext_make(&block->arena, row->category)) &&
           importblock_has_type(wish, row->type) &&
           !(wish->only_new && importblock_is_known(block, row->id));
}

/* ---- our numbers ---- */

static int importblock_compare(const void *a, const void *b)
{
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    return first < second ? -1 : first > second;
}

static bool importblock_is_used(const struct importblock *block, uint32_t number)
{
    return block->used_count > 0 && bsearch(&number, block->used, block->used_count,
                                            sizeof *block->used, importblock_compare) != NULL;
}

static uint32_t importblock_next_up(struct importblock *block)
{
    while (block->next_up < IMPORTNUMBERS_LAST && importblock_is_used(block, block->next_up))
        block->next_up++;
    return block->next_up < IMPORTNUMBERS_LAST ? block->next_up++ : 0;
}

static uint32_t importblock_next_down(struct importblock *block)
{
    while (importblock_is_used(block, block->next_down))
        block->next_down--;
    return block->next_down--;
}

/* Without a first number: theirs where that is a free number for us, else downwards from the last
 * one. 0: none is left. */
static uint32_t importblock_number_of(struct importblock *block, const struct upstream_service *row)
{
    uint64_t number;
    if (block->wish->first_id > 0)
        return importblock_next_up(block);
    if (str_to_u64(row->id, &number) && number > 0 && number < IMPORTNUMBERS_LAST / 2 &&
        !importblock_is_used(block, (uint32_t)number))
        return (uint32_t)number;
    return importblock_next_down(block);
}

static void importblock_init(struct importblock *block, const struct importblock_wish *wish,
                             const struct provider *provider,
                             const struct upstream_response *answer)
{
    const struct catalogue_settings *settings = wish->settings;
    *block = (struct importblock){.wish = wish,
                                  .provider = provider,
                                  .answer = answer,
                                  .list = provider_list_from_answer(answer, 0),
                                  .used_count = settings->service_count,
                                  .next_up = wish->first_id,
                                  .next_down = IMPORTNUMBERS_LAST - 1};
    block->used = memory_array(settings->service_count + 1, sizeof *block->used);
    for (size_t i = 0; i < settings->service_count; i++)
        block->used[i] = settings->services[i].id;
    qsort(block->used, block->used_count, sizeof *block->used, importblock_compare);
    importblock_find_offered(block);
    arena_init(&block->arena);
}

static void importblock_fini(struct importblock *block)
{
    provider_list_free(&block->list);
    free(block->used);
    free(block->offered);
    arena_fini(&block->arena);
}

/* NULL where it can be sold; number is 0 where none is left. */
static const char *importblock_why_not(struct importblock *block,
                                       const struct upstream_service *row, uint32_t number)
{
    if (number == 0)
        return "no number is left above --first-id";
    return importblock_obstacle(block->provider, row, cleantext_make(&block->arena, row->name));
}

/* ---- as YAML ---- */

static void importblock_print_facts(const struct provider *provider,
                                    const struct upstream_service *row, struct arena *arena,
                                    struct buf *out)
{
    char rate[MONEY_TEXT] = "?";
    if (row->has_rate)
        money_print(row->rate, 2, rate);
    struct str type = row->type == ORDERTYPE_UNKNOWN ? cleantext_make(arena, row->type_text)
                                                     : str_of(ordertype_name(row->type));
    buf_add_text(out, "# ");
    buf_add_json(out, type);
    buf_printf(out, ", %s %s per 1000", rate,
               provider->settings.currency ? provider->settings.currency : "");
    if (row->has_limits)
        buf_printf(out, ", %lld to %lld", (long long)row->min, (long long)row->max);
    buf_printf(out, "%s%s%s\n", row->refill ? ", refill" : "", row->cancel ? ", cancel" : "",
               row->dripfeed ? ", drip-feed" : "");
}

/* A panel's text in quotes. Its `${` is written `$${`: in our configuration it would stand for a
 * secret of ours, which we would then publish. */
static void importblock_print_text(struct str dirty, struct arena *arena, struct buf *out)
{
    struct str text = cleantext_make(arena, dirty);
    struct buf escaped;
    size_t at;
    buf_init(&escaped, 2 * text.len + 16);
    while ((at = str_find(text, STR("${"))) != SIZE_MAX) {
        buf_add_str(&escaped, str_first(text, at));
        buf_add_text(&escaped, "$${");
        text = str_from(text, at + 2);
    }
    buf_add_str(&escaped, text);
    buf_add_json(out, buf_str(&escaped));
    buf_fini(&escaped);
}

static void importblock_print_row(struct importblock *block, const struct upstream_service *row,
                                  const char *why_not, uint32_t number, struct buf *out)
{
    const char *lead = why_not ? "  # " : "  ";
    struct arena *arena = &block->arena;
    if (why_not)
        buf_printf(out, "%sleft out: %s\n", lead, why_not);
    buf_printf(out, "%s- id: %u    ", lead, number);
    importblock_print_facts(block->provider, row, arena, out);
    buf_printf(out, "%s  name: ", lead);
    importblock_print_text(row->name, arena, out);
    if (cleantext_make(arena, row->category).len > 0) {
        buf_printf(out, "\n%s  category: ", lead);
        importblock_print_text(row->category, arena, out);
    }
    buf_printf(out, "\n%s  markup: %s\n%s  offers:\n%s    - {provider: ", lead,
               block->wish->markup ? block->wish->markup : "0%", lead, lead);
    buf_add_json(out, str_of(block->provider->settings.name));
    buf_add_text(out, ", service: ");
    importblock_print_text(row->id, arena, out);
    buf_add_text(out, "}\n");
}

static void importblock_print_head(const struct importblock *block, struct buf *out)
{
    buf_printf(out,
               "# %s: its list of services, for review. Check the names%s,\n"
               "# and take what is to be sold into the configuration.\n",
               block->provider->settings.name,
               block->wish->markup ? "" : ", set the markup (0% sells at cost)");
    buf_add_text(out, "services:\n");
}

void importblock_print(const struct importblock_wish *wish, const struct provider *provider,
                       const struct upstream_response *answer, struct buf *out)
{
    struct importblock block;
    size_t printed = 0, left_out = 0, filtered = 0;
    importblock_init(&block, wish, provider, answer);
    importblock_print_head(&block, out);
    for (size_t i = 0; i < answer->service_count; i++) {
        const struct upstream_service *row = &answer->services[i];
        if (!importblock_wants(&block, row)) {
            filtered++;
            continue;
        }
        uint32_t number = importblock_number_of(&block, row);
        const char *why_not = importblock_why_not(&block, row, number);
        importblock_print_row(&block, row, why_not, number, out);
        printed += !why_not;
        left_out += why_not != NULL;
    }
    if (printed == 0)
        buf_add_text(out, "  []\n");
    buf_printf(out, "# %zu services, %zu left out", printed, left_out);
    if (filtered)
        buf_printf(out, ", %zu not asked for", filtered);
    buf_add_byte(out, '\n');
    importblock_fini(&block);
}

/* ---- as JSON ---- */

static void importblock_print_json_row(struct importblock *block,
                                       const struct upstream_service *row, struct jsonwriter *w)
{
    uint32_t number = importblock_number_of(block, row);
    const char *why_not = importblock_why_not(block, row, number);
    jsonwriter_object(w, NULL);
    jsonwriter_text(w, "service", row->id);
    jsonwriter_number(w, "id", number);
    jsonwriter_text(w, "name", row->name);
    jsonwriter_text(w, "category", row->category);
    jsonwriter_text(w, "type", row->type_text);
    if (row->has_rate)
        money_write_json(w, "rate", row->rate);
    else
        jsonwriter_null(w, "rate");
    jsonwriter_text(w, "markup", str_of(block->wish->markup ? block->wish->markup : "0%"));
    if (row->has_limits) {
        jsonwriter_number(w, "min", row->min);
        jsonwriter_number(w, "max", row->max);
    }
    jsonwriter_bool(w, "refill", row->refill);
    jsonwriter_bool(w, "cancel", row->cancel);
    jsonwriter_bool(w, "dripfeed", row->dripfeed);
    jsonwriter_text(w, "left_out", str_of(why_not ? why_not : ""));
    jsonwriter_object_end(w);
}

void importblock_print_json(const struct importblock_wish *wish, const struct provider *provider,
                            const struct upstream_response *answer, struct buf *out)
{
    struct importblock block;
    struct jsonwriter w = jsonwriter_to(out);
    importblock_init(&block, wish, provider, answer);
    jsonwriter_object(&w, NULL);
    jsonwriter_array(&w, "services");
    for (size_t i = 0; i < answer->service_count; i++)
        if (importblock_wants(&block, &answer->services[i]))
            importblock_print_json_row(&block, &answer->services[i], &w);
    jsonwriter_array_end(&w);
    jsonwriter_object_end(&w);
    buf_add_byte(out, '\n');
    importblock_fini(&block);
}
