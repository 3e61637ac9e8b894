/* Real shapes of panels' answers, and more of the same kind, each read both ways (with and without
 * the short cuts) and compared with what a person says it means. A line that fails is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"
#include "providers/decode.h"
#include "unit/providers/without_scanner.h"

enum { IDS = 128 };
static char our_key[] = "made_up_key_0123456789abcdef";

struct line {
    json_t *json, *meaning;
    const char *id;
    struct provider_settings settings;
    struct upstream_request request;
    struct fields fields;
    struct reply_facts facts;
    struct str ids[IDS];
    struct provider_answer answers[8];
    struct provider_status statuses[8];
    struct arena arena;
    struct upstream_response answer;
    char body_room[64 * 1024];
};

static int failures;
static const char *way;

__attribute__((format(printf, 2, 3))) static bool wrong(const struct line *line, const char *format,
                                                        ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s (%s): ", line->id, way);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    failures++;
    return false;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static enum upstream_action action_of(const char *name)
{
    static const char *const names[UPSTREAM_ACTION_COUNT] = {
        [UPSTREAM_SERVICES] = "services",
        [UPSTREAM_ADD] = "add",
        [UPSTREAM_STATUS] = "status",
        [UPSTREAM_STATUS_MANY] = "multi_status",
        [UPSTREAM_REFILL] = "refill",
        [UPSTREAM_REFILL_MANY] = "multi_refill",
        [UPSTREAM_REFILL_STATUS] = "refill_status",
        [UPSTREAM_REFILL_STATUS_MANY] = "multi_refill_status",
        [UPSTREAM_CANCEL] = "cancel",
        [UPSTREAM_BALANCE] = "balance",
    };
    for (int i = 0; i < UPSTREAM_ACTION_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (enum upstream_action)i;
    fail_msg("unknown action %s", name);
    return UPSTREAM_ACTION_COUNT;
}

static void add_id(struct line *line, struct str id)
{
    assert_true(line->request.id_count < IDS);
    line->ids[line->request.id_count++] = arena_str(&line->arena, id);
}

static void read_request(struct line *line)
{
    static const char *const names[] = {"order", "orders", "refill", "refills"};
    const json_t *request = json_object_get(line->json, "request");
    struct str list = STR_NONE, id;
    for (size_t i = 0; i < COUNT_OF(names) && list.ptr == NULL; i++)
        list = str_of(json_string_value(json_object_get(request, names[i])));
    if (str_is(list, "(101 ids)")) {
        for (int i = 1; i <= 101; i++)
            add_id(line, str_of(arena_printf(&line->arena, "%d", i)));
        list = STR_NONE;
    }
    while (str_next(&list, ',', &id))
        add_id(line, id);
    line->request.ids = line->ids;
}

static int sextet(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static void read_body(struct line *line)
{
    const json_t *body = json_object_get(line->json, "body");
    struct str encoded = str_of(json_string_value(json_object_get(line->json, "body_b64")));
    line->facts.body = str_make(json_string_value(body), json_string_length(body));
    if (encoded.ptr == NULL)
        return;
    uint32_t bits = 0;
    size_t len = 0, held = 0;
    for (size_t i = 0; i < encoded.len && sextet(encoded.ptr[i]) >= 0; i++) {
        bits = bits << 6 | (uint32_t)sextet(encoded.ptr[i]);
        held += 6;
        if (held >= 8) {
            held -= 8;
            assert_true(len < sizeof line->body_room);
            line->body_room[len++] = (char)(bits >> held);
        }
    }
    line->facts.body = str_make(line->body_room, len);
}

static void read_facts(struct line *line)
{
    const json_t *headers = json_object_get(line->json, "headers");
    const char *transport = text_of(line->json, "transport");
    struct reply_facts *facts = &line->facts;
    facts->http_status = (long)json_integer_value(json_object_get(line->json, "http_status"));
    facts->is_complete = facts->http_status != 0 && transport[0] == '\0';
    facts->was_sent = facts->http_status != 0 || strstr(transport, "after_send") != NULL ||
                      strcmp(transport, "timeout") == 0;
    facts->transport_error = transport;
    facts->content_type = str_of(text_of(line->json, "content_type"));
    facts->server = str_of(text_of(headers, "server"));
    facts->location = str_of(text_of(headers, "location"));
    facts->has_cf_mitigated = json_object_get(headers, "cf-mitigated") != NULL;
    facts->retry_after_s =
        text_of(headers, "retry-after")[0] ? atol(text_of(headers, "retry-after")) : -1;
    read_body(line);
}

static void read_settings(struct line *line)
{
    const json_t *answers = json_object_get(line->json, "answers");
    const char *pattern;
    json_t *row;
    line->settings.key = our_key;
    if (text_of(line->json, "currency")[0])
        line->settings.currency = arena_text(&line->arena, str_of(text_of(line->json, "currency")));
    line->settings.unknown_errors_refused =
        json_is_true(json_object_get(line->json, "unknown_errors_refused"));
    line->settings.answers = line->answers;
    json_object_foreach((json_t *)(uintptr_t)answers, pattern, row)
    {
        static const char *const classes[] = {"client", "provider", "busy", "doubt"};
        static const char *const cool_downs[] = {"none", "offer", "provider", "funds", "key"};
        struct provider_answer *answer = &line->answers[line->settings.answer_count++];
        answer->pattern = arena_text(&line->arena, str_of(pattern));
        for (int i = 0; i < 4; i++)
            if (strcmp(classes[i], text_of(row, "class")) == 0)
                answer->class = (enum verdict_class)i;
        for (int i = 0; i < 5; i++)
            if (strcmp(cool_downs[i], text_of(row, "cool_down")) == 0)
                answer->cool_down = (enum verdict_cool_down)i;
    }
}

/* "statuses": {"folded word": "Completed"} */
static void read_statuses(struct line *line)
{
    const json_t *statuses = json_object_get(line->json, "statuses");
    const char *word;
    json_t *status;
    line->settings.statuses = line->statuses;
    json_object_foreach((json_t *)(uintptr_t)statuses, word, status)
    {
        line->statuses[line->settings.status_count++] =
            (struct provider_status){.word = arena_text(&line->arena, str_of(word)),
                                     .status = orderstatus_fold(str_of(json_string_value(status)))};
    }
}

