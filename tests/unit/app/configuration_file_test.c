/* Files: includes, finding, reloading, many services, the example and the page that come with the
 * source. */
#include "unit/app/configuration_harness.h"
#include "unit/settings/rows_document.h"

/* ---- includes ---- */

static void check_includes(void **state)
{
    (void)state;
    assert_int_equal(system("mkdir -p parts/more"), 0);
    write_file("main.yaml", "include: [parts/clients.yaml, parts/services.yaml]\n"
                            "workers: 3\n"
                            "clients: [{name: one, key: \"${env:SHOP_KEY}\", balance: 0}]\n");
    write_file("parts/clients.yaml",
               "clients:\n- {name: two, key: \"${env:RESELLER_KEY}\", balance: 0}\n"
               "providers:\n- {name: alpha, url: \"https://a.example/\", "
               "key: \"${env:ALPHA_KEY}\", currency: EUR}\n");
    write_file("parts/services.yaml", "include: more/rates.yaml\nservices:\n"
                                      "- {id: 1, offers: [{provider: alpha, service: 1}]}\n");
    write_file("parts/more/rates.yaml", "rates: {EUR: 1.08}\nimports:\n");
    struct configuration *configuration;
    char *faults = load_file("main.yaml", &configuration);
    assert_string_equal(faults, "");
    assert_int_equal(configuration->workers, 3);
    assert_int_equal(configuration->clients->count, 2);
    assert_non_null(client_set_find(configuration->clients, STR("two")));
    assert_int_equal(configuration->catalogue.service_count, 1);
    assert_int_equal(configuration->providers->list[0].exchange.units, 1080000000000);
    free(faults);
    configuration_unpin(&configuration);
}

static void check_include_faults(void **state)
{
    (void)state;
    assert_int_equal(system("mkdir -p faulty"), 0);
    write_file("main.yaml",
               "include: [faulty/a.yaml, faulty/none.yaml, faulty/a.yaml, "
               "${env:NOT_SET}x, [1]]\n"
               "workers: 3\nclients: [{name: one, key: \"${env:SHOP_KEY}\", balance: 0}]\n");
    write_file("faulty/a.yaml", "workers: 2\ninclude: [../main.yaml, b.yaml, c.yaml]\n"
                                "clients: [{name: one, key: \"${env:SHOP_KEY}\", balance: 0}]\n"
                                "providers: {}\nproviderss: []\n");
    /* Its syntax ends it, and it could have held the provider that the service names. */
    write_file("faulty/b.yaml", "providers:\n- name: alpha\n  url: [\n");
    write_file("faulty/c.yaml", "- services\n");
    char *faults = load_file("main.yaml", NULL);
    assert_string_equal(
        faults, "main.yaml:1:60: YAML syntax while parsing a flow sequence: did not find expected "
                "',' or ']'; inside { } and [ ] write \"${env:NAME}\" in quotes\n");
    free(faults);
    write_file("main.yaml",
               "include: [faulty/a.yaml, faulty/none.yaml, faulty/a.yaml, "
               "\"${env:NOT_SET}x\", [1]]\n"
               "workers: 3\nclients: [{name: one, key: \"${env:SHOP_KEY}\", balance: 0}]\n"
               "services: [{id: 1, offers: [{provider: alpha, service: 1}]}]\n");
    faults = load_file("main.yaml", NULL);
    assert_string_equal(
        faults,
        "main.yaml:1:26: cannot read `faulty/none.yaml`: No such file or directory; check the "
        "path, which is relative to this file\n"
        "main.yaml:1:44: `faulty/a.yaml` is read already, first at main.yaml:1:11; include it "
        "once\n"
        "main.yaml:1:59: `include`: the environment variable NOT_SET is not set; set it before "
        "the start\n"
        "main.yaml:1:78: `include` is a list; right is a text\n"
        "faulty/a.yaml:1:1: `workers` is given twice, first at main.yaml:2:1; keep one of them\n"
        "faulty/a.yaml:2:11: `faulty/../main.yaml` is read already, first at main.yaml:1:1; "
        "include it once\n"
        "faulty/a.yaml:3:18: client `one` is there twice, first at main.yaml:3:18; give each its "
        "own\n"
        "faulty/a.yaml:3:28: this key is there twice, first at main.yaml:3:28; give each client "
        "its own\n"
        "faulty/a.yaml:4:12: `providers` is a map; right is a list, an entry a line with `-`\n"
        "faulty/a.yaml:5:1: unknown key `providerss`; did you mean `providers`?\n"
        "faulty/b.yaml:4:1: YAML syntax while parsing a flow node: did not find expected node "
        "content; check the indentation, and quote texts that hold `: ` or ` #` or begin with a "
        "mark\n"
        "faulty/c.yaml:1:1: the file is a list; right is a map of keys and values\n");
    free(faults);
}

