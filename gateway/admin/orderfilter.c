/* See orderfilter.h. */
#include "admin/orderfilter.h"

#include "admin/clientjson.h"
#include "base/arena.h"
#include "protocol/field.h"

enum { LINK_MAX = 4096, NAME_MAX_LEN = 256, UPSTREAM_MAX = 64 };

#define EVERY_STATE ((1u << ORDERSTATE_COUNT) - 1)

/* Spellings that people use beside the names. */
static const struct {
    const char *word; /* folded */
    enum orderstate state;
} others[] = {{"indoubt", ORDERSTATE_DOUBT}, {"cancelled", ORDERSTATE_CANCELED}};

static bool orderfilter_find_state(struct str given, unsigned *states)
{
    char room[STR_WORD_ROOM], other[STR_WORD_ROOM];
    struct str word = str_fold_word(given, room);
    for (unsigned i = 0; i < ORDERSTATE_COUNT; i++) {
        if (!str_equal(word, str_fold_word(str_of(orderstate_name((enum orderstate)i)), other)))
            continue;
        *states |= 1u << i;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (!str_is(word, others[i].word))
            continue;
        *states |= 1u << others[i].state;
        return true;
    }
    return false;
}

static bool orderfilter_read_states(const struct orderfilter *given, unsigned *out,
                                    struct fault *why)
{
    struct str rest = given->state, piece;
    *out = 0;
    if (given->is_doubt && given->state.len)
        return fault_set(why, FAULT_INVALID,
                         "in doubt is a state: give either in-doubt or state, not both");
    if (given->state.len == 0) {
        *out = given->is_doubt      ? 1u << ORDERSTATE_DOUBT
               : given->has_refused ? 0
                                    : EVERY_STATE & ~(1u << ORDERSTATE_REFUSED);
        return true;
    }
    while (str_next(&rest, ',', &piece))
        if (!orderfilter_find_state(str_trim(piece), out))
            return fault_set(why, FAULT_INVALID,
                             "state " STR_FMT " is none; they are placing, doubt, queued, pending, "
                             "processing, in_progress, completed, partial, canceled and refused",
                             STR_ARG(str_first(piece, 40)));
    if (given->has_refused)
        *out |= 1u << ORDERSTATE_REFUSED;
    return true;
}

static bool orderfilter_read_number(const char *name, struct str text, uint64_t max,
                                    uint64_t otherwise, uint64_t *out, struct fault *why)
{
    *out = otherwise;
    if (text.len == 0 || (str_to_u64(text, out) && *out >= 1 && *out <= max))
        return true;
    return fault_set(why, FAULT_INVALID, "%s must be a whole number from 1 to %llu", name,
                     (unsigned long long)max);
}

static bool orderfilter_check_len(const char *name, struct str text, size_t max, struct fault *why)
{
    return text.len <= max ||
           fault_set(why, FAULT_INVALID, "%s has %zu bytes; no order has one of more than %zu",
                     name, text.len, max);
}

static struct str orderfilter_given(struct str text)
{
    struct str trimmed = str_trim_unseen(text);
    return trimmed.len ? trimmed : STR_NONE;
}

bool orderfilter_read(const struct orderfilter *given, struct ledger_query *out, struct fault *why)
{
    uint64_t service, before, limit;
    *out = (struct ledger_query){.request = LEDGER_QUERY_LIST,
                                 .client = orderfilter_given(given->client),
                                 .provider = orderfilter_given(given->provider),
                                 .text = orderfilter_given(given->upstream),
                                 .link = orderfilter_given(given->link)};
    if (!orderfilter_read_states(given, &out->states, why) ||
        !orderfilter_read_number("service", given->service, INT32_MAX, 0, &service, why) ||
        !orderfilter_read_number("before", given->before, INT32_MAX, 0, &before, why) ||
        !orderfilter_read_number("limit", given->limit, ORDERFILTER_LIMIT_MAX,
                                 ORDERFILTER_LIMIT_DEFAULT, &limit, why) ||
        !orderfilter_check_len("client", out->client, NAME_MAX_LEN, why) ||
        !orderfilter_check_len("provider", out->provider, NAME_MAX_LEN, why) ||
        !orderfilter_check_len("upstream", out->text, UPSTREAM_MAX, why) ||
        !orderfilter_check_len("link", out->link, LINK_MAX, why) ||
        !clientjson_parse_span(given->since, given->until, &out->since_ms, &out->until_ms, why))
        return false;
    if (out->until_ms && out->until_ms <= out->since_ms)
        return fault_set(why, FAULT_INVALID, "until must be later than since");
    out->service = (uint32_t)service;
    out->before = (uint32_t)before;
    out->limit = (unsigned)limit;
    return true;
}

static bool orderfilter_has_link(const struct ledger_order *order, struct str link)
{
    struct arena arena;
    struct fields fields;
    arena_init(&arena);
    bool has = field_parse_all(order->fields, &arena, &fields) &&
               str_equal(fields.value[FIELD_LINK], link);
    arena_fini(&arena);
    return has;
}

bool orderfilter_matches(const struct ledger_query *query, const struct ledger_order *order)
{
    return (query->states == 0 || (query->states >> order->course.state & 1)) &&
           (query->client.len == 0 || str_equal(query->client, order->client)) &&
           (query->provider.len == 0 || str_equal(query->provider, order->provider)) &&
           (query->service == 0 || query->service == order->service) &&
           (query->text.len == 0 || str_equal(query->text, order->upstream_id)) &&
           order->created_at_ms >= query->since_ms &&
           (query->until_ms == 0 || order->created_at_ms < query->until_ms) &&
           (query->before == 0 || order->id < query->before) &&
           (query->link.len == 0 || orderfilter_has_link(order, query->link));
}
