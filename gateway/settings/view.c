/* See view.h. Entries lie in the order of the file, each with its path; their texts in one buffer.
 */
#include "settings/view.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "settings/yamltree.h"

enum { TEXT_BYTES = 256 * 1024 * 1024, PATH_BYTES = 1024, VALUE_BYTES = 64 };
#define MASK "********"

struct view_entry {
    size_t path_at, path_len, key_len, text_at, text_len; /* key: the end of the path as written */
    const struct setting_row *row;                        /* NULL: below a kind of its own */
    uint32_t digest;                                      /* place in digests, from 1; 0: none */
    uint16_t depth;
    bool is_value, is_member, is_default;
};
struct view {
    struct view_entry *list;
    size_t count, room;
    struct buf text;
    struct digest *digests;
    size_t digest_count;
};

/* Known to this process only, so that a digest says nothing to others. */
static struct digest view_salt;

static struct str view_path(const struct view *view, const struct view_entry *entry)
{
    return str_make(view->text.ptr + entry->path_at, entry->path_len);
}

static struct str view_text(const struct view *view, const struct view_entry *entry)
{
    return str_make(view->text.ptr + entry->text_at, entry->text_len);
}

/* ---- making ---- */

struct view_maker {
    struct view *view;
    struct buf path;
    uint16_t depth;
};

static struct view_entry *view_add(struct view_maker *maker, const struct setting_row *row,
                                   struct str key, struct str text)
{
    struct view *view = maker->view;
    if (view->count == view->room) {
        view->room = view->room ? 2 * view->room : 64;
        view->list = memory_resize(view->list, view->room, sizeof *view->list);
    }
    struct view_entry *entry = &view->list[view->count++];
    *entry = (struct view_entry){.row = row, .key_len = key.len, .depth = maker->depth};
    entry->path_at = view->text.len;
    entry->path_len = maker->path.len;
    buf_add_str(&view->text, buf_str(&maker->path));
    entry->text_at = view->text.len;
    entry->text_len = text.len;
    buf_add_str(&view->text, text);
    return entry;
}

/* Appends ".key" or "[N]"; returns what to set back to. */
static size_t view_enter(struct view_maker *maker, struct str key)
{
    size_t len = maker->path.len;
    if (len > 0 && key.len > 0 && key.ptr[0] != '[')
        buf_add_byte(&maker->path, '.');
    buf_add_str(&maker->path, key);
    return len;
}

static void view_digest(struct view *view, struct view_entry *entry, struct str value)
{
    struct buf salted;
    buf_init(&salted, 2 * SECRET_FILE_BYTES);
    buf_reserve(&salted, 2 * SECRET_FILE_BYTES);
    buf_add(&salted, (const char *)view_salt.bytes, sizeof view_salt.bytes);
    buf_add_str(&salted, value);
    view->digests = memory_resize(view->digests, view->digest_count + 1, sizeof *view->digests);
    view->digests[view->digest_count++] = digest_sha256(buf_str(&salted));
    entry->digest = (uint32_t)view->digest_count;
    explicit_bzero(salted.ptr, salted.len);
    buf_fini(&salted);
}

static void view_digest_elsewhere(struct view *view, struct view_entry *entry, struct str written)
{
    struct buf value;
    struct fault why;
    buf_init(&value, SECRET_FILE_BYTES);
    buf_reserve(&value, SECRET_FILE_BYTES);
    if (secret_expand(written, &value, &why))
        view_digest(view, entry, buf_str(&value));
    if (value.len > 0)
        explicit_bzero(value.ptr, value.len);
    buf_fini(&value);
}

/* What is written itself, without ${…}. */
static void view_add_literals(struct str text, struct buf *out)
{
    size_t at;
    while ((at = str_find(text, STR("${"))) != SIZE_MAX) {
        struct str inside = str_from(text, at + 2);
        size_t end = str_find_byte(inside, '}');
        bool is_literal = (at > 0 && text.ptr[at - 1] == '$') || end == SIZE_MAX;
        buf_add_str(out, str_first(text, is_literal ? at + 2 : at));
        text = is_literal ? inside : str_from(inside, end + 1);
    }
    buf_add_str(out, text);
}

/* An address with a password or a parameter in it; "//name:@" is a password that stands elsewhere.
 */
static bool view_is_telling(struct str literals)
{
    size_t at = literals.len, start = str_find(literals, STR("//")), colon;
    if (str_find_byte(literals, '?') != SIZE_MAX)
        return true;
    while (at > 0 && literals.ptr[at - 1] != '@')
        at--;
    if (at == 0)
        return false;
    struct str user = str_first(literals, at - 1);
    if (start != SIZE_MAX && start + 2 <= user.len)
        user = str_from(user, start + 2);
    colon = str_find_byte(user, ':');
    return user.len > 0 && colon != user.len - 1;
}