static bool is_write(const struct line *line)
{
    return line->request.action == UPSTREAM_ADD || line->request.action == UPSTREAM_REFILL ||
           line->request.action == UPSTREAM_REFILL_MANY || line->request.action == UPSTREAM_CANCEL;
}

static bool check_alarm(const struct line *line)
{
    const struct upstream_response *a = &line->answer;
    const char *alarm = text_of(line->meaning, "alarm");
    const struct {
        const char *name;
        bool is_right;
    } alarms[] = {
        {"", true},
        {"funds", a->is_funds && a->cool_down == COOL_DOWN_FUNDS},
        {"key", a->is_key && a->cool_down == COOL_DOWN_KEY},
        {"account", a->is_key && a->cool_down == COOL_DOWN_KEY},
        {"service", a->cool_down == COOL_DOWN_OFFER},
        {"maintenance", a->cool_down == COOL_DOWN_PROVIDER},
        {"config", a->cool_down == COOL_DOWN_PROVIDER || a->is_redirect},
        {"rate", a->is_rate_limited},
        {"down", a->outcome == OUTCOME_NOT_SENT},
        {"challenge", a->is_challenge},
        {"none", a->cool_down == COOL_DOWN_NONE},
    };
    for (size_t i = 0; i < COUNT_OF(alarms); i++)
        if (strcmp(alarms[i].name, alarm) == 0)
            return alarms[i].is_right || wrong(line, "alarm %s: cool-down %d", alarm, a->cool_down);
    return wrong(line, "unknown alarm %s", alarm);
}

