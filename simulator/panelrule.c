/* See panelrule.h. */
#include "simulator/panelrule.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "simulator/panelvalue.h"

#define MOST_BODY_BYTES ((size_t)64 * 1024 * 1024)

typedef bool deed_fn(struct panelrule_deed *deed, const json_t *value, struct fault *why);

static bool panelrule_do_delay(struct panelrule_deed *deed, const json_t *value, struct fault *why)
{
    return panelvalue_duration(value, "delay", &deed->delay_ms, why);
}

static bool panelrule_do_hold(struct panelrule_deed *deed, const json_t *value, struct fault *why)
{
    return panelvalue_text(value, "hold", &deed->hold, why);
}

static bool panelrule_do_hang(struct panelrule_deed *deed, const json_t *value, struct fault *why)
{
    bool hangs = false;
    if (!panelvalue_flag(value, "hang", &hangs, why))
        return false;
    if (hangs && deed->hold == NULL)
        deed->hold = memory_text(PANELRULE_HANG);
    return true;
}

static bool panelrule_do_status(struct panelrule_deed *deed, const json_t *value, struct fault *why)
{
    int64_t status = 0;
    if (!panelvalue_count(value, "status", 100, &status, why))
        return false;
    if (status > 999)
        return fault_set(why, FAULT_INVALID, "status: must be an HTTP status, 100 to 999");
    deed->status = (int)status;
    return true;
}

static bool panelrule_do_body(struct panelrule_deed *deed, const json_t *value, struct fault *why)
{
    char *text = NULL;
    if (json_is_string(value)) {
        buf_add(&deed->body, json_string_value(value), json_string_length(value));
    } else { /* a structure is sent as JSON */
        text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
        buf_add_text(&deed->body, text ? text : "null");
        free(text);
    }
    deed->has_body = true;
    return !deed->body.is_over || fault_set(why, FAULT_INVALID, "body: too large");
}

static bool panelrule_do_body_base64(struct panelrule_deed *deed, const json_t *value,
                                     struct fault *why)
{
    const char *text = json_string_value(value);
    size_t len = text ? strlen(text) : 0, padding = 0;
    unsigned char *to = (unsigned char *)buf_reserve(&deed->body, len + 4);
    int made = to && text ? EVP_DecodeBlock(to, (const unsigned char *)text, (int)len) : -1;
    if (made < 0)
        return fault_set(why, FAULT_INVALID, "body_base64: must be base64 text");
    while (padding < len && padding < 2 && text[len - 1 - padding] == '=')
        padding++;
    buf_added(&deed->body, (size_t)made - padding);
    deed->has_body = true;
    return true;
}

static bool panelrule_do_raw(struct panelrule_deed *deed, const json_t *value, struct fault *why)
{
    deed->is_raw = true;
    if (!json_is_string(value))
        return fault_set(why, FAULT_INVALID, "raw: must be text");
    return panelrule_do_body(deed, value, why);
}

static bool panelrule_do_raw_base64(struct panelrule_deed *deed, const json_t *value,
                                    struct fault *why)
{
    deed->is_raw = true;
    return panelrule_do_body_base64(deed, value, why);
}

static bool panelrule_do_error(struct panelrule_deed *deed, const json_t *value, struct fault *why)
{
    if (!json_is_string(value))
        return fault_set(why, FAULT_INVALID, "error: must be a text");
    buf_add_text(&deed->body, "{\"error\":");
    buf_add_json(&deed->body, str_of(json_string_value(value)));
    buf_add_byte(&deed->body, '}');
    deed->has_body = true;
    return true;
}

static bool panelrule_do_redirect(struct panelrule_deed *deed, const json_t *value,
                                  struct fault *why)
{
    if (!json_is_string(value))
        return fault_set(why, FAULT_INVALID, "redirect: must be an address");
    if (deed->headers == NULL)
        deed->headers = json_object();
    json_object_set(deed->headers, "Location", (json_t *)(uintptr_t)value);
    if (deed->status == 0)
        deed->status = 302;
    deed->has_body = true;
    return true;
}

static bool panelrule_do_headers(struct panelrule_deed *deed, const json_t *value,
                                 struct fault *why)
{
    if (!json_is_object(value))
        return fault_set(why, FAULT_INVALID, "headers: must be a mapping of texts");
    if (deed->headers == NULL)
        deed->headers = json_object();
    json_object_update(deed->headers, (json_t *)(uintptr_t)value);
    return true;
}

