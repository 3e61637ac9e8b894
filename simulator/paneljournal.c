/* See paneljournal.h. */
#include "simulator/paneljournal.h"

#include <stdlib.h>

#include "simulator/panelform.h"
#include "simulator/panelhttp.h"

void paneljournal_init(struct paneljournal *journal)
{
    *journal = (struct paneljournal){.room = PANELJOURNAL_DEFAULT_ENTRIES, .first = 1, .next = 1};
}

static struct paneljournal_entry *paneljournal_slot(struct paneljournal *journal, uint64_t number)
{
    return &journal->ring[number % journal->room];
}

static size_t paneljournal_entry_bytes(const struct paneljournal_entry *entry)
{
    return strlen(entry->fields) + strlen(entry->headers) + 2;
}

static void paneljournal_drop_oldest(struct paneljournal *journal)
{
    struct paneljournal_entry *entry = paneljournal_slot(journal, journal->first++);
    journal->bytes -= paneljournal_entry_bytes(entry);
    free(entry->fields);
    free(entry->headers);
    *entry = (struct paneljournal_entry){.number = 0};
}

void paneljournal_clear(struct paneljournal *journal)
{
    while (journal->first < journal->next)
        paneljournal_drop_oldest(journal);
    journal->action_count = 0;
    memset(journal->counts, 0, sizeof journal->counts);
}

void paneljournal_fini(struct paneljournal *journal)
{
    paneljournal_clear(journal);
    free(journal->ring);
    journal->ring = NULL;
}

void paneljournal_set_room(struct paneljournal *journal, size_t room)
{
    paneljournal_fini(journal);
    journal->room = room;
}

static struct paneljournal_count *paneljournal_count_of(struct paneljournal *journal,
                                                        const char *action)
{
    for (size_t i = 0; i < journal->action_count; i++)
        if (strcmp(journal->counts[i].action, action) == 0)
            return &journal->counts[i];
    size_t at = journal->action_count;
    if (at == COUNT_OF(journal->counts)) /* inventions beyond the ceiling share the last row */
        return &journal->counts[at - 1];
    journal->action_count++;
    memcpy(journal->counts[at].action, action, sizeof journal->counts[at].action);
    return &journal->counts[at];
}

struct paneljournal_entry *paneljournal_add(struct paneljournal *journal,
                                            struct paneljournal_entry *entry)
{
    if (journal->ring == NULL)
        journal->ring = memory_array(journal->room, sizeof journal->ring[0]);
    while (journal->first < journal->next && (journal->next - journal->first == journal->room ||
                                              journal->bytes > PANELJOURNAL_MOST_BYTES))
        paneljournal_drop_oldest(journal);
    entry->number = journal->next++;
    struct paneljournal_entry *kept = paneljournal_slot(journal, entry->number);
    *kept = *entry;
    journal->bytes += paneljournal_entry_bytes(kept);
    struct paneljournal_count *count = paneljournal_count_of(journal, kept->action);
    count->requests++;
    count->stored += kept->is_stored;
    count->ruled += kept->rule[0] != '\0';
    return kept;
}

struct paneljournal_entry *paneljournal_find(struct paneljournal *journal, uint64_t number)
{
    if (number < journal->first || number >= journal->next)
        return NULL;
    return paneljournal_slot(journal, number);
}

static bool paneljournal_field_fits(const struct panelform *form, const char *name,
                                    struct str wanted, bool is_part)
{
    struct str value = panelform_get(form, name);
    if (wanted.ptr == NULL)
        return true;
    return is_part ? str_find(value, wanted) != SIZE_MAX : str_equal(value, wanted);
}

bool paneljournal_fits(const struct paneljournal_entry *entry,
                       const struct paneljournal_filter *filter)
{
    if (entry->number <= filter->after || (filter->is_stored_only && !entry->is_stored) ||
        (filter->action.ptr && !str_is(filter->action, entry->action)))
        return false;
    if (filter->link_part.ptr == NULL && filter->service.ptr == NULL && filter->order.ptr == NULL)
        return true;
    struct panelform form;
    panelform_init(&form, STR_NONE, STR(""), str_of(entry->fields));
    bool fits = paneljournal_field_fits(&form, "link", filter->link_part, true) &&
                paneljournal_field_fits(&form, "service", filter->service, false) &&
                (paneljournal_field_fits(&form, "order", filter->order, false) ||
                 str_is(filter->order, entry->order));
    panelform_fini(&form);
    return fits;
}

