/* panelmux import PROVIDER: fetches the provider's list itself and prints it as a block of
 * `services:` for review, filtered and numbered as asked for. */
#include <stdio.h>

#include "app/remote.h"
#include "app/texttable.h"
#include "catalogue/importblock.h"
#include "loop/transfer.h"
#include "providers/upstream_call.h"

enum { OUTPUT_BYTES = 512 * 1024 * 1024, WAIT_MS = 5000, FILTERS_MAX = 8 };

struct import_options {
    struct command_options common;
    const char *markup, *first_id;
    const char *categories[FILTERS_MAX], *types[FILTERS_MAX]; /* NULL: not given */
    bool only_new;
    enum ordertype type_list[FILTERS_MAX];
};

/* ---- what is asked for ---- */

static size_t command_import_count(const char *const *list)
{
    size_t count = 0;
    while (count < FILTERS_MAX && list[count])
        count++;
    return count;
}

static bool command_import_read_types(struct import_options *o)
{
    for (size_t i = 0; i < command_import_count(o->types); i++) {
        o->type_list[i] = ordertype_fold(str_of(o->types[i]));
        if (o->type_list[i] == ORDERTYPE_UNKNOWN) {
            command_fail(ERROR_USAGE,
                         "--type %s is no order type; right is such as Default, Package or "
                         "\"Custom Comments\"",
                         o->types[i]);
            return false;
        }
    }
    return true;
}

/* False: said. */
static bool command_import_read(struct import_options *o, struct importblock_wish *wish)
{
    struct markup markup;
    uint64_t first = 0;
    if (o->common.argument_count != 1) {
        command_fail(ERROR_USAGE, "import needs the name of one provider");
        return false;
    }
    if (o->markup && !quote_parse_markup(str_of(o->markup), &markup)) {
        command_fail(ERROR_USAGE,
                     "--markup %s is no markup; right is such as 25%% or \"25%% + 0.05\"",
                     o->markup);
        return false;
    }
    if (o->first_id &&
        (!str_to_u64(str_of(o->first_id), &first) || first < 1 || first >= INT32_MAX)) {
        command_fail(ERROR_USAGE, "--first-id %s is no number of ours; 1 to 2147483646 is right",
                     o->first_id);
        return false;
    }
    if (!command_import_read_types(o))
        return false;
    *wish = (struct importblock_wish){.markup = o->markup,
                                      .categories = o->categories,
                                      .category_count = command_import_count(o->categories),
                                      .types = o->type_list,
                                      .type_count = command_import_count(o->types),
                                      .first_id = (uint32_t)first,
                                      .only_new = o->only_new};
    return true;
}

/* ---- the list ---- */

struct import {
    struct loop *loop;
    const struct provider *provider;
    const struct importblock_wish *wish;
    bool is_json;
    int code;
};

static void command_import_on_list(const struct upstream_response *answer, void *arg)
{
    struct import *import = arg;
    struct buf out;
    buf_init(&out, OUTPUT_BYTES);
    if (answer->outcome == OUTCOME_ACCEPTED) {
        if (import->is_json)
            importblock_print_json(import->wish, import->provider, answer, &out);
        else
            importblock_print(import->wish, import->provider, answer, &out);
        fwrite(out.ptr ? out.ptr : "", 1, out.len, stdout);
    } else {
        import->code = answer->error.len ? EXIT_PROBLEM : EXIT_UNREACHABLE;
        texttable_mask(answer->error.len ? answer->error : answer->evidence, &out);
        command_fail(import->code == EXIT_PROBLEM ? ERROR_UNAVAILABLE : ERROR_UNREACHABLE,
                     "%s gave no usable list: %s", import->provider->settings.name,
                     out.ptr ? out.ptr : "");
    }
    buf_fini(&out);
    loop_stop(import->loop);
}

static int command_import_fetch(struct import *import)
{
    struct upstream_request request = {.action = UPSTREAM_SERVICES};
    struct upstream_call_options call = {.request_id = "import", .wait_ms = WAIT_MS};
    transfer_global_init();
    import->loop = loop_new("import");
    upstream_call_start(import->loop, import->provider, &request, &call, command_import_on_list,
                        import);
    loop_run(import->loop);
    loop_free(import->loop);
    return import->code;
}

int command_import_run(int argc, char **argv)
{
    struct import_options o = {0};
    struct importblock_wish wish;
    struct command_option own[3 + 2 * FILTERS_MAX] = {{"--markup", NULL, &o.markup},
                                                      {"--first-id", NULL, &o.first_id},
                                                      {"--only-new", &o.only_new, NULL}};
    for (size_t i = 0; i < FILTERS_MAX; i++) {
        own[3 + i] = (struct command_option){"--category", NULL, &o.categories[i]};
        own[3 + FILTERS_MAX + i] = (struct command_option){"--type", NULL, &o.types[i]};
    }
    if (!command_parse(argc, argv, own, COUNT_OF(own), &o.common) ||
        !command_import_read(&o, &wish))
        return EXIT_USAGE;
    struct configuration *configuration = remote_configuration(&o.common);
    if (configuration == NULL)
        return EXIT_PROBLEM;
    wish.settings = &configuration->catalogue;
    struct import import = {.wish = &wish, .is_json = o.common.is_json, .code = EXIT_OK};
    import.provider = provider_set_find(configuration->providers, str_of(o.common.arguments[0]));
    if (import.provider) {
        command_import_fetch(&import);
    } else {
        command_fail(ERROR_NOT_FOUND, "the configuration has no provider %s; see provider list",
                     o.common.arguments[0]);
        import.code = EXIT_PROBLEM;
    }
    configuration_unpin(&configuration);
    return import.code;
}