static bool check_class(const struct line *line)
{
    const struct upstream_response *a = &line->answer;
    const char *class = text_of(line->meaning, "class");
    bool is_refused = a->outcome == OUTCOME_REFUSED;
    bool is_data = a->refusal == REFUSAL_ORDER_ID || a->refusal == REFUSAL_REFILL_ID;
    const struct {
        const char *name;
        bool is_right;
    } classes[] = {
        {"", a->outcome == OUTCOME_ACCEPTED},
        {"client", is_refused && a->class == VERDICT_CLIENT},
        {"failover",
         a->outcome == OUTCOME_NOT_SENT ||
             (is_refused && a->class == VERDICT_PROVIDER && a->refusal != REFUSAL_UNSUPPORTED) ||
             (is_refused && a->class == VERDICT_PROVIDER && a->cool_down != COOL_DOWN_NONE)},
        {"busy", is_refused && a->class == VERDICT_BUSY},
        {"ambiguous", a->outcome == OUTCOME_DOUBT},
        {"retry", a->outcome == OUTCOME_DOUBT},
        {"data", is_data && (is_write(line) ? is_refused : a->outcome == OUTCOME_ACCEPTED)},
        {"unsupported", is_refused && a->refusal == REFUSAL_UNSUPPORTED},
        {"review", a->outcome == OUTCOME_ACCEPTED},
    };
    bool is_mismatch = json_is_true(json_object_get(line->meaning, "mismatch"));
    if (a->is_mismatch != is_mismatch)
        return wrong(line, "mismatch is %d", a->is_mismatch);
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (strcmp(classes[i].name, class) == 0)
            return classes[i].is_right ||
                   wrong(line, "class \"%s\": outcome %d class %d refusal %d", class, a->outcome,
                         a->class, a->refusal);
    return wrong(line, "unknown class %s", class);
}

static bool check_text(const struct line *line, const char *what, struct str got,
                       const json_t *expected)
{
    if (expected == NULL)
        return true;
    const char *text = json_is_null(expected) ? "" : json_string_value(expected);
    return str_is(got, text ? text : "?") ||
           wrong(line, "%s is \"" STR_FMT "\"", what, STR_ARG(got));
}

static bool check_money(const struct line *line, const char *what, bool has, struct money got,
                        const json_t *expected)
{
    struct money amount;
    if (expected == NULL)
        return true;
    if (json_is_null(expected))
        return !has || wrong(line, "%s is there", what);
    assert_true(money_parse(str_of(json_string_value(expected)), MONEY_EXACT, &amount));
    return (has && money_compare(got, amount) == 0) ||
           wrong(line, "%s: %d, %lld units", what, has, (long long)got.units);
}

static bool check_count(const struct line *line, const char *what, bool has, int64_t got,
                        const json_t *expected)
{
    if (expected == NULL)
        return true;
    if (json_is_null(expected))
        return !has || wrong(line, "%s is there", what);
    return (has && got == json_integer_value(expected)) ||
           wrong(line, "%s: %d, %lld", what, has, (long long)got);
}

static bool check_flag(const struct line *line, const char *what, bool got, const json_t *expected)
{
    return expected == NULL || got == json_is_true(expected) || wrong(line, "%s is %d", what, got);
}

static void check_service(const struct line *line, const struct upstream_service *s,
                          const json_t *expected)
{
    check_text(line, "service", s->id, json_object_get(expected, "service"));
    check_text(line, "name", s->name, json_object_get(expected, "name"));
    check_text(line, "category", s->category, json_object_get(expected, "category"));
    if (json_object_get(expected, "type"))
        check_text(line, "type", str_of(ordertype_name(s->type)),
                   json_object_get(expected, "type"));
    check_money(line, "rate", s->has_rate, s->rate, json_object_get(expected, "rate"));
    check_count(line, "min", s->has_limits, s->min, json_object_get(expected, "min"));
    check_count(line, "max", s->has_limits, s->max, json_object_get(expected, "max"));
    check_flag(line, "refill", s->refill, json_object_get(expected, "refill"));
    check_flag(line, "cancel", s->cancel, json_object_get(expected, "cancel"));
    check_flag(line, "dripfeed", s->dripfeed, json_object_get(expected, "dripfeed"));
    check_flag(line, "doubled", s->is_doubled, json_object_get(expected, "doubled"));
}

static void check_services(const struct line *line)
{
    const struct upstream_response *a = &line->answer;
    const json_t *count = json_object_get(line->meaning, "services");
    const json_t *types = json_object_get(line->meaning, "types"), *type;
    const json_t *sellable = json_object_get(line->meaning, "sellable");
    size_t i, may_be_sold = 0;
    if (count && a->service_count != (size_t)json_integer_value(count))
        wrong(line, "%zu services", a->service_count);
    if (json_object_get(line->meaning, "first")) {
        if (a->service_count == 0)
            wrong(line, "no service");
        else
            check_service(line, a->services, json_object_get(line->meaning, "first"));
    }
    json_array_foreach(types, i, type) if (i < a->service_count)
        check_text(line, "type", str_of(ordertype_name(a->services[i].type)), type);
    for (i = 0; i < a->service_count; i++) {
        const struct upstream_service *s = &a->services[i];
        may_be_sold += s->has_rate && s->rate.units > 0 && !s->is_void && !s->is_doubled &&
                       s->type != ORDERTYPE_UNKNOWN;
    }
    if (sellable && may_be_sold != json_array_size(sellable))
        wrong(line, "%zu sellable", may_be_sold);
    if (strcmp(text_of(line->meaning, "class"), "review") == 0 && may_be_sold > 0)
        wrong(line, "%zu sellable", may_be_sold);
}