static void check_include_depth(void **state)
{
    (void)state;
    char name[32], text[64];
    for (unsigned i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "deep%u.yaml", i);
        snprintf(text, sizeof text, "include: deep%u.yaml\n", i + 1);
        write_file(name, text);
    }
    char *faults = load_file("deep0.yaml", NULL);
    assert_non_null(strstr(faults, "deep7.yaml:1:10: too many includes; 256 files and 8 levels are "
                                   "the most\n"));
    free(faults);
}

/* ---- reload, finding ---- */

static void check_reload(void **state)
{
    (void)state;
    static const struct {
        const char *more, *faults;
    } cases[] = {
        {"workers: 2\ndecimals: 4\nlisten: 127.0.0.1:0\n", ""},
        {"workers: 3\n", "p.yaml: `workers` has changed, which a reload cannot do; restart, or set "
                         "it back\n"},
        {"workers: 2\nledger: sqlite:other.db\nfirst_order: 9\n",
         "p.yaml: `ledger` has changed, which a reload cannot do; restart, or set it back\n"
         "p.yaml: `first_order` has changed, which a reload cannot do; restart, or set it back\n"},
    };
    struct configuration *running, *fresh;
    free(load_text(BASE "workers: 2\n", &running));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char yaml[1024];
        struct faultlist faults;
        struct buf out;
        buf_init(&out, 4096);
        faultlist_init(&faults);
        snprintf(yaml, sizeof yaml, "%s%s", BASE, cases[i].more);
        free(load_text(yaml, &fresh));
        assert_non_null(fresh);
        assert_int_equal(configuration_check_reload(running, fresh, &faults),
                         cases[i].faults[0] == '\0');
        faultlist_print(&faults, &out);
        assert_string_equal(buf_str(&out).ptr, cases[i].faults);
        faultlist_fini(&faults);
        buf_fini(&out);
        configuration_unpin(&fresh);
    }
    configuration_unpin(&running);
}

static void check_find(void **state)
{
    (void)state;
    struct faultlist faults;
    faultlist_init(&faults);
    char *found = configuration_find("given.yaml", &faults);
    assert_string_equal(found, "given.yaml");
    free(found);
    setenv("PANELMUX_CONFIG", "named.yaml", 1);
    found = configuration_find(NULL, &faults);
    assert_string_equal(found, "named.yaml");
    free(found);
    unsetenv("PANELMUX_CONFIG");
    write_file("panelmux.yaml", BASE);
    found = configuration_find(NULL, &faults);
    assert_string_equal(found, "./panelmux.yaml");
    free(found);
    unlink("panelmux.yaml");
    assert_int_equal(faults.count, 0);
    if (access("/etc/panelmux/panelmux.yaml", F_OK) != 0) {
        assert_null(configuration_find(NULL, &faults));
        assert_int_equal(faults.faults, 1);
    }
    faultlist_fini(&faults);
    char *message = load_file("nowhere.yaml", NULL);
    assert_string_equal(message, "nowhere.yaml: cannot read `nowhere.yaml`: No such file or "
                                 "directory; check the path and its rights\n");
    free(message);
}

/* ---- size ---- */

static void check_many_services(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct buf yaml;
    struct configuration *configuration;
    buf_init(&yaml, 1 << 22);
    buf_add_text(&yaml,
                 "clients: [{name: shop, key: \"${env:SHOP_KEY}\", balance: 0}]\nproviders:\n");
    for (unsigned i = 0; i < 100; i++)
        buf_printf(&yaml, "- {name: p%u, url: \"https://p/\", key: \"${env:ALPHA_KEY}\"}\n", i);
    buf_add_text(&yaml, "services:\n");
    for (unsigned i = 1; i <= COUNT; i++)
        buf_printf(&yaml,
                   "- id: %u\n  name: Service %u\n  markup: 25%% + 0.05\n  offers:\n"
                   "  - {provider: p%u, service: %u}\n  - {provider: p%u, service: %u}\n",
                   i, i, i % 100, i, (i + 1) % 100, i);
    char *faults = load_text(yaml.ptr, &configuration);
    assert_string_equal(faults, "");
    assert_int_equal(configuration->catalogue.service_count, COUNT);
    assert_string_equal(configuration->catalogue.services[COUNT - 1].offers[1].provider, "p1");
    free(faults);
    configuration_unpin(&configuration);
    buf_fini(&yaml);
}

