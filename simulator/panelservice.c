/* See panelservice.h. */
#include "simulator/panelservice.h"

#include <stdlib.h>

#include "simulator/panelmoney.h"

#define LINK "link"
#define QUANTITY "quantity"

static const struct paneltype types[] = {
    {"Default", {LINK, QUANTITY}, PANELTYPE_QUANTITY, NULL, false},
    {"Package", {LINK}, PANELTYPE_ONE, NULL, true},
    {"SEO", {LINK, QUANTITY, "keywords"}, PANELTYPE_QUANTITY, NULL, false},
    {"Custom Comments", {LINK, "comments"}, PANELTYPE_LINES, "comments", false},
    {"Custom Comments Package", {LINK, "comments"}, PANELTYPE_ONE, NULL, true},
    {"Comment Likes", {LINK, QUANTITY, "username"}, PANELTYPE_QUANTITY, NULL, false},
    {"Comment Replies", {LINK, "username", "comments"}, PANELTYPE_LINES, "comments", false},
    {"Mentions", {LINK, QUANTITY, "usernames"}, PANELTYPE_QUANTITY, NULL, false},
    {"Mentions with Hashtags",
     {LINK, QUANTITY, "usernames", "hashtags"},
     PANELTYPE_QUANTITY,
     NULL,
     false},
    {"Mentions Custom List", {LINK, "usernames"}, PANELTYPE_LINES, "usernames", false},
    {"Mentions Hashtag", {LINK, QUANTITY, "hashtag"}, PANELTYPE_QUANTITY, NULL, false},
    {"Mentions User Followers", {LINK, QUANTITY, "username"}, PANELTYPE_QUANTITY, NULL, false},
    {"Mentions Media Likers", {LINK, QUANTITY, "media"}, PANELTYPE_QUANTITY, NULL, false},
    {"Poll", {LINK, QUANTITY, "answer_number"}, PANELTYPE_QUANTITY, NULL, false},
    {"Invites from Groups", {LINK, QUANTITY, "groups"}, PANELTYPE_QUANTITY, NULL, false},
    {"Subscriptions", {"username", "min", "max", "delay"}, PANELTYPE_NOTHING, NULL, false},
    {"Web Traffic",
     {LINK, QUANTITY, "country", "device", "type_of_traffic"},
     PANELTYPE_QUANTITY,
     NULL,
     false},
};

static const struct paneltype *panelservice_type_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (name && str_equal_folded(str_of(types[i].name), str_of(name)))
            return &types[i];
    return &types[0];
}

static json_t *panelservice_row(int id, const char *name, const char *type, const char *rate,
                                int max)
{
    bool is_package = strstr(type, "Package") != NULL;
    return json_pack("{sisssssssssisisbsb}", "service", id, "name", name, "type", type, "category",
                     "Simulated", "rate", rate, "min", is_package ? 1 : 10, "max", max, "refill",
                     true, "cancel", true);
}

json_t *panelservice_defaults(void)
{
    json_t *list = json_array();
    json_array_append_new(list, panelservice_row(101, "Followers", "Default", "0.90", 10000));
    json_array_append_new(list, panelservice_row(102, "Likes", "Default", "0.45", 50000));
    json_array_append_new(list, panelservice_row(103, "Comments", "Custom Comments", "8.00", 1500));
    json_array_append_new(list, panelservice_row(104, "Starter package", "Package", "2.50", 1));
    json_array_append_new(list,
                          panelservice_row(105, "Comment likes", "Comment Likes", "1.20", 5000));
    json_array_append_new(list,
                          panelservice_row(106, "Mentions", "Mentions Custom List", "4.00", 2000));
    json_array_append_new(list, panelservice_row(107, "Votes", "Poll", "1.75", 100000));
    json_array_append_new(list,
                          panelservice_row(108, "Each new post", "Subscriptions", "0.95", 5000));
    json_array_append_new(list, panelservice_row(109, "Visitors", "Web Traffic", "0.30", 1000000));
    json_array_append_new(list,
                          panelservice_row(110, "Members", "Invites from Groups", "3.10", 20000));
    return list;
}

