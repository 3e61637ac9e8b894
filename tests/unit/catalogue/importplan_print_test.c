/* `panelmux import`: a block that is YAML as it stands, with what cannot be sold as comments. */
#include <yaml.h>

#include "base/buf.h"
#include "catalogue/refresher.h"
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

static void expect(struct upstream_response *answer, const char *scalars, const char *last_line)
{
    struct provider_set *set = world_providers((struct world_provider[]){{"alpha", "1"}, {0}});
    struct buf yaml, got;
    buf_init(&yaml, 100000);
    buf_init(&got, 100000);
    importplan_print(&set->list[0], answer, &yaml);
    scalars_of(buf_str(&yaml), &got);
    assert_string_equal(got.ptr, scalars);
    assert_true(str_ends(buf_str(&yaml), str_of(last_line)));
    assert_null(strstr(yaml.ptr, "key"));
    buf_fini(&yaml);
    buf_fini(&got);
    provider_set_unpin(&set);
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_block)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
