/* What a request says, whichever way it says it: query, urlencoded, multipart or JSON body, as one
 * list of names and values. The body's fields come first, so it wins over the query. Pure. */
#ifndef SIMULATOR_PANELFORM_H
#define SIMULATOR_PANELFORM_H
#include "base/arena.h"
#include "base/buf.h"

#define PANELFORM_MOST_FIELDS 2048

struct panelform_field {
    struct str name, value;
};

struct panelform {
    struct panelform_field *fields;
    size_t count, room;
    struct arena memory; /* of the fields and their bytes */
};

/* Reads body as content_type says (guessing where it says nothing), then the query. */
void panelform_init(struct panelform *form, struct str content_type, struct str body,
                    struct str query);
void panelform_fini(struct panelform *form);
/* The value, absent when there is no such field. */
struct str panelform_get(const struct panelform *form, const char *name);
/* All ids of name, name[] and name[N], comma lists taken apart, blanks trimmed, empty ones left
 * out; at most room. Returns how many. */
size_t panelform_ids(const struct panelform *form, const char *name, struct str *ids_out,
                     size_t room);
/* The fields again as one urlencoded line, the key's value replaced by ***. */
void panelform_pack(const struct panelform *form, struct buf *out);

#endif
