/* What a simulated panel offers, and the order types it knows. The list is printed once, when it
 * changes. On the panel's thread. */
#ifndef SIMULATOR_PANELSERVICE_H
#define SIMULATOR_PANELSERVICE_H
#include <jansson.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/table.h"

#define PANELSERVICE_MOST ((size_t)200000)

enum paneltype_counts { PANELTYPE_QUANTITY, PANELTYPE_LINES, PANELTYPE_ONE, PANELTYPE_NOTHING };

struct paneltype {
    const char *name;
    const char *required[6]; /* fields besides service, NULL at the end */
    enum paneltype_counts counts;
    const char *lines_field; /* whose lines count, with PANELTYPE_LINES */
    bool is_flat;            /* the rate is the price, whatever the quantity */
};

struct panelservice {
    char *id;
    const struct paneltype *type; /* never NULL: what is unknown counts as Default */
    int64_t rate;                 /* 10^-8 for 1000 */
    int64_t min, max;
    bool may_refill, may_cancel;
    UT_hash_handle hh;
};

struct panelservices {
    struct panelservice *by_id; /* in list order */
    struct buf text;            /* the answer to action=services */
};

void panelservice_init(struct panelservices *services);
void panelservice_fini(struct panelservices *services);
/* list is an array of objects, printed as they are; missing fields get defaults. All or nothing. */
bool panelservice_set(struct panelservices *services, const json_t *list,
                      struct fault *why) MUST_USE;
struct panelservice *panelservice_find(const struct panelservices *services, struct str id);
/* The ten of the default panel, one for each way of ordering. New reference. */
json_t *panelservice_defaults(void);
/* Adds count Default services with ids from first on to list. */
void panelservice_generate(json_t *list, int64_t count, int64_t first, const char *rate);

#endif
