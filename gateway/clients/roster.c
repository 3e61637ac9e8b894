/* See roster.h. A sorted array: clients are added by hand, and listed by name. */
#include "clients/roster.h"

#include <jansson.h>
#include <stdlib.h>

#include "clients/client.h"

struct roster {
    struct roster_client *list; /* by name */
    size_t count;
};

struct roster *roster_new(void)
{
    return memory_new(sizeof(struct roster));
}

static void roster_client_fini(struct roster_client *client)
{
    for (size_t i = 0; i < client->key_count; i++)
        free(client->keys[i].label);
    free(client->keys);
    free(client->name);
    free(client->json);
    client_settings_fini(&client->settings);
}

void roster_free(struct roster *roster)
{
    if (roster == NULL)
        return;
    for (size_t i = 0; i < roster->count; i++)
        roster_client_fini(&roster->list[i]);
    free(roster->list);
    free(roster);
}

/* Where the name stands, or would. */
static size_t roster_place(const struct roster *roster, struct str name)
{
    size_t low = 0, high = roster->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(str_of(roster->list[middle].name), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct roster_client *roster_lookup(const struct roster *roster, struct str name)
{
    size_t at = roster_place(roster, name);
    bool is_there = at < roster->count && str_is(name, roster->list[at].name);
    return is_there ? &roster->list[at] : NULL;
}

const struct roster_client *roster_find(const struct roster *roster, struct str name)
{
    return roster_lookup(roster, name);
}

static struct roster_client *roster_insert(struct roster *roster, struct str name)
{
    size_t at = roster_place(roster, name);
    roster->list = memory_resize(roster->list, roster->count + 1, sizeof *roster->list);
    memmove(&roster->list[at + 1], &roster->list[at], (roster->count - at) * sizeof *roster->list);
    roster->count++;
    roster->list[at] = (struct roster_client){.name = str_copy(name)};
    return &roster->list[at];
}

bool roster_put(struct roster *roster, struct str name, struct str json, bool is_frozen,
                int64_t created_at_ms, struct fault *why)
{
    struct client_settings settings;
    struct fault inner;
    if (!client_rows_parse_json(json, &settings, &inner))
        return fault_set(why, inner.code, "client \"" STR_FMT "\" in the ledger: %s", STR_ARG(name),
                         inner.message);
    struct roster_client *client = roster_lookup(roster, name);
    if (client == NULL)
        client = roster_insert(roster, name);
    client_settings_fini(&client->settings);
    free(client->json);
    client->settings = settings;
    client->settings.is_frozen = client->is_frozen = is_frozen;
    client->json = str_copy(json);
    client->created_at_ms = created_at_ms;
    return true;
}

const struct roster_key *roster_find_key(const struct roster_client *client, struct str label)
{
    for (size_t i = 0; i < client->key_count; i++)
        if (str_is(label, client->keys[i].label))
            return &client->keys[i];
    return NULL;
}

void roster_add_key(struct roster *roster, struct str name, struct str label,
                    const struct digest *sha256, int64_t created_at_ms)
{
    struct roster_client *client = roster_lookup(roster, name);
    if (client == NULL)
        return;
    client->keys = memory_resize(client->keys, client->key_count + 1, sizeof *client->keys);
    client->keys[client->key_count++] = (struct roster_key){
        .label = str_copy(label), .sha256 = *sha256, .created_at_ms = created_at_ms};
}

void roster_drop_key(struct roster *roster, struct str name, struct str label)
{
    struct roster_client *client = roster_lookup(roster, name);
    const struct roster_key *key = client ? roster_find_key(client, label) : NULL;
    if (key == NULL)
        return;
    struct roster_key *gone = &client->keys[key - client->keys];
    free(gone->label);
    memmove(gone, gone + 1, (size_t)(client->keys + client->key_count - (gone + 1)) * sizeof *gone);
    client->key_count--;
}

size_t roster_count(const struct roster *roster)
{
    return roster->count;
}

const struct roster_client *roster_at(const struct roster *roster, size_t index)
{
    return &roster->list[index];
}

static struct client_settings roster_settings_of(const struct roster_client *client)
{
    struct client_settings settings = client_settings_copy(&client->settings);
    free(settings.keys);
    settings.name = memory_text(client->name);
    settings.keys = memory_array(client->key_count + 1, sizeof *settings.keys);
    settings.key_count = client->key_count;
    for (size_t i = 0; i < client->key_count; i++)
        settings.keys[i] = client->keys[i].sha256;
    return settings;
}

struct client_set *roster_merge(const struct roster *roster, const struct client_set *of_file,
                                struct fault *why)
{
    size_t count = of_file->count + roster->count;
    struct client_settings *all = memory_array(count + 1, sizeof *all);
    for (size_t i = 0; i < of_file->count; i++)
        all[i] = client_settings_copy(&of_file->list[i].settings);
    for (size_t i = 0; i < roster->count; i++)
        all[of_file->count + i] = roster_settings_of(&roster->list[i]);
    struct client_set *set = client_set_new(all, count, why);
    free(all);
    return set;
}

/* ---- settings as JSON ---- */

static json_t *roster_load_object(struct str text, struct fault *why)
{
    json_error_t error;
    json_t *json = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(json))
        return json;
    json_decref(json);
    fault_set(why, FAULT_INVALID, "a JSON object of settings is right: {\"markup\": \"5%%\"}");
    return NULL;
}

static void roster_put_over(json_t *settings, const json_t *changes)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)changes, key, value)
    {
        if (json_is_null(value))
            json_object_del(settings, key);
        else
            json_object_set(settings, key, value);
    }
}

static void roster_settle_funds(json_t *settings, const json_t *changes)
{
    const char *funds = json_string_value(json_object_get(settings, "funds"));
    if (funds && str_equal_folded(str_of(funds), STR("prepaid"))) {
        if (json_object_get(changes, "balance") == NULL)
            json_object_del(settings, "balance");
        return;
    }
    if (json_object_get(changes, "credit_limit") == NULL)
        json_object_del(settings, "credit_limit");
}

bool roster_change_settings(struct str json, struct str changes, char **json_out, struct fault *why)
{
    /* A real keeps the 15 digits that mean something: 0.1 stays 0.1. */
    const size_t form = JSON_SORT_KEYS | JSON_REAL_PRECISION(15);
    struct client_settings settings;
    json_t *after = roster_load_object(json, why);
    json_t *over = after ? roster_load_object(changes, why) : NULL;
    bool is_good = over != NULL;
    *json_out = NULL;
    if (is_good) {
        roster_put_over(after, over);
        roster_settle_funds(after, over);
        *json_out = json_dumps(after, form);
        is_good = *json_out ? client_rows_parse_json(str_of(*json_out), &settings, why)
                            : fault_set(why, FAULT_INVALID, "settings in UTF-8 are right");
    }
    json_decref(after);
    json_decref(over);
    if (is_good) {
        client_settings_fini(&settings);
        return true;
    }
    free(*json_out);
    *json_out = NULL;
    return false;
}