void panelservice_generate(json_t *list, int64_t count, int64_t first, const char *rate)
{
    for (json_int_t i = 0; i < count; i++) {
        json_t *name = json_sprintf("Generated service %lld", i + 1);
        json_t *category = json_sprintf("Category %lld", i / 50 + 1);
        json_array_append_new(list,
                              json_pack("{sIsossso ss sisi sbsb}", "service", first + i, "name",
                                        name, "type", "Default", "category", category, "rate", rate,
                                        "min", 10, "max", 100000, "refill", true, "cancel", false));
    }
}

/* A field that may come as text or as a number, as text to free(); NULL when absent or null. */
static char *panelservice_scalar_text(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (json_is_string(value))
        return memory_text(json_string_value(value));
    if (json_is_number(value))
        return json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    return NULL;
}

static int64_t panelservice_scalar_count(const json_t *object, const char *name, int64_t otherwise)
{
    char *text = panelservice_scalar_text(object, name);
    int64_t value = otherwise;
    if (text && !str_to_i64(str_of(text), &value))
        value = otherwise;
    free(text);
    return value;
}

static void panelservice_free_all(struct panelservice **by_id)
{
    struct panelservice *service, *next;
    HASH_ITER(hh, *by_id, service, next)
    {
        HASH_DEL(*by_id, service);
        free(service->id);
        free(service);
    }
}

static bool panelservice_add_service(struct panelservice **by_id, const json_t *item, size_t at,
                                     struct fault *why)
{
    char *id = panelservice_scalar_text(item, "service"),
         *rate = panelservice_scalar_text(item, "rate");
    struct panelservice *service = memory_new(sizeof *service), *found = NULL;
    if (id)
        HASH_FIND_STR(*by_id, id, found);
    if (id == NULL || found != NULL) {
        free(service);
        free(rate);
        fault_set(why, FAULT_INVALID, "services[%zu]: service: %s", at,
                  found ? "this id was given before" : "missing; a number or a text");
        free(id);
        return false;
    }
    service->id = id;
    service->type = panelservice_type_of(json_string_value(json_object_get(item, "type")));
    if (rate == NULL || !panelmoney_parse(str_of(rate), &service->rate))
        service->rate = 0; /* odd rates are printed as they are, and cost nothing here */
    free(rate);
    service->min = panelservice_scalar_count(item, "min", 1);
    service->max = panelservice_scalar_count(item, "max", INT32_MAX);
    service->may_refill = !json_is_false(json_object_get(item, "refill"));
    service->may_cancel = !json_is_false(json_object_get(item, "cancel"));
    HASH_ADD_KEYPTR(hh, *by_id, service->id, strlen(service->id), service);
    return true;
}

void panelservice_init(struct panelservices *services)
{
    *services = (struct panelservices){.by_id = NULL};
    buf_init(&services->text, (size_t)256 * 1024 * 1024);
}

void panelservice_fini(struct panelservices *services)
{
    panelservice_free_all(&services->by_id);
    buf_fini(&services->text);
}

bool panelservice_set(struct panelservices *services, const json_t *list, struct fault *why)
{
    struct panelservice *by_id = NULL;
    size_t i;
    json_t *item;
    if (!json_is_array(list) || json_array_size(list) > PANELSERVICE_MOST)
        return fault_set(why, FAULT_INVALID, "services: must be a list of at most %zu",
                         PANELSERVICE_MOST);
    json_array_foreach(list, i, item)
    {
        if (!json_is_object(item))
            fault_set(why, FAULT_INVALID, "services[%zu]: must be a mapping", i);
        else if (panelservice_add_service(&by_id, item, i, why))
            continue;
        panelservice_free_all(&by_id);
        return false;
    }
    panelservice_free_all(&services->by_id);
    services->by_id = by_id;
    char *text = json_dumps(list, JSON_COMPACT | JSON_REAL_PRECISION(15));
    buf_clear(&services->text);
    buf_add_text(&services->text, text ? text : "[]");
    free(text);
    return true;
}

struct panelservice *panelservice_find(const struct panelservices *services, struct str id)
{
    struct panelservice *found = NULL;
    id = str_trim(id);
    if (id.len > 0)
        HASH_FIND(hh, services->by_id, id.ptr, id.len, found);
    return found;
}
