/* The file with its includes, merged into one map: lists of members are joined, everything else
 * may be given once. See configuration.h. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/configuration.h"
#include "settings/names.h"
#include "settings/rows.h"

enum { INCLUDE_DEPTH = 8, INCLUDE_FILES = 256 };

struct files {
    struct setting_reader *reader;
    struct yamlnode *root; /* all that was merged so far */
    unsigned count, depth;
    bool is_whole;
};

static const struct setting_row include_row = {.key = "include"};

static void configuration_files_read_file(struct files *files, const char *path,
                                          struct source_location asked_at);

/* A path beside the including file. To free(). */
static char *configuration_files_resolve(const char *including, const char *path)
{
    const char *slash = strrchr(including, '/');
    struct buf out;
    buf_init(&out, 2 * PATH_MAX);
    if (path[0] != '/' && slash)
        buf_add(&out, including, (size_t)(slash - including) + 1);
    buf_add_text(&out, path);
    return buf_take(&out);
}

/* True once a file: `include` neither doubles nor turns in a circle. */
static bool configuration_files_is_first_time(struct files *files, const char *path,
                                              struct source_location asked_at)
{
    struct source_location first;
    char *real = realpath(path, NULL);
    if (real == NULL)
        return true; /* reading it reports why */
    bool is_first = names_add(files->reader->names, "file", str_of(real), asked_at, &first);
    if (!is_first)
        faultlist_add(files->reader->faults, asked_at,
                      "`%s` is read already, first at %s:%u:%u; include it once",
                      yamltree_show(str_of(path)).text, first.file, first.line, first.column);
    free(real);
    return is_first;
}

static void configuration_files_include_one(struct files *files, const char *including,
                                            const struct yamlnode *node)
{
    char *path = NULL;
    if (!rows_read_scalar(files->reader, &include_row, &kind_text, node, &path))
        return;
    char *resolved = configuration_files_resolve(including, path);
    if (files->depth == INCLUDE_DEPTH || files->count == INCLUDE_FILES)
        faultlist_add(files->reader->faults, node->place,
                      "too many includes; %d files and %d levels are the most", INCLUDE_FILES,
                      INCLUDE_DEPTH);
    else if (configuration_files_is_first_time(files, resolved, node->place))
        configuration_files_read_file(files, resolved, node->place);
    free(resolved);
    free(path);
}

static void configuration_files_include_all(struct files *files, const char *including,
                                            const struct yamlnode *include)
{
    files->depth++;
    if (include->kind == YAMLNODE_LIST)
        for (const struct yamlnode *at = include->first; at; at = at->next)
            configuration_files_include_one(files, including, at);
    else
        configuration_files_include_one(files, including, include);
    files->depth--;
}

static bool configuration_files_is_member_list(const struct yamlnode *node)
{
    const struct setting_row *row = rows_find(&configuration_rows, node->key);
    return row && row->kind == &kind_list && row->table;
}

static void configuration_files_join(struct files *files, struct yamlnode *into,
                                     struct yamlnode *from)
{
    if (from->is_null)
        return;
    if (from->kind != YAMLNODE_LIST) {
        if (from->kind != YAMLNODE_BROKEN)
            faultlist_add(files->reader->faults, from->place, "`%s` is %s; right is a list",
                          yamltree_show(from->key).text, yamltree_kind_name(from));
        return;
    }
    if (into->is_null) {
        into->kind = YAMLNODE_LIST;
        into->is_null = false;
    }
    for (struct yamlnode *at = from->first, *next; at; at = next) {
        next = at->next;
        if (into->kind == YAMLNODE_LIST)
            yamltree_add(into, at);
    }
}

static struct yamlnode *configuration_files_find_merged(struct files *files,
                                                        const struct yamlnode *node)
{
    if (rows_find(&configuration_rows, node->key) == NULL)
        return NULL; /* unknown keys are reported one by one */
    for (struct yamlnode *at = files->root->first; at; at = at->next)
        if (str_equal(at->key, node->key))
            return at;
    return NULL;
}

static void configuration_files_merge(struct files *files, struct yamlnode *map)
{
    for (struct yamlnode *at = map->first, *next; at; at = next) {
        next = at->next;
        struct yamlnode *there = configuration_files_find_merged(files, at);
        if (str_is(at->key, "include"))
            continue;
        if (there == NULL)
            yamltree_add(files->root, at);
        else if (configuration_files_is_member_list(at))
            configuration_files_join(files, there, at);
        else
            faultlist_add(files->reader->faults, at->key_place,
                          "`%s` is given twice, first at %s:%u:%u; keep one of them",
                          yamltree_show(at->key).text, there->key_place.file, there->key_place.line,
                          there->key_place.column);
    }
}

/* Reading a pipe or a terminal would block. If stat fails, reading reports why. */
static bool configuration_files_may_include(const char *path)
{
    struct stat facts;
    return stat(path, &facts) != 0 || S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode);
}

static struct yamlnode *configuration_files_load_map(struct files *files, const char *path,
                                                     const char *file,
                                                     struct source_location asked_at)
{
    bool is_readable;
    struct faultlist *faults = files->reader->faults;
    if (asked_at.line && !configuration_files_may_include(path)) {
        faultlist_add(faults, asked_at, "cannot read `%s`: it is not a file; check the path",
                      yamltree_show(str_of(path)).text);
        files->is_whole = false;
        return NULL;
    }
    struct yamlnode *map = yamltree_read(files->reader->tree, path, file, faults, &is_readable);
    if (!is_readable)
        faultlist_add(faults, asked_at, "cannot read `%s`: %s; check the path%s",
                      yamltree_show(str_of(path)).text, strerror(errno),
                      asked_at.line ? ", which is relative to this file" : " and its rights");
    if (map && map->kind == YAMLNODE_MAP)
        return map;
    if (map && map->kind != YAMLNODE_BROKEN)
        faultlist_add(faults, map->place, "the file is %s; right is a map of keys and values",
                      yamltree_kind_name(map));
    files->is_whole = false;
    return NULL;
}

static void configuration_files_read_file(struct files *files, const char *path,
                                          struct source_location asked_at)
{
    const char *file = faultlist_file(files->reader->faults, path);
    files->count++;
    struct yamlnode *map = configuration_files_load_map(files, path, file, asked_at);
    if (map == NULL)
        return;
    const struct yamlnode *include = yamltree_find(map, "include");
    if (files->root)
        configuration_files_merge(files, map);
    else
        files->root = map;
    if (include && !include->is_null)
        configuration_files_include_all(files, path, include);
}

struct yamlnode *configuration_files_read(struct setting_reader *reader, const char *path,
                                          bool *is_whole_out)
{
    struct files files = {.reader = reader, .is_whole = true};
    struct source_location start = {faultlist_file(reader->faults, path), 0, 0};
    if (configuration_files_is_first_time(&files, path, (struct source_location){start.file, 1, 1}))
        configuration_files_read_file(&files, path, start);
    *is_whole_out = files.is_whole;
    return files.root;
}
