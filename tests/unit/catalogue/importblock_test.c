/* `panelmux import`: a block that is YAML as it stands, with what cannot be sold as comments. */
#include <yaml.h>

#include "base/buf.h"
#include "catalogue/importblock.h"
#include "providers/upstream.h"
#include "world.h"

static struct upstream_service rows[] = {
    {.id = {"101", 3},
     .name = {"Followers: \"steady\" #1", 22},
     .category = {"Social & more", 13},
     .type = ORDERTYPE_DEFAULT,
     .has_rate = true,
     .has_limits = true,
     .min = 50,
     .max = 10000,
     .refill = true},
    {.id = {"7-slug", 6},
     .name = {"{odd}: [name] $${env:A}\r\n", 25},
     .category = {"${file:/x}", 10},
     .type = ORDERTYPE_PACKAGE,
     .has_rate = true},
    {.id = {"8", 1},
     .name = {"Local", 5},
     .type_text = {"fb_eyeslive\n- id: 1", 19},
     .type = ORDERTYPE_UNKNOWN,
     .has_rate = true},
    {.id = {"9", 1}, .name = {"/----/", 6}, .type = ORDERTYPE_PACKAGE, .has_rate = true},
    {.id = {"10", 2}, .name = {"Free", 4}, .type = ORDERTYPE_DEFAULT, .has_rate = true},
    {.id = {"11", 2}, .name = {"Off", 3}, .type = ORDERTYPE_DEFAULT, .has_rate = true},
    {.id = {"12", 2}, .name = {"No rate", 7}, .type = ORDERTYPE_DEFAULT},
    {.id = {"13", 2},
     .name = {"Twice", 5},
     .type = ORDERTYPE_DEFAULT,
     .has_rate = true,
     .is_doubled = true},
};

