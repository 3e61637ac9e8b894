/* YAML texts into nodes with places, and every way in which a file can be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "settings/yamltree.h"

/* key@line:column=value, lists in [], maps in {}. */
static void dump(const struct yamlnode *node, struct buf *out)
{
    if (node->key.ptr)
        buf_printf(out, STR_FMT "@%u:%u=", STR_ARG(node->key), node->key_place.line,
                   node->key_place.column);
    switch (node->kind) {
    case YAMLNODE_SCALAR:
        buf_printf(out, "%s" STR_FMT "@%u:%u", node->is_null ? "null " : "", STR_ARG(node->text),
                   node->place.line, node->place.column);
        return;
    case YAMLNODE_BROKEN:
        buf_add_text(out, "broken");
        return;
    case YAMLNODE_LIST:
    case YAMLNODE_MAP:
        buf_add_text(out, node->kind == YAMLNODE_LIST ? "[" : "{");
        for (const struct yamlnode *child = node->first; child; child = child->next) {
            dump(child, out);
            if (child->next)
                buf_add_byte(out, ' ');
        }
        buf_add_text(out, node->kind == YAMLNODE_LIST ? "]" : "}");
    }
}

static char *parse(struct str yaml)
{
    struct yamltree tree;
    struct faultlist faults;
    struct buf out;
    buf_init(&out, 1 << 20);
    faultlist_init(&faults);
    yamltree_init(&tree);
    struct yamlnode *root = yamltree_parse(&tree, yaml, faultlist_file(&faults, "f"), &faults);
    if (root)
        dump(root, &out);
    if (faults.count) {
        buf_add_text(&out, root ? "\n" : "");
        faultlist_print(&faults, &out);
    }
    yamltree_fini(&tree);
    faultlist_fini(&faults);
    return buf_take(&out);
}

static const struct {
    const char *yaml, *expected;
} cases[] = {
    {"", "{}"},
    {"# only a comment\n", "{}"},
    {"---\n", "{}"},
    {"a: 1\nb:\n  - x\n  - y: z\n", "{a@1:1=1@1:4 b@2:1=[x@3:5 {y@4:5=z@4:8}]}"},
    {"a: {b: [1, 2], c: \"3\"}", "{a@1:1={b@1:5=[1@1:9 2@1:12] c@1:16=3@1:19}}"},
    {"a:\nb: ~\nc: null\nd: \"\"\ne: 'null'\n",
     "{a@1:1=null @1:3 b@2:1=null ~@2:4 c@3:1=null null@3:4 d@4:1=@4:4 e@5:1=null@5:4}"},
    {"k: ${env:X} # why\n", "{k@1:1=${env:X}@1:4}"},
    {"ключ: ü x: y\n", "f:1:10: YAML syntax: mapping values are not allowed in this context; check "
                       "the indentation, and quote texts that hold `: ` or ` #` or begin with a "
                       "mark\n"},
    {"ä: ö\nb: c", "{ä@1:1=ö@1:4 b@2:1=c@2:4}"},
    {"a: 1\nb: 2\na: 3\na: 4\n", "{a@1:1=1@1:4 b@2:1=2@2:4 a@3:1=3@3:4 a@4:1=4@4:4}\n"
                                 "f:3:1: doubled key `a`, first at 1:1; keep one of them\n"
                                 "f:4:1: doubled key `a`, first at 1:1; keep one of them\n"},
    {"x: {a: 1, a: 2}\n", "{x@1:1={a@1:5=1@1:8 a@1:11=2@1:14}}\n"
                          "f:1:11: doubled key `a`, first at 1:5; keep one of them\n"},
    {"a: &x 1\nb: *x\n",
     "{a@1:1=1@1:4 b@2:1=broken}\n"
     "f:1:4: `&x` is a YAML anchor, which is not supported; leave it out, or quote a text that "
     "begins with `&`\n"
     "f:2:4: `*x` is a YAML alias, which is not supported; quote a text that begins with `*`, or "
     "write the value out\n"},
    {"a: !!str 1\n", "{a@1:1=1@1:4}\nf:1:4: `tag:yaml.org,2002:str` is a YAML tag, which is not "
                     "supported; leave it out, or quote a text that begins with `!`\n"},
    {"a: 1\n---\nb: 2\n",
     "f:2:1: a second YAML document; put everything into one, or use `include`\n"},
    {"? [a]\n: 1\n", "f:1:3: a key must be a single text; inside { } and [ ] write "
                     "\"${env:NAME}\" in quotes\n"},
    {"a: {k: ${env:X}}\n", "f:1:9: YAML syntax while parsing a flow mapping: did not find expected "
                           "',' or '}'; inside { } and [ ] write \"${env:NAME}\" in quotes\n"},
    {"a:\n\t- b\n", "f:2:1: YAML syntax while scanning for the next token: found character that "
                    "cannot start any token; indent with blanks, not tabs\n"},
    {"a: \"b\nc: d\n",
     "f:1:4: YAML syntax: a quote that is not closed; close it, or write \\\\ for "
     "a backslash within \"…\"\n"},
    {"a: \"x\\0y\"\n", "{a@1:1=broken}\nf:1:4: a text with a NUL byte; leave it out\n"},
    {"a: b\nc: \xff\n",
     "f:2:4: not readable as text: invalid leading UTF-8 octet; write the file in UTF-8\n"},
    {"- 1\n", "[1@1:3]"},
    {"word", "word@1:1"},
};

