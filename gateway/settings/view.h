/* struct view: a configuration as it was read, for people: what was written, key by key, with the
 * defaults of what was left out and without its secrets. Two of them can be compared. It keeps no
 * literal secret; of a value that stands elsewhere (${env:NAME}) it keeps what was written and a
 * digest, so that a change of it shows. Immutable; any thread may read it. */
#ifndef SETTINGS_VIEW_H
#define SETTINGS_VIEW_H
#include "base/buf.h"
#include "settings/rows.h"

struct view;

/* After a load without faults: the file with its includes as one map, and the table it was read
 * by. One thread (getenv). */
struct view *view_make(const struct setting_table *table, const struct yamlnode *root);
void view_free(struct view **view);

/* As YAML; defaults are marked by a comment, literal secrets are masked. */
void view_print(const struct view *view, struct buf *out);

struct view_value {
    struct str path; /* "providers.alpha.timeout" */
    struct str text; /* as shown */
    bool is_default;
};
/* Each value in the order of the file. */
void view_visit(const struct view *view, void (*visit)(const struct view_value *value, void *arg),
                void *arg);

struct view_difference {
    struct str path;        /* of a value, or of a member of a list: "services.7" */
    struct str before, now; /* as shown; ptr NULL: it is not there */
    bool is_member;         /* of a list, as a whole: before and now are "" where it is there */
    bool is_secret;         /* changed, without being shown */
    bool needs_restart;
};
/* Values that differ; a default that is written out is none. By path. Both views are of this
 * process. Returns how many. */
size_t view_compare(const struct view *before, const struct view *now,
                    void (*report)(const struct view_difference *difference, void *arg), void *arg);

#endif
