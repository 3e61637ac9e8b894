/* See panelscript.h. */
#include "simulator/panelscript.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "simulator/panel.h"
#include "simulator/panelmoney.h"
#include "simulator/panelvalue.h"

#define MOST_SCRIPT_BYTES ((size_t)64 * 1024 * 1024)
#define MOST_DEPTH 32
#define MOST_NODES 2000000 /* aliases may multiply them */

struct panelscript_reading {
    yaml_document_t document;
    const char *name;
    struct fault *why;
    size_t nodes;
};

static json_t *panelscript_read_fault(const struct panelscript_reading *r, const yaml_node_t *node,
                                      const char *words)
{
    fault_set(r->why, FAULT_INVALID, "%s:%zu:%zu: %s", r->name, node->start_mark.line + 1,
              node->start_mark.column + 1, words);
    return NULL;
}

static json_t *panelscript_read_scalar(const struct panelscript_reading *r, const yaml_node_t *node)
{
    struct str text = str_make((const char *)node->data.scalar.value, node->data.scalar.length);
    int64_t number;
    if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        size_t digits = text.len > 0 && text.ptr[0] == '-';
        bool is_padded = text.len > digits + 1 && text.ptr[digits] == '0';
        if (str_is(text, "true") || str_is(text, "false"))
            return json_boolean(str_is(text, "true"));
        if (text.len == 0 || str_is(text, "null") || str_is(text, "~"))
            return json_null();
        if (!is_padded && str_to_i64(text, &number))
            return json_integer(number);
    }
    json_t *value = json_stringn(text.ptr, text.len);
    return value ? value : panelscript_read_fault(r, node, "must be UTF-8 without NUL");
}

static json_t *panelscript_read_node(struct panelscript_reading *r, int id, int depth);

static json_t *panelscript_read_mapping(struct panelscript_reading *r, const yaml_node_t *node,
                                        int depth)
{
    json_t *object = json_object();
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
        json_t *value = panelscript_read_node(r, pair->value, depth + 1);
        const char *name =
            key->type == YAML_SCALAR_NODE ? (const char *)key->data.scalar.value : NULL;
        if (value && (name == NULL || json_object_get(object, name))) {
            json_decref(value);
            value = panelscript_read_fault(
                r, key, name ? "this key was given before" : "a key must be a text");
        }
        if (value == NULL || json_object_set_new(object, name, value) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *panelscript_read_sequence(struct panelscript_reading *r, const yaml_node_t *node,
                                         int depth)
{
    json_t *array = json_array();
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        json_t *value = panelscript_read_node(r, *item, depth + 1);
        if (value == NULL) {
            json_decref(array);
            return NULL;
        }
        json_array_append_new(array, value);
    }
    return array;
}

static json_t *panelscript_read_node(struct panelscript_reading *r, int id, int depth)
{
    const yaml_node_t *node = yaml_document_get_node(&r->document, id);
    if (depth > MOST_DEPTH || ++r->nodes > MOST_NODES)
        return panelscript_read_fault(r, node, "nested too deeply, or too much of it");
    switch (node->type) {
    case YAML_SCALAR_NODE:
        return panelscript_read_scalar(r, node);
    case YAML_SEQUENCE_NODE:
        return panelscript_read_sequence(r, node, depth);
    case YAML_MAPPING_NODE:
        return panelscript_read_mapping(r, node, depth);
    case YAML_NO_NODE:
        break;
    }
    return json_null();
}

json_t *panelscript_parse(struct str yaml, const char *name, struct fault *why)
{
    yaml_parser_t parser;
    struct panelscript_reading r = {.name = name, .why = why};
    json_t *root = NULL;
    if (!yaml_parser_initialize(&parser)) {
        fault_set(why, FAULT_BROKEN, "the YAML parser cannot start");
        return NULL;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)yaml.ptr, yaml.len);
    if (!yaml_parser_load(&parser, &r.document)) {
        fault_set(why, FAULT_INVALID, "%s:%zu:%zu: %s", name, parser.problem_mark.line + 1,
                  parser.problem_mark.column + 1, parser.problem ? parser.problem : "not YAML");
    } else {
        bool is_empty = yaml_document_get_root_node(&r.document) == NULL;
        root = is_empty ? json_object() : panelscript_read_node(&r, 1, 0);
        yaml_document_delete(&r.document);
    }
    yaml_parser_delete(&parser);
    return root;
}

typedef bool setting_fn(struct panel *panel, const json_t *value, struct fault *why);

static bool panelscript_set_key(struct panel *panel, const json_t *value, struct fault *why)
{
    return panelvalue_text(value, "key", &panel->key, why);
}

