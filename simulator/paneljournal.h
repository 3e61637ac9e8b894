/* What a simulated panel was asked: one entry a request, the newest kept in a ring with a ceiling
 * in entries and in bytes, and counters of everything by action. Keys are masked before they come
 * here. On the panel's thread. */
#ifndef SIMULATOR_PANELJOURNAL_H
#define SIMULATOR_PANELJOURNAL_H
#include <jansson.h>

#include "base/buf.h"

#define PANELJOURNAL_DEFAULT_ENTRIES 100000
#define PANELJOURNAL_MOST_BYTES ((size_t)192 * 1024 * 1024)
#define PANELJOURNAL_MOST_ACTIONS 32

struct paneljournal_entry {
    uint64_t number;  /* from 1, never reused */
    int64_t at_ms;    /* wall clock */
    uint64_t line;    /* the connection's number */
    uint64_t request; /* its place on that connection, from 1 */
    char action[24];
    char method[8];
    char order[64]; /* id of the order it stored; "" none */
    char path[64];
    char rule[40]; /* name of the rule that took it; "" none */
    char *fields;  /* urlencoded */
    char *headers; /* as sent, without secrets */
    int status;    /* answered; 0: not (yet) */
    uint64_t sent; /* bytes of the answer that went out, once it is over */
    bool is_key_good;
    bool is_stored; /* an order, refill or cancel took effect */
    bool is_gone;   /* the asker left before the answer */
};

struct paneljournal_count {
    char action[24];
    uint64_t requests, stored, ruled;
};

struct paneljournal {
    struct paneljournal_entry *ring; /* made at the first entry */
    size_t room;
    uint64_t first, next; /* numbers: kept are first … next-1 */
    size_t bytes;
    struct paneljournal_count counts[PANELJOURNAL_MOST_ACTIONS];
    size_t action_count;
};

struct paneljournal_filter {
    uint64_t after;       /* only later numbers */
    struct str action;    /* absent: any */
    struct str link_part; /* of the decoded link; absent: any */
    struct str service;
    struct str order; /* the field order, or the id stored */
    bool is_stored_only;
};

void paneljournal_init(struct paneljournal *journal);
void paneljournal_fini(struct paneljournal *journal);
void paneljournal_set_room(struct paneljournal *journal, size_t room); /* forgets what it had */
void paneljournal_clear(struct paneljournal *journal);                 /* numbers go on */
/* Takes the entry's texts over; gives it its number. The pointer is good until the next add. */
struct paneljournal_entry *paneljournal_add(struct paneljournal *journal,
                                            struct paneljournal_entry *entry);
/* NULL when it is no longer kept. */
struct paneljournal_entry *paneljournal_find(struct paneljournal *journal, uint64_t number);
bool paneljournal_fits(const struct paneljournal_entry *entry,
                       const struct paneljournal_filter *filter);
size_t paneljournal_count(struct paneljournal *journal, const struct paneljournal_filter *filter);
/* {"entries":[…],"next":N,"counts":{…}}, at most `most` entries; new reference. */
json_t *paneljournal_list(struct paneljournal *journal, const struct paneljournal_filter *filter,
                          size_t most);
json_t *paneljournal_counts(const struct paneljournal *journal);
/* An urlencoded line as an object of texts; new reference. */
json_t *paneljournal_fields(const char *urlencoded);

#endif