/* Whether what is written itself would give a secret away. */
static bool view_must_mask(const struct setting_kind *kind, struct str text)
{
    struct buf literals;
    if (kind == NULL || !(kind->is_secret || kind->is_hidden))
        return false;
    buf_init(&literals, SECRET_FILE_BYTES);
    buf_reserve(&literals, SECRET_FILE_BYTES);
    view_add_literals(text, &literals);
    bool is_telling = literals.is_over ||
                      (kind->is_secret ? literals.len > 0 : view_is_telling(buf_str(&literals)));
    explicit_bzero(literals.ptr, literals.len);
    buf_fini(&literals);
    return is_telling;
}

static void view_add_value(struct view_maker *maker, const struct setting_row *row,
                           const struct setting_kind *kind, const struct yamlnode *node,
                           struct str key)
{
    bool is_masked = view_must_mask(kind, node->text);
    struct view_entry *entry = view_add(maker, row, key, is_masked ? STR(MASK) : node->text);
    entry->is_value = true;
    if (secret_is_elsewhere(node->text))
        view_digest_elsewhere(maker->view, entry, node->text);
    else if (is_masked)
        view_digest(maker->view, entry, node->text);
}

static void view_add_node(struct view_maker *maker, const struct setting_row *row,
                          const struct setting_kind *kind, const struct setting_table *table,
                          const struct yamlnode *node, struct str key);
static void view_add_table(struct view_maker *maker, const struct setting_table *table,
                           const struct yamlnode *map, bool has_defaults);

/* What a member of a list is known by: its name or id, else its place. */
static struct str view_member_key(const struct setting_table *table, const struct yamlnode *node,
                                  size_t at, char room[24])
{
    for (size_t i = 0; table && node->kind == YAMLNODE_MAP && i < table->count; i++) {
        const struct yamlnode *name =
            table->rows[i].names ? yamltree_find(node, table->rows[i].key) : NULL;
        if (name && name->kind == YAMLNODE_SCALAR && !secret_is_elsewhere(name->text))
            return name->text;
    }
    snprintf(room, 24, "[%zu]", at + 1);
    return str_of(room);
}

static void view_add_member(struct view_maker *maker, const struct setting_row *row,
                            const struct setting_table *table, const struct yamlnode *node,
                            size_t at)
{
    char room[24];
    const struct setting_kind *kind = row ? (row->of ? row->of : row->kind) : NULL;
    size_t len = view_enter(maker, view_member_key(table, node, at, room));
    if (node->kind == YAMLNODE_SCALAR) {
        view_add_value(maker, row, kind, node, STR_NONE);
    } else {
        struct view_entry *entry = view_add(maker, row, STR_NONE, STR(""));
        entry->is_member = true;
        maker->depth++;
        if (node->kind == YAMLNODE_MAP && table)
            view_add_table(maker, table, node, false);
        else
            for (const struct yamlnode *child = node->first; child; child = child->next)
                view_add_node(maker, NULL, kind, NULL, child, child->key);
        maker->depth--;
    }
    maker->path.len = len;
}

/* kind: of what lies below, where no table says it. */
static void view_add_node(struct view_maker *maker, const struct setting_row *row,
                          const struct setting_kind *kind, const struct setting_table *table,
                          const struct yamlnode *node, struct str key)
{
    size_t len = view_enter(maker, key), at = 0;
    if (node->kind == YAMLNODE_SCALAR) {
        view_add_value(maker, row, row && row->of ? row->of : kind, node, key);
    } else {
        view_add(maker, row, key, STR(""));
        maker->depth++;
        if (node->kind == YAMLNODE_MAP && table)
            view_add_table(maker, table, node, true);
        for (const struct yamlnode *child = node->first; child; child = child->next, at++) {
            if (node->kind == YAMLNODE_LIST)
                view_add_member(maker, row, table, child, at);
            else if (table == NULL)
                view_add_node(maker, NULL, kind, NULL, child, child->key);
        }
        maker->depth--;
    }
    maker->path.len = len;
}

/* Maps whose keys are data: `rates`, `answers`. */
static const struct setting_table *view_table_below(const struct setting_row *row)
{
    return row->kind == &kind_map ? NULL : row->table;
}

static const struct setting_kind *view_kind_below(const struct setting_row *row)
{
    return row->kind == &kind_map ? row->map->value.kind : row->kind;
}

static bool view_has_needed(const struct setting_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].is_needed)
            return true;
    return false;
}

