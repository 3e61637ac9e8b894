/* A small table of every structured kind: defaults, needed, due and unknown keys, names,
 * references, what a reload cannot change, and the page that comes from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "settings/rows.h"
#include "unit/settings/rows_document.h"

struct wheel {
    char *name;
    unsigned size;
};
struct colour {
    char *name;
    int64_t share;
};
struct engine {
    int64_t pause_ms;
    char *secret;
};
struct car {
    char *name;
    bool is_fast, has_doors;
    unsigned doors;
    struct engine engine;
    struct wheel *wheels;
    size_t wheel_count;
    char **drivers;
    size_t driver_count;
    struct colour *colours;
    size_t colour_count;
    unsigned limit;
    char *spare;
    unsigned checks;
};

static const struct setting_row wheel_list[] = {
    {.key = "name",
     .kind = &kind_name,
     .offset = offsetof(struct wheel, name),
     .names = "wheel",
     .is_needed = true,
     .sentence = "Which."},
    {.key = "size",
     .kind = &kind_unsigned,
     .offset = offsetof(struct wheel, size),
     .min = 10,
     .max = 22,
     .standard = "15",
     .sentence = "In inches."},
};
static const struct setting_table wheel_rows = {
    .name = "a wheel", .rows = wheel_list, .count = 2, .size = sizeof(struct wheel)};
static const struct setting_row engine_list[] = {
    {.key = "pause",
     .kind = &kind_duration,
     .offset = offsetof(struct engine, pause_ms),
     .standard = "2s",
     .sentence = "Rest."},
    {.key = "secret",
     .kind = &kind_secret,
     .offset = offsetof(struct engine, secret),
     .sentence = "Key."},
};
static const struct setting_table engine_rows = {
    .name = "`engine`", .rows = engine_list, .count = 2, .size = sizeof(struct engine)};
static const struct setting_row limit_list[] = {
    {.key = "limit",
     .kind = &kind_unsigned,
     .offset = offsetof(struct car, limit),
     .standard = "120",
     .is_restart = true,
     .sentence = "Speed."},
};
static const struct setting_table limit_rows = {
    .name = "limits", .rows = limit_list, .count = 1, .size = sizeof(struct car)};
static const struct setting_map colour_map = {
    .size = sizeof(struct colour),
    .key = {.key = "colours", .kind = &kind_name, .offset = offsetof(struct colour, name)},
    .value = {.key = "colours", .kind = &kind_integer, .offset = offsetof(struct colour, share)},
};
static const struct setting_row car_list[] = {
    {.key = "name",
     .kind = &kind_text,
     .offset = offsetof(struct car, name),
     .is_needed = true,
     .is_restart = true,
     .sentence = "Whose."},
    {.key = "fast",
     .kind = &kind_bool,
     .offset = offsetof(struct car, is_fast),
     .standard = "true",
     .sentence = "Quick."},
    {.key = "doors",
     .kind = &kind_unsigned,
     .offset = offsetof(struct car, doors),
     .has_offset = offsetof(struct car, has_doors),
     .sentence = "How many."},
    {.key = "engine",
     .kind = &kind_table,
     .table = &engine_rows,
     .offset = offsetof(struct car, engine),
     .sentence = "What drives it."},
    {.key = "wheels",
     .kind = &kind_list,
     .table = &wheel_rows,
     .offset = offsetof(struct car, wheels),
     .count_offset = offsetof(struct car, wheel_count),
     .max = 4,
     .sentence = "What it rolls on."},
    {.key = "drivers",
     .kind = &kind_list,
     .of = &kind_name,
     .offset = offsetof(struct car, drivers),
     .count_offset = offsetof(struct car, driver_count),
     .empty_word = "any",
     .sentence = "Who may."},
    {.key = "colours",
     .kind = &kind_map,
     .map = &colour_map,
     .offset = offsetof(struct car, colours),
     .count_offset = offsetof(struct car, colour_count),
     .sentence = "Shares."},
    {.kind = &kind_inline, .table = &limit_rows},
    {.key = "spare",
     .kind = &kind_name,
     .offset = offsetof(struct car, spare),
     .refers_to = "wheel",
     .sentence = "One of the wheels."},
    {.key = "wings", .kind = &kind_bool, .is_due = true, .sentence = "Some day."},
};

static void check_car(struct setting_reader *reader, const struct yamlnode *map, void *record)
{
    struct car *car = record;
    car->checks++;
    if (car->has_doors && car->doors == 1)
        faultlist_add(reader->faults, yamltree_find(map, "doors")->place, "one door is not enough");
}
static const struct setting_table car_rows = {.name = "a car",
                                              .rows = car_list,
                                              .count = COUNT_OF(car_list),
                                              .size = sizeof(struct car),
                                              .check = check_car};

static void free_car(struct car *car)
{
    for (size_t i = 0; i < car->wheel_count; i++)
        free(car->wheels[i].name);
    for (size_t i = 0; i < car->driver_count; i++)
        free(car->drivers[i]);
    for (size_t i = 0; i < car->colour_count; i++)
        free(car->colours[i].name);
    free(car->wheels);
    free(car->drivers);
    free(car->colours);
    free(car->engine.secret);
    free(car->name);
    free(car->spare);
}

/* To free(): the faults. */
static char *read_car(const char *yaml, struct car *car)
{
    struct yamltree tree;
    struct faultlist faults;
    struct setting_reader reader;
    struct buf out;
    *car = (struct car){0};
    buf_init(&out, 1 << 16);
    faultlist_init(&faults);
    yamltree_init(&tree);
    rows_init(&reader, &faults, &tree);
    struct yamlnode *root =
        yamltree_parse(&tree, str_of(yaml), faultlist_file(&faults, "f"), &faults);
    assert_non_null(root);
    rows_read_table(&reader, &car_rows, root, car);
    rows_check_references(&reader);
    faultlist_print(&faults, &out);
    rows_fini(&reader);
    yamltree_fini(&tree);
    faultlist_fini(&faults);
    return buf_take(&out);
}

