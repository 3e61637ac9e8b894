/* A provider's list as a block of `services:`, for `panelmux import` (refresher.h). What cannot be
 * sold as it is stands there too, as a comment that says why. */
#include "base/arena.h"
#include "base/buf.h"
#include "catalogue/cleantext.h"
#include "catalogue/importplan.h"
#include "catalogue/quarantine.h"
#include "catalogue/refresher.h"

/* Why the row cannot be sold as it is; NULL when it can. */
static const char *importlist_obstacle(const struct provider *provider,
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
    if (quarantine_is_absurd(row->rate, provider->exchange))
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

/* Ours: theirs where that is a number for us, else counted downwards from the last one. */
static uint32_t importlist_number_of(const struct upstream_service *row, uint32_t *next_free)
{
    uint64_t number;
    if (str_to_u64(row->id, &number) && number > 0 && number < IMPORTNUMBERS_LAST / 2)
        return (uint32_t)number;
    return (*next_free)--;
}

static void importlist_print_facts(const struct provider *provider,
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
static void importlist_print_text(struct str dirty, struct arena *arena, struct buf *out)
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

static void importlist_print_row(const struct provider *provider,
                                 const struct upstream_service *row, const char *why_not,
                                 uint32_t number, struct arena *arena, struct buf *out)
{
    const char *lead = why_not ? "  # " : "  ";
    if (why_not)
        buf_printf(out, "%sleft out: %s\n", lead, why_not);
    buf_printf(out, "%s- id: %u    ", lead, number);
    importlist_print_facts(provider, row, arena, out);
    buf_printf(out, "%s  name: ", lead);
    importlist_print_text(row->name, arena, out);
    if (cleantext_make(arena, row->category).len > 0) {
        buf_printf(out, "\n%s  category: ", lead);
        importlist_print_text(row->category, arena, out);
    }
    buf_printf(out, "\n%s  markup: 0%%\n%s  offers:\n%s    - {provider: ", lead, lead, lead);
    buf_add_json(out, str_of(provider->settings.name));
    buf_add_text(out, ", service: ");
    importlist_print_text(row->id, arena, out);
    buf_add_text(out, "}\n");
}

void importlist_print(const struct provider *provider, const struct upstream_response *answer,
                      struct buf *out)
{
    struct arena arena;
    arena_init(&arena);
    uint32_t next_free = IMPORTNUMBERS_LAST - 1;
    size_t printed = 0, left_out = 0;
    buf_printf(out,
               "# %s: its list of services, for review. Check the names, set the markup,\n"
               "# and take what is to be sold into the configuration.\n",
               provider->settings.name);
    buf_add_text(out, "services:\n");
    for (size_t i = 0; i < answer->service_count; i++) {
        const struct upstream_service *row = &answer->services[i];
        const char *why_not = importlist_obstacle(provider, row, cleantext_make(&arena, row->name));
        importlist_print_row(provider, row, why_not, importlist_number_of(row, &next_free), &arena,
                             out);
        printed += !why_not;
        left_out += why_not != NULL;
    }
    if (printed == 0)
        buf_add_text(out, "  []\n");
    buf_printf(out, "# %zu services, %zu left out\n", printed, left_out);
    arena_fini(&arena);
}