static void view_add_row(struct view_maker *maker, const struct setting_row *row,
                         const struct yamlnode *map, bool has_defaults)
{
    const struct yamlnode *node = yamltree_find(map, row->key);
    static const struct yamlnode nothing = {.kind = YAMLNODE_MAP};
    if (node && !node->is_null) {
        view_add_node(maker, row, view_kind_below(row), view_table_below(row), node,
                      str_of(row->key));
    } else if (has_defaults && row->standard) {
        size_t len = view_enter(maker, str_of(row->key));
        struct view_entry *entry = view_add(maker, row, str_of(row->key), str_of(row->standard));
        entry->is_value = entry->is_default = true;
        maker->path.len = len;
    } else if (has_defaults && row->kind == &kind_table && !view_has_needed(row->table)) {
        view_add_node(maker, row, row->kind, row->table, &nothing, str_of(row->key));
    }
}

static void view_add_table(struct view_maker *maker, const struct setting_table *table,
                           const struct yamlnode *map, bool has_defaults)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct setting_row *row = &table->rows[i];
        if (row->kind == &kind_inline)
            view_add_table(maker, row->table, map, has_defaults);
        else
            view_add_row(maker, row, map, has_defaults);
    }
}

struct view *view_make(const struct setting_table *table, const struct yamlnode *root)
{
    struct view_maker maker = {.view = memory_new(sizeof *maker.view)};
    static const struct digest none;
    if (digest_equal(&view_salt, &none))
        digest_random(view_salt.bytes, sizeof view_salt.bytes);
    buf_init(&maker.view->text, TEXT_BYTES);
    buf_init(&maker.path, PATH_BYTES);
    view_add_table(&maker, table, root, true);
    buf_fini(&maker.path);
    return maker.view;
}

void view_free(struct view **view)
{
    if (*view == NULL)
        return;
    buf_fini(&(*view)->text);
    free((*view)->list);
    free((*view)->digests);
    free(*view);
    *view = NULL;
}

/* ---- showing ---- */

static bool view_is_plain(struct str text)
{
    if (text.len == 0 || str_is(text, "null") || strchr("-?:,[]{}#&*!|>'\"%@`~ ", text.ptr[0]))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/%+*@-",
                    text.ptr[i]))
            return false;
    return true;
}

/* JSON's quotes and escapes are YAML's too. */
static void view_print_scalar(struct str text, struct buf *out)
{
    if (view_is_plain(text))
        buf_add_str(out, text);
    else
        buf_add_json(out, text);
}

static void view_print_entry(const struct view *view, const struct view_entry *entry,
                             bool *is_first, struct buf *out)
{
    struct str path = view_path(view, entry);
    bool is_item = entry->key_len == 0;
    /* The first key of a member stands behind its "-". */
    for (unsigned i = 0; i < 2U * entry->depth && !*is_first; i++)
        buf_add_byte(out, ' ');
    *is_first = false;
    if (is_item)
        buf_add_text(out, "- ");
    else
        view_print_scalar(str_from(path, path.len - entry->key_len), out);
    if (is_item && entry->is_member) {
        *is_first = true;
        return;
    }
    buf_add_text(out, is_item ? "" : ":");
    if (entry->is_value) {
        buf_add_text(out, is_item ? "" : " ");
        view_print_scalar(view_text(view, entry), out);
    }
    buf_add_text(out, entry->is_default ? "  # default\n" : "\n");
}

void view_print(const struct view *view, struct buf *out)
{
    bool is_first = false;
    for (size_t i = 0; i < view->count; i++) {
        bool is_empty = !view->list[i].is_value && !view->list[i].is_member &&
                        (i + 1 == view->count || view->list[i + 1].depth <= view->list[i].depth);
        if (!is_empty)
            view_print_entry(view, &view->list[i], &is_first, out);
    }
}

void view_visit(const struct view *view, void (*visit)(const struct view_value *value, void *arg),
                void *arg)
{
    for (size_t i = 0; i < view->count; i++)
        if (view->list[i].is_value)
            visit(&(struct view_value){view_path(view, &view->list[i]),
                                       view_text(view, &view->list[i]), view->list[i].is_default},
                  arg);
}

/* ---- comparing ---- */

struct view_side {
    const struct view *view;
    const struct view_entry **sorted; /* values and members, by path */
    size_t count, at;
};

static int view_compare_entries(const void *a, const void *b, void *view)
{
    const struct view_entry *const *first = a, *const *second = b;
    return str_compare(view_path(view, *first), view_path(view, *second));
}

static void view_side_init(struct view_side *side, const struct view *view)
{
    *side = (struct view_side){.view = view};
    side->sorted = memory_array(view->count + 1, sizeof(const struct view_entry *));
    for (size_t i = 0; i < view->count; i++)
        if (view->list[i].is_value || view->list[i].is_member)
            side->sorted[side->count++] = &view->list[i];
    qsort_r(side->sorted, side->count, sizeof(const struct view_entry *), view_compare_entries,
            (void *)(uintptr_t)view);
}