static void check_status(const struct line *line, const struct upstream_status *s,
                         const json_t *expected)
{
    const char *word = json_string_value(json_object_get(expected, "status"));
    const json_t *orders = json_object_get(expected, "orders"), *child;
    size_t i;
    if (word != NULL) {
        enum orderstatus status = strcmp(word, "review") == 0    ? ORDERSTATUS_REVIEW
                                  : strcmp(word, "unknown") == 0 ? ORDERSTATUS_UNKNOWN
                                                                 : orderstatus_fold(str_of(word));
        if (s->is_absent || s->is_unknown_id || s->status != status)
            wrong(line, "status %s: %d (absent %d)", word, s->status, s->is_absent);
    }
    if (json_object_get(expected, "error")) {
        if (!s->is_unknown_id || s->is_absent)
            wrong(line, "the id is known");
        check_text(line, "error", s->word, json_object_get(expected, "error"));
    }
    check_flag(line, "absent", s->is_absent, json_object_get(expected, "absent"));
    check_money(line, "charge", s->has_charge, s->charge, json_object_get(expected, "charge"));
    check_count(line, "start_count", s->has_start_count, s->start_count,
                json_object_get(expected, "start_count"));
    check_count(line, "remains", s->has_remains, s->remains, json_object_get(expected, "remains"));
    check_count(line, "posts", s->has_posts, s->posts, json_object_get(expected, "posts"));
    check_count(line, "runs", s->has_runs, s->runs, json_object_get(expected, "runs"));
    check_text(line, "expiry", s->expiry, json_object_get(expected, "expiry"));
    check_flag(line, "final", orderstatus_is_final(s->status), json_object_get(expected, "final"));
    if (orders && s->order_count != json_array_size(orders))
        wrong(line, "%zu children", s->order_count);
    json_array_foreach(orders, i, child) if (i < s->order_count)
        check_text(line, "child", s->orders[i], child);
}

static void check_statuses(const struct line *line)
{
    const struct upstream_response *a = &line->answer;
    const json_t *orders = json_object_get(line->meaning, "orders");
    if (line->request.action == UPSTREAM_STATUS) {
        if (json_object_get(line->meaning, "status"))
            check_status(line, a->statuses, line->meaning);
        if (strcmp(text_of(line->meaning, "class"), "data") == 0 && !a->statuses->is_unknown_id)
            wrong(line, "the id is known");
        return;
    }
    for (size_t i = 0; i < a->status_count && orders; i++) {
        const json_t *expected = json_object_get(orders, a->statuses[i].id.ptr);
        assert_true(str_equal(a->statuses[i].id, line->ids[i]));
        if (expected == NULL)
            wrong(line, "no expectation for %s", a->statuses[i].id.ptr);
        check_status(line, &a->statuses[i], expected);
    }
}

static void check_item(const struct line *line, const struct upstream_item *item,
                       const json_t *expected)
{
    const char *text = json_string_value(expected);
    if (json_is_null(expected)) {
        if (!item->is_absent)
            wrong(line, "%s is there", item->id.ptr);
    } else if (text == NULL) {
        const char *error = text_of(expected, "error");
        if (item->is_accepted || item->is_absent || item->refusal == REFUSAL_NONE)
            wrong(line, "%s is accepted", item->id.ptr);
        if (strcmp(error, "refused") != 0)
            check_text(line, "item error", item->error, json_object_get(expected, "error"));
    } else if (!item->is_accepted || item->is_absent) {
        wrong(line, "%s is not accepted", item->id.ptr);
    } else if (line->request.action == UPSTREAM_REFILL_STATUS ||
               line->request.action == UPSTREAM_REFILL_STATUS_MANY) {
        if (item->status != orderstatus_fold_refill(str_of(text)))
            wrong(line, "%s: status %d", item->id.ptr, item->status);
    } else if (line->request.action != UPSTREAM_CANCEL && !str_is(item->refill, text)) {
        wrong(line, "refill is \"" STR_FMT "\"", STR_ARG(item->refill));
    }
}

