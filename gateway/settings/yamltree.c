/* See yamltree.h. */
#include "settings/yamltree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

struct frame {
    struct yamlnode *node;
    bool has_key; /* in a map: the key was read, its value comes next */
    struct str key;
    struct source_location key_place;
};
struct yamltree_builder {
    struct yamltree *tree;
    struct faultlist *faults;
    const char *file;
    struct str bytes;
    struct yamlnode *root;
    unsigned documents;
    unsigned depth;
    struct frame stack[YAMLTREE_DEPTH];
};

void yamltree_init(struct yamltree *tree)
{
    *tree = (struct yamltree){0};
    arena_init(&tree->arena);
}

void yamltree_fini(struct yamltree *tree)
{
    for (struct yamlnode *node = tree->newest; node; node = node->older)
        if (node->text.len)
            explicit_bzero((void *)(uintptr_t)node->text.ptr, node->text.len);
    arena_fini(&tree->arena);
    *tree = (struct yamltree){0};
}

static struct yamlnode *yamltree_new_node(struct yamltree *tree, enum yamlnode_kind kind,
                                          struct source_location place)
{
    struct yamlnode *node = arena_new(&tree->arena, sizeof *node);
    node->kind = kind;
    node->place = place;
    node->older = tree->newest;
    tree->newest = node;
    tree->nodes++;
    return node;
}

