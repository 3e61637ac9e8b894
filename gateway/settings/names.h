/* struct names: the names given, by family ("provider"), each with where it was given first, and
 * the references to them. One load, one thread. */
#ifndef SETTINGS_NAMES_H
#define SETTINGS_NAMES_H
#include "settings/faultlist.h"

struct names;
struct names *names_new(void);
void names_free(struct names *names);
/* False when the family has that name already; then *first_out is its place. The bytes are copied,
 * wiped when freed. */
bool names_add(struct names *names, const char *family, struct str name,
               struct source_location place, struct source_location *first_out) MUST_USE;
/* Whether the family has that name; then *first_out is its place. */
bool names_has(const struct names *names, const char *family, struct str name,
               struct source_location *first_out) MUST_USE;
/* names_check will look for that name. */
void names_refer(struct names *names, const char *family, struct str name,
                 struct source_location place);
/* Reports each reference to a name that nobody has, with the nearest name. */
void names_check(struct names *names, struct faultlist *faults);

#endif