static void check_items(const struct line *line)
{
    static const char *const names[] = {"refills", "cancels"};
    const struct upstream_response *a = &line->answer;
    const json_t *refill = json_object_get(line->meaning, "refill");
    if (refill)
        check_item(line, a->items, refill);
    if (line->request.action == UPSTREAM_REFILL_STATUS && json_object_get(line->meaning, "status"))
        check_item(line, a->items, json_object_get(line->meaning, "status"));
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        const json_t *items = json_object_get(line->meaning, names[n]);
        for (size_t i = 0; i < a->item_count && items; i++)
            check_item(line, &a->items[i], json_object_get(items, a->items[i].id.ptr));
    }
}

static bool has_key(struct str text)
{
    return str_find_folded(text, str_of(our_key)) != SIZE_MAX;
}

static void check_line(struct line *line)
{
    const struct upstream_response *a = &line->answer;
    const json_t *error = json_object_get(line->meaning, "error");
    check_class(line);
    check_alarm(line);
    if (error)
        check_text(line, "error", a->error, error);
    check_flag(line, "active", a->is_active_order, json_object_get(line->meaning, "active"));
    check_count(line, "retry_after", a->retry_after_s >= 0, a->retry_after_s,
                json_object_get(line->meaning, "retry_after"));
    if (line->request.action == UPSTREAM_ADD) {
        check_text(line, "order", a->order, json_object_get(line->meaning, "order"));
        check_money(line, "charge", a->has_charge, a->charge,
                    json_object_get(line->meaning, "charge"));
    }
    check_services(line);
    if (a->statuses)
        check_statuses(line);
    if (a->items)
        check_items(line);
    check_money(line, "balance", a->has_balance, a->balance,
                json_object_get(line->meaning, "balance"));
    check_text(line, "currency", a->balance_currency, json_object_get(line->meaning, "currency"));
    if (a->outcome != OUTCOME_ACCEPTED && a->outcome != OUTCOME_NOT_SENT && a->evidence.len == 0)
        wrong(line, "no evidence");
    if (has_key(a->error) || has_key(a->evidence) || a->error.len > 500 || a->evidence.len > 500)
        wrong(line, "key or too much kept");
}

static void read_line(struct line *line, const char *text)
{
    json_error_t error;
    *line = (struct line){.json = json_loads(text, 0, &error)};
    if (line->json == NULL)
        fail_msg("%s", error.text);
    arena_init(&line->arena);
    line->id = text_of(line->json, "id");
    line->meaning = json_object_get(line->json, "meaning");
    line->request.action = action_of(text_of(line->json, "action"));
    line->request.service = STR("1");
    line->request.fields = &line->fields;
    if (!json_is_true(json_object_get(line->json, "without_link")))
        line->fields.value[FIELD_LINK] = STR("https://example.com/p/1");
    read_request(line);
    read_facts(line);
    read_settings(line);
    read_statuses(line);
}

static size_t lines;

static void check_both_ways(struct line *line)
{
    lines++;
    way = "short cuts";
    decode_standard(&line->settings, &line->request, &line->facts, &line->arena, &line->answer);
    check_line(line);
    way = "slowly";
    decode_without_scanner(&line->settings, &line->request, &line->facts, &line->arena,
                           &line->answer);
    check_line(line);
}