/* Whether two texts mean the same: "15s" and "15000ms", "eur" and "EUR". */
static bool view_means_same(const struct setting_row *row, struct str a, struct str b)
{
    const struct setting_kind *kind = row ? (row->of ? row->of : row->kind) : NULL;
    struct fault why;
    if (str_equal(a, b))
        return true;
    if (!kind || !kind->parse || kind->is_secret || kind->size > VALUE_BYTES)
        return false;
    union {
        char bytes[VALUE_BYTES];
        char *text;
        max_align_t aligned;
    } first = {{0}}, second = {{0}};
    bool is_same = kind->parse(a, row, &first, &why);
    bool is_second = kind->parse(b, row, &second, &why);
    if (is_same && is_second)
        is_same = kind->is_text ? strcmp(first.text, second.text) == 0
                                : memcmp(&first, &second, kind->size) == 0;
    else
        is_same = false;
    if (kind->is_text) {
        free(first.text);
        free(second.text);
    }
    return is_same;
}

static bool view_is_same(const struct view_side *a, const struct view_entry *first,
                         const struct view_side *b, const struct view_entry *second)
{
    struct str before = view_text(a->view, first), now = view_text(b->view, second);
    if (first->is_member || second->is_member)
        return first->is_member == second->is_member;
    if (first->digest || second->digest)
        return first->digest && second->digest && str_equal(before, now) &&
               digest_equal(&a->view->digests[first->digest - 1],
                            &b->view->digests[second->digest - 1]);
    return view_means_same(first->row, before, now);
}

/* Left out is its default. */
static bool view_is_default(const struct view_side *side, const struct view_entry *entry)
{
    return entry->is_value && !entry->digest && entry->row && entry->row->standard &&
           entry->key_len > 0 &&
           view_means_same(entry->row, view_text(side->view, entry), str_of(entry->row->standard));
}

static bool view_is_below(struct str path, struct str member)
{
    return path.len > member.len && str_starts(path, member) &&
           (path.ptr[member.len] == '.' || path.ptr[member.len] == '[');
}

static void view_pass_below(struct view_side *side, struct str member)
{
    while (side->at < side->count &&
           view_is_below(view_path(side->view, side->sorted[side->at]), member))
        side->at++;
}

struct view_comparing {
    void (*report)(const struct view_difference *difference, void *arg);
    void *arg;
    size_t count;
};

static void view_report(struct view_comparing *comparing, const struct view_side *before,
                        const struct view_entry *first, const struct view_side *now,
                        const struct view_entry *second)
{
    const struct view_entry *some = first ? first : second;
    struct view_difference difference = {
        .path = view_path(first ? before->view : now->view, some),
        .before = first ? view_text(before->view, first) : STR_NONE,
        .now = second ? view_text(now->view, second) : STR_NONE,
        .is_member = some->is_member,
        .is_secret = first && second && str_equal(difference.before, difference.now),
        .needs_restart = some->row && some->row->is_restart};
    comparing->count++;
    comparing->report(&difference, comparing->arg);
}

/* What only one side has. */
static void view_take_alone(struct view_comparing *comparing, struct view_side *side,
                            const struct view_side *before, const struct view_side *now)
{
    const struct view_entry *entry = side->sorted[side->at++];
    if (view_is_default(side, entry))
        return;
    view_report(comparing, before, side == before ? entry : NULL, now,
                side == before ? NULL : entry);
    if (entry->is_member)
        view_pass_below(side, view_path(side->view, entry));
}

size_t view_compare(const struct view *before, const struct view *now,
                    void (*report)(const struct view_difference *difference, void *arg), void *arg)
{
    struct view_comparing comparing = {report, arg, 0};
    struct view_side a, b;
    view_side_init(&a, before);
    view_side_init(&b, now);
    while (a.at < a.count || b.at < b.count) {
        int order = a.at == a.count   ? 1
                    : b.at == b.count ? -1
                                      : str_compare(view_path(before, a.sorted[a.at]),
                                                    view_path(now, b.sorted[b.at]));
        if (order < 0) {
            view_take_alone(&comparing, &a, &a, &b);
        } else if (order > 0) {
            view_take_alone(&comparing, &b, &a, &b);
        } else {
            const struct view_entry *first = a.sorted[a.at++], *second = b.sorted[b.at++];
            if (!view_is_same(&a, first, &b, second))
                view_report(&comparing, &a, first, &b, second);
        }
    }
    free(a.sorted);
    free(b.sorted);
    return comparing.count;
}
