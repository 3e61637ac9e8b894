/* The kinds made of other values: lists, maps, tables. See kind.h. */
#include <stdlib.h>

#include "settings/kind.h"

static bool kind_structured_tell_shape(struct setting_reader *reader, const struct setting_row *row,
                                       const struct yamlnode *node, const char *right)
{
    if (node->kind != YAMLNODE_BROKEN)
        faultlist_add(reader->faults, node->place, "`%s` is %s; right is %s", row->key,
                      yamlnode_word(node), right);
    return false;
}

static bool kind_structured_check_count(struct setting_reader *reader,
                                        const struct setting_row *row, const struct yamlnode *node)
{
    if (row->max == 0 || node->count <= (size_t)row->max)
        return true;
    faultlist_add(reader->faults, node->place, "`%s` has %zu entries; %lld are the most", row->key,
                  node->count, (long long)row->max);
    return false;
}

/* A record for each child, in the same order, so that rules can look at both. */
static bool kind_structured_read_tables(struct setting_reader *reader,
                                        const struct setting_row *row, const struct yamlnode *node,
                                        void *record)
{
    if (node->kind != YAMLNODE_LIST)
        return kind_structured_tell_shape(reader, row, node, "a list, an entry a line with `-`");
    if (!kind_structured_check_count(reader, row, node))
        return false;
    char *list = memory_array(node->count + 1, row->table->size), *at = list;
    *(void **)((char *)record + row->offset) = list;
    *(size_t *)((char *)record + row->count_offset) = node->count;
    for (const struct yamlnode *child = node->first; child; child = child->next) {
        rows_read_table(reader, row->table, child, at);
        at += row->table->size;
    }
    return true;
}

static bool kind_structured_read_list(struct setting_reader *reader, const struct setting_row *row,
                                      const struct yamlnode *node, void *record)
{
    if (row->table)
        return kind_structured_read_tables(reader, row, node, record);
    bool is_single = node->kind == YAMLNODE_SCALAR;
    if (is_single && row->empty_word && str_is(node->text, row->empty_word))
        return true;
    if (!is_single && node->kind != YAMLNODE_LIST)
        return kind_structured_tell_shape(reader, row, node, "a list or a single value");
    if (!kind_structured_check_count(reader, row, node))
        return false;
    char *list = memory_array(node->count + 2, row->of->size);
    size_t count = 0;
    bool is_ok = true;
    for (const struct yamlnode *child = is_single ? node : node->first; child;
         child = is_single ? NULL : child->next) {
        if (rows_read_scalar(reader, row, row->of, child, list + count * row->of->size))
            count++;
        else
            is_ok = false;
    }
    *(void **)((char *)record + row->offset) = list;
    *(size_t *)((char *)record + row->count_offset) = count;
    return is_ok;
}

const struct setting_kind kind_list = {.name = "a list", .read = kind_structured_read_list};

static bool kind_structured_read_map(struct setting_reader *reader, const struct setting_row *row,
                                     const struct yamlnode *node, void *record)
{
    const struct setting_map *map = row->map;
    if (node->kind != YAMLNODE_MAP)
        return kind_structured_tell_shape(reader, row, node, "a map");
    if (!kind_structured_check_count(reader, row, node))
        return false;
    char *list = memory_array(node->count + 1, map->size), *at = list;
    for (const struct yamlnode *child = node->first; child; child = child->next) {
        struct yamlnode key = {
            .kind = YAMLNODE_SCALAR, .text = child->key, .place = child->key_place};
        rows_read_scalar(reader, &map->key, map->key.kind, &key, at + map->key.offset);
        if (map->value.kind->read)
            map->value.kind->read(reader, &map->value, child, at);
        else
            rows_read_scalar(reader, &map->value, map->value.kind, child, at + map->value.offset);
        at += map->size;
    }
    *(void **)((char *)record + row->offset) = list;
    *(size_t *)((char *)record + row->count_offset) = node->count;
    return true;
}

const struct setting_kind kind_map = {.name = "a map", .read = kind_structured_read_map};

static bool kind_structured_read_table(struct setting_reader *reader, const struct setting_row *row,
                                       const struct yamlnode *node, void *record)
{
    rows_read_table(reader, row->table, node, (char *)record + row->offset);
    return true;
}

const struct setting_kind kind_table = {.name = "a map", .read = kind_structured_read_table};

/* Never read by itself: rows.c looks through it. */
const struct setting_kind kind_inline = {.name = "keys"};