static void check_defaults(void **state)
{
    (void)state;
    struct car car;
    char *faults = read_car("name: mine\n", &car);
    assert_string_equal(faults, "");
    assert_string_equal(car.name, "mine");
    assert_true(car.is_fast);
    assert_false(car.has_doors);
    assert_int_equal(car.engine.pause_ms, 2000);
    assert_int_equal(car.limit, 120);
    assert_int_equal(car.wheel_count + car.driver_count + car.colour_count, 0);
    assert_int_equal(car.checks, 1);
    free(faults);
    free_car(&car);
}

static void check_all(void **state)
{
    (void)state;
    struct car car;
    setenv("ROWS_TEST", "se cret", 1);
    char *faults = read_car("name: \"${env:ROWS_TEST}!\"\nfast: no\ndoors: 4\n"
                            "engine: {pause: 1500ms, secret: \"${env:ROWS_TEST}\"}\n"
                            "wheels: [{name: a, size: 17}, {name: b}]\ndrivers: [x, y]\n"
                            "colours: {red: 1, blue: 2}\nlimit: 90\nspare: b\n",
                            &car);
    assert_string_equal(faults, "");
    assert_string_equal(car.name, "se cret!");
    assert_false(car.is_fast);
    assert_true(car.has_doors);
    assert_int_equal(car.doors, 4);
    assert_int_equal(car.engine.pause_ms, 1500);
    assert_string_equal(car.engine.secret, "se cret");
    assert_int_equal(car.wheel_count, 2);
    assert_int_equal(car.wheels[0].size, 17);
    assert_string_equal(car.wheels[1].name, "b");
    assert_int_equal(car.wheels[1].size, 15);
    assert_int_equal(car.driver_count, 2);
    assert_string_equal(car.drivers[1], "y");
    assert_int_equal(car.colour_count, 2);
    assert_string_equal(car.colours[1].name, "blue");
    assert_int_equal(car.colours[1].share, 2);
    assert_int_equal(car.limit, 90);
    free(faults);
    free_car(&car);
}