static bool panelrule_do_content_type(struct panelrule_deed *deed, const json_t *value,
                                      struct fault *why)
{
    return panelvalue_text(value, "content_type", &deed->content_type, why);
}

static bool panelrule_do_cut(struct panelrule_deed *deed, const json_t *value, struct fault *why)
{
    static const char *const words[] = {"never",         "before_read", "after_read",
                                        "after_headers", "mid_answer",  NULL};
    int place = 0;
    if (!panelvalue_word(value, "cut", words, &place, why))
        return false;
    deed->cut = (enum panelrule_cut)place;
    return true;
}

static bool panelrule_do_reset(struct panelrule_deed *deed, const json_t *value, struct fault *why)
{
    return panelvalue_flag(value, "reset", &deed->is_reset, why);
}

static bool panelrule_do_accept(struct panelrule_deed *deed, const json_t *value, struct fault *why)
{
    bool accepts = false;
    if (!panelvalue_flag(value, "accept", &accepts, why))
        return false;
    deed->accept = accepts ? PANELRULE_ACCEPT_YES : PANELRULE_ACCEPT_NO;
    return true;
}

static bool panelrule_do_drip(struct panelrule_deed *deed, const json_t *value, struct fault *why)
{
    return panelvalue_duration(value, "drip", &deed->drip_ms, why);
}

static bool panelrule_do_endless(struct panelrule_deed *deed, const json_t *value,
                                 struct fault *why)
{
    return panelvalue_flag(value, "endless", &deed->is_endless, why);
}

static bool panelrule_do_gzip_bomb(struct panelrule_deed *deed, const json_t *value,
                                   struct fault *why)
{
    if (json_is_true(value))
        deed->bomb_mib = 100;
    else if (!panelvalue_count(value, "gzip_bomb", 0, &deed->bomb_mib, why))
        return false;
    return deed->bomb_mib <= 4096 || fault_set(why, FAULT_INVALID, "gzip_bomb: at most 4096 MiB");
}

static bool panelrule_do_wrong_length(struct panelrule_deed *deed, const json_t *value,
                                      struct fault *why)
{
    if (json_is_true(value)) {
        deed->wrong_length = 10;
        return true;
    }
    return panelvalue_count(value, "wrong_length", INT32_MIN, &deed->wrong_length, why);
}

static bool panelrule_do_close_after(struct panelrule_deed *deed, const json_t *value,
                                     struct fault *why)
{
    return panelvalue_flag(value, "close_after", &deed->closes_after, why);
}

static const struct {
    const char *key;
    deed_fn *read;
} deeds[] = {
    {"delay", panelrule_do_delay},
    {"hold", panelrule_do_hold},
    {"hang", panelrule_do_hang},
    {"status", panelrule_do_status},
    {"body", panelrule_do_body},
    {"body_base64", panelrule_do_body_base64},
    {"raw", panelrule_do_raw},
    {"raw_base64", panelrule_do_raw_base64},
    {"error", panelrule_do_error},
    {"redirect", panelrule_do_redirect},
    {"headers", panelrule_do_headers},
    {"content_type", panelrule_do_content_type},
    {"cut", panelrule_do_cut},
    {"reset", panelrule_do_reset},
    {"accept", panelrule_do_accept},
    {"drip", panelrule_do_drip},
    {"endless", panelrule_do_endless},
    {"gzip_bomb", panelrule_do_gzip_bomb},
    {"wrong_length", panelrule_do_wrong_length},
    {"close_after", panelrule_do_close_after},
};

static bool panelrule_read_deed(struct panelrule_deed *deed, const json_t *source, const char *name,
                                struct fault *why)
{
    const char *keys[COUNT_OF(deeds) + 1] = {NULL};
    char where[80];
    struct fault inner = {.code = FAULT_NONE};
    for (size_t i = 0; i < COUNT_OF(deeds); i++)
        keys[i] = deeds[i].key;
    struct buf prefix;
    buf_init(&prefix, sizeof where);
    buf_printf(&prefix, "%.60s.do: ", name);
    memcpy(where, prefix.ptr, prefix.len + 1);
    buf_fini(&prefix);
    if (!panelvalue_known_keys(source, where, keys, why))
        return false;
    for (size_t i = 0; i < COUNT_OF(deeds); i++) {
        const json_t *value = json_object_get(source, deeds[i].key);
        if (value && !deeds[i].read(deed, value, &inner))
            return fault_set(why, FAULT_INVALID, "%s%.150s", where, inner.message);
    }
    return true;
}

