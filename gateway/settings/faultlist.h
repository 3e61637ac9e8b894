/* struct faultlist: every fault of a configuration at once, as a compiler reports them:
 *   FILE:LINE:COLUMN: what is wrong; what would be right
 * Never holds a secret. Bounded: beyond 200 they are only counted. One thread. */
#ifndef SETTINGS_FAULTLIST_H
#define SETTINGS_FAULTLIST_H
#include "base/buf.h"

struct source_location { /* where in a file; line 0: the file as a whole */
    const char *file;    /* lives as long as the list: faultlist_file interns it */
    unsigned line, column;
};
struct faultlist_entry {
    struct source_location place;
    char *message;
    bool is_warning;
};
struct faultlist {
    struct faultlist_entry *list;
    size_t count, faults, warnings, dropped;
    char **files;
    size_t file_count;
};
void faultlist_init(struct faultlist *faults);
void faultlist_fini(struct faultlist *faults);
const char *faultlist_file(struct faultlist *faults, const char *path);
void faultlist_add(struct faultlist *faults, struct source_location place, const char *format, ...)
    PRINTF_LIKE(3, 4);
void faultlist_warn(struct faultlist *faults, struct source_location place, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Sorted by file (in order of first mention), line, column; warnings marked "warning: ". */
void faultlist_print(struct faultlist *faults, struct buf *out);
void faultlist_print_json(struct faultlist *faults, struct buf *out);

#endif