static const struct {
    const char *yaml, *faults;
} cases[] = {
    {"{}", "f:1:1: `name` is missing; a car needs it\n"},
    {"- 1", "f:1:1: a car is a list; right is a map of keys and values\n"},
    {"name: x\ndrivers: any\n", ""},
    {"name: x\ndrivers: one\n", ""},
    {"name: x\nengine:\nwheels:\ncolours:\n", ""},
    {"name:\n", "f:1:6: `name` is empty; right is a text\n"},
    {"name: [a]\n", "f:1:7: `name` is a list; right is a text\n"},
    {"name: \"\"\n", "f:1:7: `name`: the value must not be empty; write at least one character\n"},
    {"name: x\nfsat: 1\n", "f:2:1: unknown key `fsat`; did you mean `fast`?\n"},
    {"name: x\nlimits: 1\n", "f:2:1: unknown key `limits`; did you mean `limit`?\n"},
    {"name: x\n\"\": 1\n", "f:2:1: unknown key ``; there is: name, fast, doors, engine, wheels, "
                           "drivers, colours, limit, spare\n"},
    {"name: x\nxylophone: 1\n", "f:2:1: unknown key `xylophone`; there is: name, fast, doors, "
                                "engine, wheels, drivers, colours, limit, spare\n"},
    {"name: x\nwings: true\n", "f:2:1: `wings` is not built yet; leave it out\n"},
    {"name: x\ndoors: many\n",
     "f:2:8: `doors`: `many` is not a whole number; right is plain digits\n"},
    {"name: x\ndoors: 1\n", "f:2:8: one door is not enough\n"},
    {"name: x\nlimit: ${env:ROWS_NONE}\n",
     "f:2:8: `limit`: the environment variable ROWS_NONE is not set; set it before the start\n"},
    /* As written, never what a variable holds. */
    {"name: x\nlimit: ${env:ROWS_TEST}\n",
     "f:2:8: `limit`: `${env:ROWS_TEST}` is not a whole number; right is plain digits\n"},
    {"name: x\nengine: {secret: plain}\n",
     "f:2:18: warning: `secret` is a literal secret; use ${env:NAME} or ${file:/path}\n"},
    {"name: x\nengine: {secret: \"a\\nb\"}\n",
     "f:2:18: warning: `secret` is a literal secret; use ${env:NAME} or ${file:/path}\n"
     "f:2:18: `secret`: the value holds a line end or another control character; write one line\n"},
    {"name: x\nengine: [1]\n", "f:2:9: `engine` is a list; right is a map of keys and values\n"},
    {"name: x\nwheels: {name: a}\n",
     "f:2:9: `wheels` is a map; right is a list, an entry a line with `-`\n"},
    {"name: x\nwheels: [{name: a}, {name: b}, {name: a}, 7, {size: 9}]\n",
     "f:2:9: `wheels` has 5 entries; 4 are the most\n"},
    {"name: x\nwheels: [{name: a}, {name: a}, 7, {size: 9}]\n",
     "f:2:28: wheel `a` is there twice, first at f:2:17; give each its own\n"
     "f:2:32: a wheel is a single value; right is a map of keys and values\n"
     "f:2:35: `name` is missing; a wheel needs it\n"
     "f:2:42: `size`: `9` is out of range; 10 to 22 is right\n"},
    {"name: x\ndrivers: [a, b c, {d: e}, f]\n",
     "f:2:14: `drivers`: `b c` is not a name; right is 1 to 64 letters, digits, `.`, `_` or `-`\n"
     "f:2:19: `drivers` is a map; right is a name: 1 to 64 letters, digits, `.`, `_` or `-`\n"},
    {"name: x\ncolours: [a]\n", "f:2:10: `colours` is a list; right is a map\n"},
    {"name: x\ncolours: {red: much, \"b c\": 1}\n",
     "f:2:16: `colours`: `much` is not a whole number; right is plain digits\n"
     "f:2:22: `colours`: `b c` is not a name; right is 1 to 64 letters, digits, `.`, `_` or `-`\n"},
    {"name: x\nwheels: [{name: front}]\nspare: frunt\n",
     "f:3:8: no wheel is named `frunt`; did you mean `front`?\n"},
    {"name: x\nspare: frunt\n", "f:2:8: no wheel is named `frunt`; there is no wheel at all\n"},
    {"name: *x\nlimit: *y\n",
     "f:1:7: `*x` is a YAML alias, which is not supported; quote a text that begins with `*`, or "
     "write the value out\n"
     "f:2:8: `*y` is a YAML alias, which is not supported; quote a text that begins with `*`, or "
     "write the value out\n"},
};

static void check_faults(void **state)
{
    (void)state;
    setenv("ROWS_TEST", "se cret", 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct car car;
        char *faults = read_car(cases[i].yaml, &car);
        assert_string_equal(faults, cases[i].faults);
        assert_null(strstr(faults, "se cret"));
        free(faults);
        free_car(&car);
    }
}

static void note_row(const struct setting_row *row, void *arg)
{
    buf_printf(arg, "%s ", row->key);
}

static void check_compare(void **state)
{
    (void)state;
    struct car a, b;
    struct buf out;
    buf_init(&out, 100);
    free(read_car("name: x\ndoors: 3\n", &a));
    free(read_car("name: x\ndoors: 4\n", &b));
    rows_compare(&car_rows, &a, &b, note_row, &out);
    assert_string_equal(buf_str(&out).ptr, "");
    free_car(&b);
    free(read_car("name: y\nlimit: 4\n", &b));
    rows_compare(&car_rows, &a, &b, note_row, &out);
    assert_string_equal(buf_str(&out).ptr, "name limit ");
    free_car(&a);
    free_car(&b);
    buf_fini(&out);
}

static void check_document(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1 << 16);
    rows_document(&car_rows, "", &out);
    static const char *const lines[] = {
        "| `name` | a text | needed | Whose. Needs a restart. |\n",
        "| `fast` | a yes or no | `true` | Quick. |\n",
        "| `drivers` | `any`, a name, or a list: 1 to 64 letters, digits, `.`, `_` or `-` |",
        "| `limit` | a whole number | `120` | Speed. Needs a restart. |\n",
        "| `wings` | a yes or no |  | Not built yet: refused. Some day. |\n",
        "## `wheels`: a wheel\n",
        "| `size` | a whole number, 10 to 22 | `15` | In inches. |\n",
        "## `engine`\n",
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (strstr(out.ptr, lines[i]) == NULL)
            fail_msg("missing: %s in\n%s", lines[i], out.ptr);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_defaults), cmocka_unit_test(check_all),
        cmocka_unit_test(check_faults),   cmocka_unit_test(check_compare),
        cmocka_unit_test(check_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
