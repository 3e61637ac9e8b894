/* struct yamltree: YAML files as nodes that know their place, read with libyaml's events. All texts
 * are as written: whether `1` is a number is for the setting to say. A syntax error ends its own
 * file; doubled keys, aliases, anchors, tags and a second document are faults too. Depth, size and
 * the number of nodes have ceilings. The texts are wiped when the tree is freed, for they may hold
 * secrets. One thread. */
#ifndef SETTINGS_YAMLTREE_H
#define SETTINGS_YAMLTREE_H
#include "base/arena.h"
#include "settings/faultlist.h"

enum { YAMLTREE_DEPTH = 32, YAMLTREE_NODES = 2000000, YAMLTREE_BYTES = 32 * 1024 * 1024 };

enum yamlnode_kind {
    YAMLNODE_SCALAR,
    YAMLNODE_LIST,
    YAMLNODE_MAP,
    YAMLNODE_BROKEN /* its fault was reported already */
};
struct yamlnode {
    enum yamlnode_kind kind;
    bool is_null;                         /* a scalar left empty, `~` or `null`, unquoted */
    struct source_location place;         /* of its first character */
    struct str text;                      /* of a scalar; lives as long as the tree */
    struct str key;                       /* its key, in a map */
    struct source_location key_place;     /* of that key */
    struct yamlnode *first, *last, *next; /* children and the next sibling, in the file's order */
    size_t count;                         /* of children */
    struct yamlnode *older;               /* every node of the tree, for wiping */
};
struct yamltree {
    struct arena arena;
    struct yamlnode *newest;
    size_t nodes;
};

void yamltree_init(struct yamltree *tree);
void yamltree_fini(struct yamltree *tree); /* wipes and frees all nodes */
/* The root of a document, NULL when a fault ended it; file comes from faultlist_file. An empty
 * document is an empty map. Several files may share a tree. */
struct yamlnode *yamltree_parse(struct yamltree *tree, struct str bytes, const char *file,
                                struct faultlist *faults);
/* The same from a file; false in *is_readable_out and errno when it can't be read. */
struct yamlnode *yamltree_read(struct yamltree *tree, const char *path, const char *file,
                               struct faultlist *faults, bool *is_readable_out);
/* The value of a key in a map, or NULL. */
const struct yamlnode *yamltree_find(const struct yamlnode *map, const char *key);
/* Puts a child at the end. */
void yamltree_add(struct yamlnode *parent, struct yamlnode *child);
/* "a list", "a map", "a text" for faults. */
const char *yamltree_kind_name(const struct yamlnode *node);

/* A text from the file as faults show it: cut, unprintable characters masked. */
struct shown {
    char text[68];
};
struct shown yamltree_show(struct str text);

#endif