/* All scalars of the document, joined by '|'. */
static void scalars_of(struct str yaml, struct buf *out)
{
    yaml_parser_t parser;
    yaml_event_t event;
    bool is_end = false;
    assert_int_equal(yaml_parser_initialize(&parser), 1);
    yaml_parser_set_input_string(&parser, (const unsigned char *)yaml.ptr, yaml.len);
    while (!is_end) {
        if (!yaml_parser_parse(&parser, &event))
            fail_msg("line %zu: %s in\n%s", parser.problem_mark.line + 1, parser.problem, yaml.ptr);
        if (event.type == YAML_SCALAR_EVENT) {
            buf_add(out, event.data.scalar.value, event.data.scalar.length);
            buf_add_byte(out, '|');
        }
        is_end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

static const struct catalogue_settings nothing;

static void expect_of(const struct importblock_wish *wish, struct upstream_response *answer,
                      const char *scalars, const char *last_line)
{
    struct provider_set *set = world_providers((struct world_provider[]){{"alpha", "1"}, {0}});
    struct buf yaml, got;
    buf_init(&yaml, 100000);
    buf_init(&got, 100000);
    importblock_print(wish, &set->list[0], answer, &yaml);
    scalars_of(buf_str(&yaml), &got);
    assert_string_equal(got.ptr, scalars);
    assert_true(str_ends(buf_str(&yaml), str_of(last_line)));
    assert_null(strstr(yaml.ptr, "key"));
    buf_fini(&yaml);
    buf_fini(&got);
    provider_set_unpin(&set);
}

static void expect(struct upstream_response *answer, const char *scalars, const char *last_line)
{
    const struct importblock_wish all = {.settings = &nothing};
    expect_of(&all, answer, scalars, last_line);
}

static void test_block(void **state)
{
    (void)state;
    static const char *const rates[] = {"0.9", "4", "1", "1", "0", "99999999", "0", "1"};
    for (size_t i = 0; i < COUNT_OF(rates); i++)
        rows[i].rate = money_of(rates[i]);
    struct upstream_response answer = {.services = rows, .service_count = COUNT_OF(rows)};
    expect(&answer,
           "services|"
           "id|101|name|Followers: \"steady\" #1|category|Social & "
           "more|markup|0%|offers|provider|alpha|"
           "service|101|"
           "id|2147483646|name|{odd}: [name] "
           "$$${env:A}|category|$${file:/x}|markup|0%|offers|provider|alpha|service|7-slug|",
           "# 2 services, 6 left out\n");
    expect(&(struct upstream_response){0}, "services|", "# 0 services, 0 left out\n");
    answer.services += 2;
    answer.service_count -= 2;
    expect(&answer, "services|", "# 0 services, 6 left out\n");
}

static struct upstream_service plain(const char *id, const char *category, enum ordertype type)
{
    return (struct upstream_service){.id = str_of(id),
                                     .name = STR("A name"),
                                     .category = str_of(category),
                                     .type = type,
                                     .has_rate = true,
                                     .rate = money_of("1"),
                                     .has_limits = true,
                                     .min = 1,
                                     .max = 100};
}

/* What of four rows is printed, with which of our numbers. */
static void test_wishes(void **state)
{
    static const char *const views[] = {"views*"}, *const two[] = {"Likes", "*for you"};
    static const enum ordertype package[] = {ORDERTYPE_PACKAGE};
    struct upstream_service list[] = {plain("1", "Views", ORDERTYPE_DEFAULT),
                                      plain("2", "Views <b>for you</b>", ORDERTYPE_PACKAGE),
                                      plain("3", "Likes", ORDERTYPE_DEFAULT),
                                      plain("x", "Likes", ORDERTYPE_PACKAGE)};
    struct offer_settings offers[] = {
        {.provider = (char *)(uintptr_t) "alpha", .service = (char *)(uintptr_t) "3"},
        {.provider = (char *)(uintptr_t) "beta", .service = (char *)(uintptr_t) "1"}};
    struct service_settings services[] = {{.id = 2, .offers = offers, .offer_count = 2},
                                          {.id = 50}};
    enum ordertype imported[] = {ORDERTYPE_PACKAGE};
    struct import_settings imports[] = {
        {.provider = (char *)(uintptr_t) "alpha", .types = imported, .type_count = 1},
        {.provider = (char *)(uintptr_t) "beta"}};
    const struct catalogue_settings written = {.services = services, .service_count = 2};
    const struct catalogue_settings both = {
        .services = services, .service_count = 2, .imports = imports, .import_count = 2};
    const struct {
        struct importblock_wish wish;
        const char *ids; /* ours, theirs */
    } cases[] = {
        {{.settings = &nothing}, "1=1 2=2 3=3 2147483646=x "},
        {{.settings = &written}, "1=1 2147483646=2 3=3 2147483645=x "},
        {{.settings = &written, .first_id = 49}, "49=1 51=2 52=3 53=x "},
        {{.settings = &written, .first_id = 2147483645}, "2147483645=1 2147483646=2 "},
        {{.settings = &nothing, .categories = views, .category_count = 1}, "1=1 2=2 "},
        {{.settings = &nothing, .categories = two, .category_count = 2}, "2=2 3=3 2147483646=x "},
        {{.settings = &nothing, .types = package, .type_count = 1}, "2=2 2147483646=x "},
        {{.settings = &nothing,
          .types = package,
          .type_count = 1,
          .categories = two,
          .category_count = 1},
         "2147483646=x "},
        {{.settings = &written, .only_new = true, .first_id = 1}, "1=1 3=2 4=x "},
        {{.settings = &both, .only_new = true, .first_id = 1}, "1=1 "},
        {{.settings = &nothing, .only_new = true, .markup = "25% + 0.05"},
         "1=1 2=2 3=3 2147483646=x "},
    };
    struct provider_set *set = world_providers((struct world_provider[]){{"alpha", "1"}, {0}});
    struct upstream_response answer = {.services = list, .service_count = COUNT_OF(list)};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf yaml, got, ids;
        struct str rest, id, word;
        buf_init(&yaml, 100000);
        buf_init(&got, 100000);
        buf_init(&ids, 1000);
        importblock_print(&cases[i].wish, &set->list[0], &answer, &yaml);
        scalars_of(buf_str(&yaml), &got);
        rest = buf_str(&got);
        while (str_next(&rest, '|', &word)) {
            if (str_is(word, "id") && str_next(&rest, '|', &id))
                buf_printf(&ids, STR_FMT "=", STR_ARG(id));
            else if (str_is(word, "service") && str_next(&rest, '|', &id))
                buf_printf(&ids, STR_FMT " ", STR_ARG(id));
            else if (str_is(word, "markup") && str_next(&rest, '|', &id))
                assert_true(str_is(id, cases[i].wish.markup ? cases[i].wish.markup : "0%"));
        }
        if (!str_is(buf_str(&ids), cases[i].ids))
            fail_msg("case %zu: %s instead of %s", i, ids.ptr, cases[i].ids);
        buf_fini(&yaml);
        buf_fini(&got);
        buf_fini(&ids);
    }
    provider_set_unpin(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_block), cmocka_unit_test(test_wishes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