size_t paneljournal_count(struct paneljournal *journal, const struct paneljournal_filter *filter)
{
    size_t count = 0;
    uint64_t from = filter->after + 1 > journal->first ? filter->after + 1 : journal->first;
    for (uint64_t number = from; number < journal->next; number++)
        count += paneljournal_fits(paneljournal_slot(journal, number), filter);
    return count;
}

static json_t *paneljournal_text_of(struct str s)
{
    json_t *text = json_stringn(s.ptr ? s.ptr : "", s.len);
    return text ? text : json_string("(not UTF-8)");
}

json_t *paneljournal_fields(const char *urlencoded)
{
    struct panelform form;
    json_t *fields = json_object();
    panelform_init(&form, STR_NONE, STR(""), str_of(urlencoded));
    for (size_t i = 0; i < form.count; i++) {
        char *name = str_copy(form.fields[i].name);
        if (json_object_get(fields, name) == NULL)
            json_object_set_new(fields, name, paneljournal_text_of(form.fields[i].value));
        free(name);
    }
    panelform_fini(&form);
    return fields;
}

static json_t *paneljournal_headers_of(const char *lines)
{
    json_t *headers = json_object();
    struct str rest = str_of(lines), name, value;
    while (panelhttp_next_header(&rest, &name, &value)) {
        char *key = str_copy(name);
        for (char *at = key; *at; at++)
            *at = *at >= 'A' && *at <= 'Z' ? (char)(*at | 32) : *at;
        bool is_secret = strcmp(key, "authorization") == 0 || strcmp(key, "x-api-key") == 0;
        json_object_set_new(headers, key,
                            is_secret ? json_string("***") : paneljournal_text_of(value));
        free(key);
    }
    return headers;
}

static json_t *paneljournal_entry_json(const struct paneljournal_entry *entry)
{
    json_t *json =
        json_pack("{sI sI sI sI ss ss so si sb sb sb sI}", "number", (json_int_t)entry->number,
                  "at_ms", (json_int_t)entry->at_ms, "connection", (json_int_t)entry->line,
                  "request", (json_int_t)entry->request, "action", entry->action, "method",
                  entry->method, "path", paneljournal_text_of(str_of(entry->path)), "status",
                  entry->status, "key_good", entry->is_key_good, "stored", entry->is_stored, "gone",
                  entry->is_gone, "sent", (json_int_t)entry->sent);
    json_object_set_new(json, "order", entry->order[0] ? json_string(entry->order) : json_null());
    json_object_set_new(json, "rule",
                        entry->rule[0] ? paneljournal_text_of(str_of(entry->rule)) : json_null());
    json_object_set_new(json, "fields", paneljournal_fields(entry->fields));
    json_object_set_new(json, "headers", paneljournal_headers_of(entry->headers));
    return json;
}

json_t *paneljournal_counts(const struct paneljournal *journal)
{
    json_t *counts = json_object();
    for (size_t i = 0; i < journal->action_count; i++) {
        const struct paneljournal_count *count = &journal->counts[i];
        json_object_set_new(counts, count->action,
                            json_pack("{sIsIsI}", "requests", (json_int_t)count->requests, "stored",
                                      (json_int_t)count->stored, "ruled",
                                      (json_int_t)count->ruled));
    }
    return counts;
}

json_t *paneljournal_list(struct paneljournal *journal, const struct paneljournal_filter *filter,
                          size_t most)
{
    json_t *entries = json_array();
    uint64_t from = filter->after + 1 > journal->first ? filter->after + 1 : journal->first;
    for (uint64_t number = from; number < journal->next && json_array_size(entries) < most;
         number++)
        if (paneljournal_fits(paneljournal_slot(journal, number), filter))
            json_array_append_new(entries,
                                  paneljournal_entry_json(paneljournal_slot(journal, number)));
    return json_pack("{sosIsIso}", "entries", entries, "first", (json_int_t)journal->first, "next",
                     (json_int_t)journal->next, "counts", paneljournal_counts(journal));
}