static void check_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *found = parse(str_of(cases[i].yaml));
        assert_string_equal(found, cases[i].expected);
        free(found);
    }
}

static void check_depth(void **state)
{
    (void)state;
    struct buf yaml;
    for (unsigned depth = 31; depth < 20000; depth = depth < 34 ? depth + 1 : depth * 3) {
        buf_init(&yaml, 1 << 20);
        buf_add_text(&yaml, "a: ");
        for (unsigned i = 0; i < depth; i++)
            buf_add_byte(&yaml, '[');
        for (unsigned i = 0; i < depth; i++)
            buf_add_byte(&yaml, ']');
        char *found = parse(buf_str(&yaml));
        assert_true((strstr(found, "nested too deeply; 32 levels are the most") != NULL) ==
                    (depth > 31));
        free(found);
        buf_fini(&yaml);
    }
}

/* References that double each time stay as small as they are written. */
static void check_billion_laughs(void **state)
{
    (void)state;
    struct buf yaml;
    buf_init(&yaml, 1 << 16);
    buf_add_text(&yaml, "a0: &a0 [x, x]\n");
    for (unsigned i = 1; i < 60; i++)
        buf_printf(&yaml, "a%u: &a%u [*a%u, *a%u]\n", i, i, i - 1, i - 1);
    char *found = parse(buf_str(&yaml));
    assert_true(strlen(found) < 40000);
    assert_non_null(strstr(found, "YAML alias, which is not supported"));
    free(found);
    buf_fini(&yaml);
}

/* No cut and no changed byte of a real file may do harm. */
static void check_damaged(void **state)
{
    (void)state;
    static const char yaml[] = "a: {b: [1, \"${env:X}\"], c: 'd'}\nlist:\n  - name: x # y\n"
                               "    text: |\n      block\n  - \"\\u00e4\"\n";
    char copy[sizeof yaml];
    for (size_t i = 0; i < sizeof yaml - 1; i++) {
        free(parse(str_make(yaml, i)));
        for (unsigned byte = 0; byte < 256; byte += 5) {
            memcpy(copy, yaml, sizeof yaml);
            copy[i] = (char)byte;
            free(parse(str_make(copy, sizeof yaml - 1)));
        }
    }
}

static void check_show(void **state)
{
    (void)state;
    assert_string_equal(yamltree_show(STR("plain")).text, "plain");
    assert_string_equal(yamltree_show(STR("a\nb\x7f")).text, "a?b?");
    assert_string_equal(yamltree_show(STR("a\u202eb\u2028\u200bc\xff")).text, "a?b??c?");
    char text[140];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? '\xa4' : '\xc3';
    for (size_t skip = 0; skip < 4; skip += 2) {
        struct shown shown = yamltree_show(str_make(text + skip, sizeof text - skip));
        assert_true(str_is_utf8(str_of(shown.text)));
        assert_true(str_ends(str_of(shown.text), STR("…")));
    }
    char odd[101] = "x";
    memcpy(odd + 1, text, 100);
    assert_true(str_is_utf8(str_of(yamltree_show(str_make(odd, 101)).text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_cases),          cmocka_unit_test(check_depth),
        cmocka_unit_test(check_billion_laughs), cmocka_unit_test(check_damaged),
        cmocka_unit_test(check_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