static void each_line(const char *name, void (*check)(struct line *line))
{
    static struct line line;
    char path[512], *text = NULL;
    size_t room = 0;
    snprintf(path, sizeof path, "%s/unit/providers/%s", TESTS_DIRECTORY, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (getline(&text, &room, file) > 0) {
        read_line(&line, text);
        check(&line);
        arena_fini(&line.arena);
        json_decref(line.json);
    }
    free(text);
    fclose(file);
}

static void run_file(const char *name)
{
    failures = 0;
    lines = 0;
    each_line(name, check_both_ways);
    assert_true(lines > 50);
    if (failures > 0)
        fail_msg("%d of the checks on %zu lines of %s", failures, lines, name);
}

static void test_upstream_answers(void **state)
{
    (void)state;
    run_file("upstream-answers.jsonl");
}

static void test_further_answers(void **state)
{
    (void)state;
    run_file("further-answers.jsonl");
}

static void test_field_answers(void **state)
{
    (void)state;
    run_file("field-answers.jsonl");
}

static void test_varied_answers(void **state)
{
    (void)state;
    run_file("varied-answers.jsonl");
}

/* The same complaints in many words and languages. */
static void test_worded_answers(void **state)
{
    (void)state;
    run_file("worded-answers.jsonl");
}

/* What an answer looks like to a decoder: its action and its body without what stands in strings,
 * with each run of letters and digits as one. */
static uint64_t shape_of(const struct line *line, struct str body)
{
    uint64_t shape = 14695981039346656037u + line->request.action;
    char last = 0;
    for (size_t i = 0; i < body.len; i++) {
        char c = strchr("{}[]:,<\"", body.ptr[i]) && body.ptr[i] ? body.ptr[i] : 'a';
        if (c == '"') {
            for (i++; i < body.len && body.ptr[i] != '"'; i++)
                i += body.ptr[i] == '\\';
            c = 's';
        }
        if (c != 'a' || last != 'a')
            shape = (shape ^ (unsigned char)c) * 1099511628211u;
        last = c;
    }
    return shape;
}

static bool is_first_of_its_shape(const struct line *line, struct str body)
{
    static uint64_t seen[4096];
    static size_t count;
    uint64_t shape = shape_of(line, body);
    for (size_t i = 0; i < count; i++)
        if (seen[i] == shape)
            return false;
    assert_true(count < COUNT_OF(seen));
    seen[count++] = shape;
    return true;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SPARSE = 8 }; /* a decoding takes ten times as long */
#else
enum { SPARSE = 1 };
#endif

/* No answer to an order is taken from a part of it, and no broken one breaks us. An answer to an
 * order is cut at every byte. The first answer of each shape is cut and spoiled, in two of four
 * ways by turns, at every byte (a long one at 40); of the others, which differ from it in their
 * wording, every 16th byte is, in one way, from another one on in each line. Sanitizers see an 8th
 * of that. */
static void check_cut(struct line *line)
{
    struct str body = str_trim(line->facts.body);
    json_t *whole = json_loadb(body.ptr ? body.ptr : "", body.len, 0, NULL);
    bool is_order = json_object_get(line->meaning, "order") != NULL && json_is_object(whole);
    bool is_first = is_first_of_its_shape(line, body);
    size_t step = (is_first ? body.len > 400 ? body.len / 40 : 1 : 16) * SPARSE;
    size_t offset = lines++ % step;
    char *copy = memory_new(body.len + 1);
    json_decref(whole);
    memcpy(copy, body.ptr ? body.ptr : "", body.len);
    for (size_t at = 0; at < body.len; at++) {
        struct arena arena;
        struct upstream_response answer;
        bool is_chosen = at % step == offset;
        if (!is_chosen && !is_order)
            continue;
        arena_init(&arena);
        line->facts.body = str_make(body.ptr, at);
        decode_standard(&line->settings, &line->request, &line->facts, &arena, &answer);
        if (is_order && answer.outcome == OUTCOME_ACCEPTED)
            wrong(line, "accepted when cut at %zu", at);
        line->facts.body = str_make(copy, body.len);
        for (size_t spoil = 0; is_chosen && spoil < 4; spoil++) {
            if (spoil % (is_first ? 2 : 4) != (at / step + lines) % (is_first ? 2 : 4))
                continue;
            copy[at] = "\"{\\\xff"[spoil];
            decode_standard(&line->settings, &line->request, &line->facts, &arena, &answer);
            if (has_key(answer.error) || has_key(answer.evidence))
                wrong(line, "the key is kept");
        }
        copy[at] = body.ptr[at];
        arena_fini(&arena);
    }
    free(copy);
}

static void test_cut_answers(void **state)
{
    (void)state;
    failures = 0;
    lines = 0;
    way = "cut";
    each_line("upstream-answers.jsonl", check_cut);
    each_line("further-answers.jsonl", check_cut);
    each_line("field-answers.jsonl", check_cut);
    each_line("varied-answers.jsonl", check_cut);
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_upstream_answers), cmocka_unit_test(test_further_answers),
        cmocka_unit_test(test_field_answers),    cmocka_unit_test(test_varied_answers),
        cmocka_unit_test(test_worded_answers),   cmocka_unit_test(test_cut_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
