/* panelmux import PROVIDER: its list, asked directly, as a block of `services:` for review. */
#include <stdio.h>

#include "admin/jsonwriter.h"
#include "app/remote.h"
#include "app/texttable.h"
#include "catalogue/refresher.h"
#include "loop/transfer.h"
#include "providers/upstream_call.h"

enum { OUTPUT_BYTES = 512 * 1024 * 1024, WAIT_MS = 5000 };

struct import {
    struct loop *loop;
    const struct provider *provider;
    bool is_json;
    int code;
};

static void command_import_print_json(const struct upstream_response *answer, struct buf *out)
{
    struct jsonwriter w = jsonwriter_to(out);
    jsonwriter_object(&w, NULL);
    jsonwriter_array(&w, "services");
    for (size_t i = 0; i < answer->service_count; i++) {
        const struct upstream_service *row = &answer->services[i];
        jsonwriter_object(&w, NULL);
        jsonwriter_text(&w, "service", row->id);
        jsonwriter_text(&w, "name", row->name);
        jsonwriter_text(&w, "category", row->category);
        jsonwriter_text(&w, "type", row->type_text);
        if (row->has_rate)
            jsonwriter_money(&w, "rate", row->rate);
        else
            jsonwriter_null(&w, "rate");
        if (row->has_limits) {
            jsonwriter_number(&w, "min", row->min);
            jsonwriter_number(&w, "max", row->max);
        }
        jsonwriter_bool(&w, "refill", row->refill);
        jsonwriter_bool(&w, "cancel", row->cancel);
        jsonwriter_bool(&w, "dripfeed", row->dripfeed);
        jsonwriter_object_end(&w);
    }
    jsonwriter_array_end(&w);
    jsonwriter_object_end(&w);
    buf_add_byte(out, '\n');
}

static void command_import_on_list(const struct upstream_response *answer, void *arg)
{
    struct import *import = arg;
    struct buf out;
    buf_init(&out, OUTPUT_BYTES);
    if (answer->outcome == OUTCOME_ACCEPTED) {
        if (import->is_json)
            command_import_print_json(answer, &out);
        else
            importlist_print(import->provider, answer, &out);
        fwrite(out.ptr ? out.ptr : "", 1, out.len, stdout);
    } else {
        texttable_mask(answer->error.len ? answer->error : answer->evidence, &out);
        fprintf(stderr, "panelmux: %s gave no usable list: %s\n", import->provider->settings.name,
                out.ptr ? out.ptr : "");
        import->code = answer->error.len ? EXIT_PROBLEM : EXIT_UNREACHABLE;
    }
    buf_fini(&out);
    loop_stop(import->loop);
}

int command_import_run(int argc, char **argv)
{
    struct options options;
    if (!options_parse(argc, argv, NULL, 0, &options))
        return EXIT_USAGE;
    if (options.word_count != 1) {
        fputs("panelmux: import needs the name of one provider\n", stderr);
        return EXIT_USAGE;
    }
    struct configuration *configuration = remote_configuration(&options);
    if (configuration == NULL)
        return EXIT_PROBLEM;
    struct import import = {.is_json = options.is_json, .code = EXIT_OK};
    import.provider = provider_set_find(configuration->providers, str_of(options.message[0]));
    if (import.provider) {
        struct upstream_request request = {.action = UPSTREAM_SERVICES};
        struct upstream_call_options call = {.request_id = "import", .wait_ms = WAIT_MS};
        transfer_global_init();
        import.loop = loop_new("import");
        upstream_call_start(import.loop, import.provider, &request, &call, command_import_on_list,
                            &import);
        loop_run(import.loop);
        loop_free(import.loop);
    } else {
        fprintf(stderr, "panelmux: the configuration has no provider %s\n", options.message[0]);
        import.code = EXIT_PROBLEM;
    }
    configuration_unpin(&configuration);
    return import.code;
}