static void panelrule_free_rule(struct panelrule *rule)
{
    free(rule->name);
    json_decref(rule->actions);
    json_decref(rule->match);
    json_decref(rule->source);
    free(rule->deed.hold);
    free(rule->deed.content_type);
    buf_fini(&rule->deed.body);
    json_decref(rule->deed.headers);
    free(rule);
}

void panelrule_unpin(struct panelrule **rule)
{
    if (*rule && --(*rule)->pins == 0)
        panelrule_free_rule(*rule);
    *rule = NULL;
}

static bool panelrule_read_counts(struct panelrule *rule, struct fault *why)
{
    static const char *const keys[] = {"nth", "every", "after", "times"};
    int64_t *const targets[] = {&rule->nth, &rule->every, &rule->after, &rule->times};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const json_t *value = json_object_get(rule->source, keys[i]);
        if (value == NULL)
            value = json_object_get(rule->match, keys[i]);
        if (value && !panelvalue_count(value, keys[i], 0, targets[i], why))
            return false;
        if (rule->match)
            json_object_del(rule->match, keys[i]);
    }
    return true;
}

/* A rule from its source, with one pin; NULL when it is faulty. */
static struct panelrule *panelrule_read_rule(const json_t *source, size_t number, struct fault *why)
{
    static const char *const keys[] = {"name",  "action", "match", "nth", "every",
                                       "after", "times",  "do",    NULL};
    struct panelrule *rule = memory_new(sizeof *rule);
    const json_t *name = json_object_get(source, "name"),
                 *action = json_object_get(source, "action");
    const json_t *match = json_object_get(source, "match");
    struct buf text;
    buf_init(&text, 256);
    buf_printf(&text, "rule %zu", number);
    *rule = (struct panelrule){.times = -1, .pins = 1, .name = buf_take(&text)};
    buf_init(&rule->deed.body, MOST_BODY_BYTES);
    bool is_good = panelvalue_known_keys(source, "rules: ", keys, why) &&
                   (name == NULL || panelvalue_text(name, "rules: name", &rule->name, why));
    if (is_good && match && !json_is_object(match))
        is_good = fault_set(why, FAULT_INVALID, "%.60s.match: must be a mapping", rule->name);
    if (is_good && action && !json_is_string(action) && !json_is_array(action))
        is_good =
            fault_set(why, FAULT_INVALID, "%.60s.action: must be a text or a list", rule->name);
    if (is_good) {
        rule->source = json_deep_copy(source);
        rule->match = json_deep_copy(match);
        if (json_is_array(action))
            rule->actions = json_deep_copy(action);
        else if (action && strcmp(json_string_value(action), "*") != 0)
            rule->actions = json_pack("[s]", json_string_value(action));
        is_good = panelrule_read_counts(rule, why) &&
                  panelrule_read_deed(&rule->deed, json_object_get(source, "do"), rule->name, why);
    }
    if (!is_good)
        panelrule_unpin(&rule);
    return rule;
}

void panelrule_init(struct panelrules *rules)
{
    TAILQ_INIT(&rules->list);
    rules->count = 0;
}

void panelrule_fini(struct panelrules *rules)
{
    struct panelrule *rule;
    while ((rule = TAILQ_FIRST(&rules->list))) {
        TAILQ_REMOVE(&rules->list, rule, link);
        panelrule_unpin(&rule);
    }
    rules->count = 0;
}

bool panelrule_set(struct panelrules *rules, const json_t *list, bool is_replacing,
                   struct fault *why)
{
    struct panelrules fresh;
    size_t i, before = is_replacing ? 0 : rules->count;
    json_t *item;
    if (!json_is_array(list) || json_array_size(list) + before > PANELRULE_MOST)
        return fault_set(why, FAULT_INVALID, "rules: must be a list of at most %d", PANELRULE_MOST);
    panelrule_init(&fresh);
    json_array_foreach(list, i, item)
    {
        struct panelrule *rule = panelrule_read_rule(item, before + i + 1, why);
        if (rule == NULL) {
            panelrule_fini(&fresh);
            return false;
        }
        TAILQ_INSERT_TAIL(&fresh.list, rule, link);
        fresh.count++;
    }
    if (is_replacing)
        panelrule_fini(rules);
    TAILQ_CONCAT(&rules->list, &fresh.list, link);
    rules->count += fresh.count;
    return true;
}