void yamltree_add(struct yamlnode *parent, struct yamlnode *child)
{
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

const struct yamlnode *yamltree_find(const struct yamlnode *map, const char *key)
{
    if (map->kind != YAMLNODE_MAP)
        return NULL;
    for (const struct yamlnode *child = map->first; child; child = child->next)
        if (str_is(child->key, key))
            return child;
    return NULL;
}

const char *yamltree_kind_name(const struct yamlnode *node)
{
    switch (node->kind) {
    case YAMLNODE_SCALAR:
        return node->is_null ? "empty" : "a single value";
    case YAMLNODE_LIST:
        return "a list";
    case YAMLNODE_MAP:
        return "a map";
    case YAMLNODE_BROKEN:
        return "broken";
    }
    UNREACHABLE();
}

struct shown yamltree_show(struct str text)
{
    struct shown shown;
    size_t len = text.len < 60 ? text.len : 60;
    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len--;
    size_t end = 0;
    for (size_t i = 0, step; i < len; i += step) {
        uint32_t point;
        step = str_code_point(str_first(text, len), i, &point);
        bool is_shown = step > 0 && str_is_printable(point);
        step = step ? step : 1;
        memcpy(shown.text + end, is_shown ? text.ptr + i : "?", is_shown ? step : 1);
        end += is_shown ? step : 1;
    }
    for (const char *more = len < text.len ? "…" : ""; *more; more++)
        shown.text[end++] = *more;
    shown.text[end] = '\0';
    return shown;
}

/* ---- events into nodes ---- */

static struct source_location yamltree_place_of(const struct yamltree_builder *b,
                                                const yaml_mark_t *mark)
{
    return (struct source_location){b->file, (unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

static int yamltree_compare_keys(const void *left, const void *right)
{
    const struct yamlnode *a = *(struct yamlnode *const *)left;
    const struct yamlnode *b = *(struct yamlnode *const *)right;
    int order = str_compare(a->key, b->key);
    if (order == 0)
        order = a->key_place.line < b->key_place.line ? -1 : a->key_place.line > b->key_place.line;
    if (order == 0)
        order = a->key_place.column < b->key_place.column ? -1 : 1;
    return order;
}

/* By sorting, so that a map of any size costs little. */
static void yamltree_check_doubled_keys(struct yamltree_builder *b, const struct yamlnode *map)
{
    struct yamlnode **sorted = memory_array(map->count + 1, sizeof(struct yamlnode *));
    size_t count = 0, first = 0;
    for (struct yamlnode *child = map->first; child; child = child->next)
        sorted[count++] = child;
    qsort(sorted, count, sizeof(struct yamlnode *), yamltree_compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (!str_equal(sorted[i]->key, sorted[first]->key)) {
            first = i;
            continue;
        }
        faultlist_add(b->faults, sorted[i]->key_place,
                      "doubled key `%s`, first at %u:%u; keep one of them",
                      yamltree_show(sorted[i]->key).text, sorted[first]->key_place.line,
                      sorted[first]->key_place.column);
    }
    free(sorted);
}

static bool yamltree_refuse(struct yamltree_builder *b, struct source_location place,
                            const char *message)
{
    faultlist_add(b->faults, place, "%s", message);
    return false;
}

/* Hangs the node where it belongs; false ends the file. */
static bool yamltree_place_node(struct yamltree_builder *b, struct yamlnode *node)
{
    if (b->tree->nodes > YAMLTREE_NODES)
        return yamltree_refuse(b, node->place,
                               "too many values; split or shorten the configuration");
    if (b->depth == 0) {
        b->root = node;
        return true;
    }
    struct frame *top = &b->stack[b->depth - 1];
    if (top->node->kind == YAMLNODE_LIST) {
        yamltree_add(top->node, node);
        return true;
    }
    if (!top->has_key) {
        if (node->kind != YAMLNODE_SCALAR)
            return yamltree_refuse(b, node->place,
                                   "a key must be a single text; inside { } and [ ] write "
                                   "\"${env:NAME}\" in quotes");
        top->key = node->text;
        top->key_place = node->place;
        top->has_key = true;
        return true;
    }
    top->has_key = false;
    node->key = top->key;
    node->key_place = top->key_place;
    yamltree_add(top->node, node);
    return true;
}

static void yamltree_check_decoration(struct yamltree_builder *b, struct source_location place,
                                      const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        faultlist_add(b->faults, place,
                      "`&%s` is a YAML anchor, which is not supported; leave it out, or quote a "
                      "text that begins with `&`",
                      yamltree_show(str_of((const char *)anchor)).text);
    if (tag)
        faultlist_add(b->faults, place,
                      "`%s` is a YAML tag, which is not supported; leave it out, or quote a text "
                      "that begins with `!`",
                      yamltree_show(str_of((const char *)tag)).text);
}

static bool yamltree_on_scalar(struct yamltree_builder *b, const yaml_event_t *event)
{
    struct source_location place = yamltree_place_of(b, &event->start_mark);
    struct yamlnode *node = yamltree_new_node(b->tree, YAMLNODE_SCALAR, place);
    struct str text = str_make((const char *)event->data.scalar.value, event->data.scalar.length);
    yamltree_check_decoration(b, place, event->data.scalar.anchor, event->data.scalar.tag);
    node->text = arena_str(&b->tree->arena, text);
    node->is_null = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                    (text.len == 0 || str_is(text, "~") || str_is(text, "null"));
    if (text.len && memchr(text.ptr, '\0', text.len)) {
        node->kind = YAMLNODE_BROKEN;
        faultlist_add(b->faults, place, "a text with a NUL byte; leave it out");
    }
    return yamltree_place_node(b, node);
}

static bool yamltree_on_alias(struct yamltree_builder *b, const yaml_event_t *event)
{
    struct source_location place = yamltree_place_of(b, &event->start_mark);
    faultlist_add(b->faults, place,
                  "`*%s` is a YAML alias, which is not supported; quote a text that begins with "
                  "`*`, or write the value out",
                  yamltree_show(str_of((const char *)event->data.alias.anchor)).text);
    return yamltree_place_node(b, yamltree_new_node(b->tree, YAMLNODE_BROKEN, place));
}

static bool yamltree_on_start(struct yamltree_builder *b, const yaml_event_t *event,
                              enum yamlnode_kind kind)
{
    struct source_location place = yamltree_place_of(b, &event->start_mark);
    bool is_map = kind == YAMLNODE_MAP;
    yamltree_check_decoration(
        b, place, is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
        is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag);
    struct yamlnode *node = yamltree_new_node(b->tree, kind, place);
    if (!yamltree_place_node(b, node))
        return false;
    if (b->depth == YAMLTREE_DEPTH)
        return yamltree_refuse(b, place, "nested too deeply; 32 levels are the most");
    b->stack[b->depth++] = (struct frame){.node = node};
    return true;
}

static bool yamltree_on_event(struct yamltree_builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return yamltree_on_scalar(b, event);
    case YAML_ALIAS_EVENT:
        return yamltree_on_alias(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return yamltree_on_start(b, event, YAMLNODE_LIST);
    case YAML_MAPPING_START_EVENT:
        return yamltree_on_start(b, event, YAMLNODE_MAP);
    case YAML_MAPPING_END_EVENT:
        yamltree_check_doubled_keys(b, b->stack[b->depth - 1].node);
        b->depth--;
        return true;
    case YAML_SEQUENCE_END_EVENT:
        b->depth--;
        return true;
    case YAML_DOCUMENT_START_EVENT:
        if (++b->documents > 1)
            return yamltree_refuse(
                b, yamltree_place_of(b, &event->start_mark),
                "a second YAML document; put everything into one, or use `include`");
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    UNREACHABLE();
}

/* ---- syntax errors ---- */

static struct source_location yamltree_place_of_offset(const struct yamltree_builder *b,
                                                       size_t offset)
{
    struct source_location place = {b->file, 1, 1};
    for (size_t i = 0; i < offset && i < b->bytes.len; i++) {
        place.column++;
        if (b->bytes.ptr[i] == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return place;
}

static struct str yamltree_line_of(const struct yamltree_builder *b, size_t number)
{
    struct str rest = b->bytes, line = STR("");
    for (size_t i = 0; i < number; i++)
        if (!str_next(&rest, '\n', &line))
            return STR("");
    return line;
}

static const char *yamltree_syntax_hint(const struct yamltree_builder *b,
                                        struct source_location place)
{
    struct str line = yamltree_line_of(b, place.line);
    struct str before = place.line > 1 ? yamltree_line_of(b, place.line - 1) : STR("");
    if (str_find_byte(line, '\t') < place.column)
        return "indent with blanks, not tabs";
    if (str_find(line, STR("${")) != SIZE_MAX || str_find(before, STR("${")) != SIZE_MAX)
        return "inside { } and [ ] write \"${env:NAME}\" in quotes";
    return "check the indentation, and quote texts that hold `: ` or ` #` or begin with a mark";
}

static void yamltree_report_syntax_error(struct yamltree_builder *b, const yaml_parser_t *parser)
{
    const char *problem = parser->problem ? parser->problem : "not YAML";
    if (parser->error == YAML_MEMORY_ERROR)
        memory_ran_out();
    if (parser->error == YAML_READER_ERROR) {
        faultlist_add(b->faults, yamltree_place_of_offset(b, parser->problem_offset),
                      "not readable as text: %s; write the file in UTF-8", problem);
        return;
    }
    if (parser->context && strstr(parser->context, "quoted scalar")) {
        faultlist_add(b->faults, yamltree_place_of(b, &parser->context_mark),
                      "YAML syntax: a quote that is not closed; close it, or write \\\\ for a "
                      "backslash within \"…\"");
        return;
    }
    struct source_location place = yamltree_place_of(b, &parser->problem_mark);
    faultlist_add(b->faults, place, "YAML syntax%s%s: %s; %s", parser->context ? " " : "",
                  parser->context ? parser->context : "", problem, yamltree_syntax_hint(b, place));
}

static bool yamltree_build(struct yamltree_builder *b, yaml_parser_t *parser)
{
    bool is_going = true, is_end = false;
    while (is_going && !is_end) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            yamltree_report_syntax_error(b, parser);
            return false;
        }
        is_end = event.type == YAML_STREAM_END_EVENT;
        is_going = yamltree_on_event(b, &event);
        if (event.type == YAML_SCALAR_EVENT)
            explicit_bzero(event.data.scalar.value, event.data.scalar.length);
        yaml_event_delete(&event);
    }
    return is_going;
}

struct yamlnode *yamltree_parse(struct yamltree *tree, struct str bytes, const char *file,
                                struct faultlist *faults)
{
    struct yamltree_builder builder = {
        .tree = tree, .faults = faults, .file = file, .bytes = bytes};
    struct source_location start = {file, 1, 1};
    yaml_parser_t parser;
    if (bytes.len > YAMLTREE_BYTES) {
        faultlist_add(faults, (struct source_location){file, 0, 0}, "larger than 32 MiB; split it");
        return NULL;
    }
    if (yaml_parser_initialize(&parser) != 1)
        memory_ran_out();
    yaml_parser_set_input_string(&parser, (const unsigned char *)(bytes.ptr ? bytes.ptr : ""),
                                 bytes.len);
    bool is_whole = yamltree_build(&builder, &parser);
    yaml_parser_delete(&parser);
    if (!is_whole)
        return NULL;
    if (builder.root == NULL || builder.root->is_null)
        return yamltree_new_node(tree, YAMLNODE_MAP, start);
    return builder.root;
}

/* At most YAMLTREE_BYTES + 1 bytes, so that a device or a growing file ends somewhere. */
static bool yamltree_read_bytes(int file, struct buf *out)
{
    for (;;) {
        char *at = buf_reserve(out, 65536);
        if (at == NULL)
            return true;
        ssize_t got = read(file, at, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        buf_added(out, (size_t)got);
    }
}

struct yamlnode *yamltree_read(struct yamltree *tree, const char *path, const char *file,
                               struct faultlist *faults, bool *is_readable_out)
{
    struct buf bytes;
    struct yamlnode *root = NULL;
    int handle = open(path, O_RDONLY | O_CLOEXEC);
    *is_readable_out = false;
    if (handle < 0)
        return NULL;
    struct stat facts;
    buf_init(&bytes, YAMLTREE_BYTES + 2 * 65536);
    /* Room at once, so that no copy of a secret stays behind in memory that was outgrown. */
    if (fstat(handle, &facts) == 0 && facts.st_size < YAMLTREE_BYTES)
        buf_reserve(&bytes, (size_t)facts.st_size + 65536);
    bool is_read = yamltree_read_bytes(handle, &bytes);
    int reason = errno;
    if (is_read) {
        *is_readable_out = true;
        root = yamltree_parse(tree, buf_str(&bytes), file, faults);
    }
    if (bytes.ptr)
        explicit_bzero(bytes.ptr, bytes.len);
    buf_fini(&bytes);
    close(handle);
    errno = reason;
    return root;
}