static bool panelscript_set_currency(struct panel *panel, const json_t *value, struct fault *why)
{
    return panelvalue_text(value, "currency", &panel->currency, why);
}

static bool panelscript_set_balance(struct panel *panel, const json_t *value, struct fault *why)
{
    char *text = NULL;
    bool is_good = panelvalue_text(value, "balance", &text, why);
    if (is_good && !panelmoney_parse(str_of(text), &panel->balance))
        is_good = fault_set(why, FAULT_INVALID, "balance: must be an amount such as \"1000.00\"");
    free(text);
    return is_good;
}

static bool panelscript_set_first_order(struct panel *panel, const json_t *value, struct fault *why)
{
    int64_t first = 0;
    if (!panelvalue_count(value, "first_order", 0, &first, why))
        return false;
    panel->next_order = (uint64_t)first;
    return true;
}

static bool panelscript_set_order_ids(struct panel *panel, const json_t *value, struct fault *why)
{
    static const char *const words[] = {"number", "string", "text", NULL};
    int place = 0;
    if (!panelvalue_word(value, "order_ids", words, &place, why))
        return false;
    panel->ids = (enum panel_ids)place;
    return true;
}

static bool panelscript_set_order_prefix(struct panel *panel, const json_t *value,
                                         struct fault *why)
{
    if (json_is_string(value) && json_string_length(value) > 40)
        return fault_set(why, FAULT_INVALID, "order_prefix: at most 40 bytes");
    return panelvalue_text(value, "order_prefix", &panel->prefix, why);
}

static bool panelscript_set_multi_status(struct panel *panel, const json_t *value,
                                         struct fault *why)
{
    static const char *const words[] = {"object", "list", "list_without_ids", "unsupported", NULL};
    int place = 0;
    if (!panelvalue_word(value, "multi_status", words, &place, why))
        return false;
    panel->multi = (enum panel_multi)place;
    return true;
}

static bool panelscript_set_unknown_orders(struct panel *panel, const json_t *value,
                                           struct fault *why)
{
    static const char *const words[] = {"error", "text", "left_out", "refused", NULL};
    int place = 0;
    if (!panelvalue_word(value, "unknown_orders", words, &place, why))
        return false;
    panel->unknown = (enum panel_unknown)place;
    return true;
}

static bool panelscript_set_refill(struct panel *panel, const json_t *value, struct fault *why)
{
    return panelvalue_flag(value, "refill", &panel->may_refill, why);
}

static bool panelscript_set_cancel(struct panel *panel, const json_t *value, struct fault *why)
{
    static const char *const words[] = {"now", "request", "unsupported", NULL};
    int place = 0;
    if (!panelvalue_word(value, "cancel", words, &place, why))
        return false;
    panel->cancel = (enum panel_cancel)place;
    return true;
}

static bool panelscript_set_services(struct panel *panel, const json_t *value, struct fault *why)
{
    return panelservice_set(&panel->services, value, why);
}

/* Adds made-up services behind those that are there. */
static bool panelscript_set_generated(struct panel *panel, const json_t *value, struct fault *why)
{
    static const char *const keys[] = {"count", "first", "rate", NULL};
    int64_t count = 0, first = 100000;
    char *rate = NULL;
    const json_t *first_given = json_object_get(value, "first");
    const json_t *rate_given = json_object_get(value, "rate");
    bool is_good =
        panelvalue_known_keys(value, "generated_services: ", keys, why) &&
        panelvalue_count(json_object_get(value, "count"), "generated_services.count", 0, &count,
                         why) &&
        (first_given == NULL ||
         panelvalue_count(first_given, "generated_services.first", 0, &first, why)) &&
        (rate_given == NULL || panelvalue_text(rate_given, "generated_services.rate", &rate, why));
    if (is_good && count > (int64_t)PANELSERVICE_MOST)
        is_good = fault_set(why, FAULT_INVALID, "generated_services.count: at most %zu",
                            PANELSERVICE_MOST);
    if (is_good) {
        json_t *list = json_loadb(panel->services.text.ptr, panel->services.text.len, 0, NULL);
        panelservice_generate(list, count, first, rate ? rate : "0.50");
        is_good = panelservice_set(&panel->services, list, why);
        json_decref(list);
    }
    free(rate);
    return is_good;
}