static bool panelrule_action_fits(const struct panelrule *rule, struct str action)
{
    size_t i;
    json_t *item;
    if (rule->actions == NULL)
        return true;
    json_array_foreach(rule->actions, i,
                       item) if (str_is(action, json_string_value(item))) return true;
    return false;
}

static bool panelrule_value_fits(struct str value, const char *name, const json_t *pattern)
{
    char *text = NULL;
    if (json_is_number(pattern))
        text = json_dumps(pattern, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    else if (json_is_string(pattern))
        text = memory_text(json_string_value(pattern));
    struct str wanted = str_of(text ? text : "");
    bool is_part = strcmp(name, "link") == 0 && str_find_byte(wanted, '*') == SIZE_MAX;
    bool fits = value.ptr != NULL &&
                (is_part ? str_find(value, wanted) != SIZE_MAX : str_matches(value, wanted));
    free(text);
    return fits;
}

static bool panelrule_fields_fit(const struct panelrule *rule, const struct panelform *form)
{
    const char *name;
    json_t *pattern;
    if (rule->match == NULL)
        return true;
    json_object_foreach(
        rule->match, name,
        pattern) if (form == NULL ||
                     !panelrule_value_fits(panelform_get(form, name), name, pattern)) return false;
    return true;
}

/* Counts a fitting call and says whether the rule takes it. */
static bool panelrule_takes(struct panelrule *rule)
{
    rule->seen++;
    if (rule->seen <= rule->after || (rule->nth > 0 && rule->seen != rule->nth) ||
        (rule->every > 0 && rule->seen % rule->every != 0) ||
        (rule->times >= 0 && rule->applied >= rule->times))
        return false;
    rule->applied++;
    rule->pins++;
    return true;
}

static bool panelrule_is_early(const struct panelrule *rule)
{
    return rule->deed.cut == PANELRULE_CUT_BEFORE_READ;
}

struct panelrule *panelrule_find(struct panelrules *rules, struct str action,
                                 const struct panelform *form)
{
    struct panelrule *rule;
    TAILQ_FOREACH(rule, &rules->list, link)
    if (!panelrule_is_early(rule) && panelrule_action_fits(rule, action) &&
        panelrule_fields_fit(rule, form) && panelrule_takes(rule))
        return rule;
    return NULL;
}

struct panelrule *panelrule_find_early(struct panelrules *rules)
{
    struct panelrule *rule;
    TAILQ_FOREACH(rule, &rules->list, link)
    if (panelrule_is_early(rule) && panelrule_takes(rule))
        return rule;
    return NULL;
}

void panelrule_end_hold(struct panelrules *rules, struct str name)
{
    struct panelrule *rule;
    TAILQ_FOREACH(rule, &rules->list, link)
    {
        if (rule->deed.hold == NULL || !str_is(name, rule->deed.hold))
            continue;
        free(rule->deed.hold);
        rule->deed.hold = NULL;
    }
}

bool panelrule_accepts(const struct panelrule_deed *deed)
{
    switch (deed->accept) {
    case PANELRULE_ACCEPT_YES:
        return true;
    case PANELRULE_ACCEPT_NO:
        return false;
    case PANELRULE_ACCEPT_UNSAID:
        break;
    }
    return !deed->has_body && deed->status < 300 && deed->cut != PANELRULE_CUT_AFTER_READ &&
           !deed->is_endless && deed->bomb_mib == 0;
}

json_t *panelrule_list(const struct panelrules *rules)
{
    json_t *list = json_array();
    struct panelrule *rule;
    TAILQ_FOREACH(rule, &rules->list, link)
    json_array_append_new(list, json_pack("{sssIsIsO}", "name", rule->name, "seen",
                                          (json_int_t)rule->seen, "applied",
                                          (json_int_t)rule->applied, "rule", rule->source));
    return list;
}
