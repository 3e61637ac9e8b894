/* See names.h. */
#include "settings/names.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/table.h"
#include "settings/rows.h"

enum { SUGGEST_MAX = 512 };

struct name {
    UT_hash_handle hh;
    const char *family; /* a literal */
    struct source_location place;
    size_t key_len;
    char key[]; /* family, NUL, name */
};
struct reference {
    STAILQ_ENTRY(reference) link;
    const char *family;
    struct source_location place;
    struct name *name;
};
struct names {
    struct name *table;
    STAILQ_HEAD(, reference) references;
};

struct names *names_new(void)
{
    struct names *names = memory_new(sizeof *names);
    STAILQ_INIT(&names->references);
    return names;
}

static void names_free_name(struct name *name)
{
    explicit_bzero(name->key, name->key_len);
    free(name);
}

void names_free(struct names *names)
{
    struct name *name, *after;
    struct reference *reference;
    if (names == NULL)
        return;
    HASH_ITER(hh, names->table, name, after)
    {
        HASH_DELETE(hh, names->table, name);
        names_free_name(name);
    }
    while ((reference = STAILQ_FIRST(&names->references)) != NULL) {
        STAILQ_REMOVE_HEAD(&names->references, link);
        names_free_name(reference->name);
        free(reference);
    }
    free(names);
}

static struct name *names_new_name(const char *family, struct str bytes,
                                   struct source_location place)
{
    size_t family_len = strlen(family) + 1;
    struct name *name = memory_new(sizeof *name + family_len + bytes.len + 1);
    name->family = family;
    name->place = place;
    name->key_len = family_len + bytes.len;
    memcpy(name->key, family, family_len);
    memcpy(name->key + family_len, bytes.ptr, bytes.len);
    return name;
}

static struct str names_name_text(const struct name *name)
{
    size_t skip = strlen(name->family) + 1;
    return str_make(name->key + skip, name->key_len - skip);
}

bool names_add(struct names *names, const char *family, struct str bytes,
               struct source_location place, struct source_location *first_out)
{
    struct name *name = names_new_name(family, bytes, place), *found;
    HASH_FIND(hh, names->table, name->key, name->key_len, found);
    if (found) {
        *first_out = found->place;
        names_free_name(name);
        return false;
    }
    HASH_ADD(hh, names->table, key[0], name->key_len, name);
    return true;
}

bool names_has(const struct names *names, const char *family, struct str bytes,
               struct source_location *first_out)
{
    struct name *name = names_new_name(family, bytes, (struct source_location){0}), *found;
    HASH_FIND(hh, names->table, name->key, name->key_len, found);
    if (found)
        *first_out = found->place;
    names_free_name(name);
    return found != NULL;
}

void names_refer(struct names *names, const char *family, struct str bytes,
                 struct source_location place)
{
    struct reference *reference = memory_new(sizeof *reference);
    reference->family = family;
    reference->place = place;
    reference->name = names_new_name(family, bytes, place);
    STAILQ_INSERT_TAIL(&names->references, reference, link);
}

static void names_report(struct names *names, const struct reference *reference,
                         struct faultlist *faults)
{
    const char *candidates[SUGGEST_MAX];
    size_t count = 0;
    struct buf hint;
    for (struct name *at = names->table; at && count < SUGGEST_MAX; at = at->hh.next)
        if (strcmp(at->family, reference->family) == 0)
            candidates[count++] = names_name_text(at).ptr;
    buf_init(&hint, 400);
    if (count == 0)
        buf_printf(&hint, "there is no %s at all", reference->family);
    else
        rows_suggest(names_name_text(reference->name), candidates, count, &hint);
    faultlist_add(faults, reference->place, "no %s is named `%s`; %s", reference->family,
                  yamltree_show(names_name_text(reference->name)).text, buf_str(&hint).ptr);
    buf_fini(&hint);
}

void names_check(struct names *names, struct faultlist *faults)
{
    const struct reference *at;
    STAILQ_FOREACH(at, &names->references, link)
    {
        struct name *found;
        HASH_FIND(hh, names->table, at->name->key, at->name->key_len, found);
        if (found == NULL)
            names_report(names, at, faults);
    }
}