static bool panelscript_set_progress(struct panel *panel, const json_t *value, struct fault *why)
{
    struct panelprogress *p = &panel->progress;
    const struct {
        const char *key;
        int64_t *time, *count; /* one of them, or a word */
        char **word;
    } rows[] = {
        {"start", &p->start_ms, NULL, NULL},
        {"finish", &p->finish_ms, NULL, NULL},
        {"start_asked", NULL, &p->start_asked, NULL},
        {"finish_asked", NULL, &p->finish_asked, NULL},
        {"lag", &p->lag_ms, NULL, NULL},
        {"lag_asked", NULL, &p->lag_asked, NULL},
        {"flip", &p->flip_ms, NULL, NULL},
        {"flip_asked", NULL, &p->flip_asked, NULL},
        {"flips_to", NULL, NULL, &p->flips_to},
        {"flips_remains", NULL, &p->flips_remains, NULL},
        {"refill", &p->refill_ms, NULL, NULL},
        {"ends_as", NULL, NULL, &p->ends_as},
        {"ends_remains", NULL, &p->ends_remains, NULL},
        {"start_count", NULL, &p->start_count, NULL},
    };
    const char *keys[COUNT_OF(rows) + 1] = {NULL};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        keys[i] = rows[i].key;
    if (!panelvalue_known_keys(value, "progress: ", keys, why))
        return false;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const json_t *given = json_object_get(value, keys[i]);
        int64_t *number = rows[i].time ? rows[i].time : rows[i].count;
        if (given == NULL)
            continue;
        if (number)
            *number = -1;
        bool is_good = number && json_is_null(given) ? true
                       : rows[i].time  ? panelvalue_duration(given, keys[i], rows[i].time, why)
                       : rows[i].count ? panelvalue_count(given, keys[i], 0, rows[i].count, why)
                                       : panelvalue_text(given, keys[i], rows[i].word, why);
        if (!is_good)
            return false;
    }
    return true;
}

static bool panelscript_set_rules(struct panel *panel, const json_t *value, struct fault *why)
{
    return panelrule_set(&panel->rules, value, true, why);
}

static bool panelscript_set_journal(struct panel *panel, const json_t *value, struct fault *why)
{
    int64_t room = 0;
    if (!panelvalue_count(value, "journal", 1, &room, why))
        return false;
    if (room > 10 * 1000 * 1000)
        return fault_set(why, FAULT_INVALID, "journal: at most 10000000 entries");
    paneljournal_set_room(&panel->journal, (size_t)room);
    return true;
}

static const struct {
    const char *key;
    setting_fn *set;
} settings_table[] = {
    {"key", panelscript_set_key},
    {"currency", panelscript_set_currency},
    {"balance", panelscript_set_balance},
    {"first_order", panelscript_set_first_order},
    {"order_ids", panelscript_set_order_ids},
    {"order_prefix", panelscript_set_order_prefix},
    {"multi_status", panelscript_set_multi_status},
    {"unknown_orders", panelscript_set_unknown_orders},
    {"refill", panelscript_set_refill},
    {"cancel", panelscript_set_cancel},
    {"services", panelscript_set_services},
    {"generated_services", panelscript_set_generated},
    {"progress", panelscript_set_progress},
    {"rules", panelscript_set_rules},
    {"journal", panelscript_set_journal},
};

bool panelscript_apply(struct panel *panel, const json_t *settings, struct fault *why)
{
    const char *keys[COUNT_OF(settings_table) + 1] = {NULL};
    for (size_t i = 0; i < COUNT_OF(settings_table); i++)
        keys[i] = settings_table[i].key;
    if (!panelvalue_known_keys(settings, "", keys, why))
        return false;
    for (size_t i = 0; i < COUNT_OF(settings_table); i++) {
        const json_t *value = json_object_get(settings, settings_table[i].key);
        if (value && !settings_table[i].set(panel, value, why))
            return false;
    }
    return true;
}

bool panelscript_load(struct panel *panel, const char *path, struct fault *why)
{
    struct buf text;
    bool is_good = false;
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return fault_set(why, FAULT_INVALID, "%s: %s", path, strerror(errno));
    buf_init(&text, MOST_SCRIPT_BYTES);
    for (char *to; (to = buf_reserve(&text, 65536)) != NULL;) {
        size_t len = fread(to, 1, 65536, file);
        buf_added(&text, len);
        if (len == 0)
            break;
    }
    if (ferror(file) || text.is_over) {
        fault_set(why, FAULT_INVALID, "%s: cannot be read, or too large", path);
    } else {
        json_t *settings = panelscript_parse(buf_str(&text), path, why);
        struct fault inner = {.code = FAULT_NONE};
        is_good = settings && (panelscript_apply(panel, settings, &inner) ||
                               fault_set(why, inner.code, "%s: %.180s", path, inner.message));
        json_decref(settings);
    }
    fclose(file);
    buf_fini(&text);
    return is_good;
}