/* ---- what comes with the source ---- */

static char *read_whole(const char *path)
{
    struct buf out;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    buf_init(&out, 1 << 20);
    char *at = buf_reserve(&out, 1 << 19);
    buf_added(&out, fread(at, 1, 1 << 19, file));
    fclose(file);
    return buf_take(&out);
}

/* Every key that is built stands in the example, at least in a comment. */
static void check_keys_shown(const struct setting_table *table, const char *text)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct setting_row *row = &table->rows[i];
        if (row->table)
            check_keys_shown(row->table, text);
        if (row->map && row->map->value.table)
            check_keys_shown(row->map->value.table, text);
        if (row->key == NULL || row->is_due)
            continue;
        char key[64];
        snprintf(key, sizeof key, "%s:", row->key);
        if (strstr(text, key) == NULL)
            fail_msg("the example lacks %s", key);
    }
}

static void check_example(void **state)
{
    (void)state;
    static const char path[] = TESTS_DIRECTORY "/../config/panelmux.example.yaml";
    char *text = read_whole(path);
    char *faults = load_file(path, NULL);
    assert_string_equal(faults, "");
    check_keys_shown(&configuration_rows, text);
    free(faults);
    free(text);
}

static const char document_head[] =
    "# Configuration\n"
    "\n"
    "*Made from the tables in the source; do not edit. A commented example is\n"
    "`config/panelmux.example.yaml`.*\n"
    "\n"
    "One YAML file, looked for in `-c FILE`, `$PANELMUX_CONFIG`, `./panelmux.yaml` and\n"
    "`/etc/panelmux/panelmux.yaml`. `panelmux check` reports every fault at once, as\n"
    "`FILE:LINE:COLUMN: what is wrong; what would be right`; a warning alone is no fault.\n"
    "\n"
    "* `${env:NAME}` and `${file:/path}` stand for a variable of the environment or the text of a\n"
    "  file, anywhere in a value; `${credential:NAME}` for the text of a credential of the "
    "service\n"
    "  manager, else of the file `/etc/panelmux/secrets/NAME`; `$${` for `${` itself. Inside `{ "
    "}`\n"
    "  and `[ ]` they need quotes. A secret written out in the file draws a warning.\n"
    "* Yes or no is `true` or `false`. Whole numbers are plain digits.\n"
    "* Durations carry their unit: `1500ms`, `15s`, `10m`, `2h`, `1d`. Sizes: `512KiB`, `1MiB`.\n"
    "  Rate limits: `10/s`, `300/m`, `5000/h`, `none`. Amounts and rates are exact decimals,\n"
    "  quoted or not.\n"
    "* Anchors, aliases, tags and a second document are refused; `include` joins files.\n"
    "* Paths other than those in `include` are relative to the working directory.\n"
    "* SIGHUP or `panelmux reload` reads all of it again, all or nothing. What needs a restart "
    "says\n"
    "  so below.\n"
    "\n"
    "## First level\n";

/* UPDATE_DOCUMENTS=1 writes the page anew. */
static void check_document(void **state)
{
    (void)state;
    static const char path[] = TESTS_DIRECTORY "/../docs/configuration.md";
    struct buf out;
    buf_init(&out, 1 << 20);
    buf_add_text(&out, document_head);
    rows_document(&configuration_rows, "", &out);
    if (getenv("UPDATE_DOCUMENTS"))
        write_file(path, out.ptr);
    char *page = read_whole(path);
    if (strcmp(page, out.ptr) != 0)
        fail_msg("docs/configuration.md is stale; run this test with UPDATE_DOCUMENTS=1");
    free(page);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_includes),      cmocka_unit_test(check_include_faults),
        cmocka_unit_test(check_include_depth), cmocka_unit_test(check_reload),
        cmocka_unit_test(check_find),          cmocka_unit_test(check_many_services),
        cmocka_unit_test(check_example),       cmocka_unit_test(check_document),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
