/* See configuration_view.h. */
#include "app/configuration_view.h"

#include "admin/errorcode.h"
#include "base/jsonwriter.h"

enum { TEXT_BYTES = 64 * 1024 * 1024, FAULTS_BYTES = 256 * 1024 };

static void configuration_view_add_value(const struct view_value *value, void *arg)
{
    struct jsonwriter *w = arg;
    jsonwriter_object(w, NULL);
    jsonwriter_text(w, "key", value->path);
    jsonwriter_text(w, "value", value->text);
    jsonwriter_bool(w, "default", value->is_default);
    jsonwriter_object_end(w);
}

void configuration_view_show(const struct configuration *configuration, const char *source,
                             int64_t read_at_ms, struct buf *json)
{
    struct buf text;
    struct jsonwriter w = jsonwriter_to(json);
    buf_init(&text, TEXT_BYTES);
    view_print(configuration->view, &text);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "source", str_of(source));
    jsonwriter_text(&w, "path", str_of(configuration->path));
    jsonwriter_time(&w, "read_at", read_at_ms);
    jsonwriter_text(&w, "text", buf_str(&text));
    jsonwriter_array(&w, "settings");
    view_visit(configuration->view, configuration_view_add_value, &w);
    jsonwriter_array_end(&w);
    jsonwriter_object_end(&w);
    buf_fini(&text);
}

/* ---- what the file would change ---- */

static void configuration_view_add_side(struct jsonwriter *w, const char *key, struct str text)
{
    if (text.ptr)
        jsonwriter_text(w, key, text);
    else
        jsonwriter_null(w, key);
}

static void configuration_view_add_difference(const struct view_difference *difference, void *arg)
{
    struct jsonwriter *w = arg;
    jsonwriter_object(w, NULL);
    jsonwriter_text(w, "key", difference->path);
    configuration_view_add_side(w, "running", difference->before);
    configuration_view_add_side(w, "file", difference->now);
    jsonwriter_bool(w, "member", difference->is_member);
    jsonwriter_bool(w, "secret", difference->is_secret);
    jsonwriter_bool(w, "needs_restart", difference->needs_restart);
    jsonwriter_object_end(w);
}

static void configuration_view_print_faults(struct faultlist *faults, struct buf *json)
{
    struct buf text;
    struct str rest, line;
    struct jsonwriter w = jsonwriter_to(json);
    buf_init(&text, FAULTS_BYTES);
    faultlist_print(faults, &text);
    rest = buf_str(&text);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "error", STR("the file has faults, so that a reload would be refused"));
    jsonwriter_text(&w, "code", str_of(errorcode_word(ERROR_CONFIGURATION)));
    jsonwriter_array(&w, "faults");
    while (text.len > 0 && str_next(&rest, '\n', &line))
        if (line.len > 0)
            jsonwriter_text(&w, NULL, line);
    jsonwriter_array_end(&w);
    jsonwriter_object_end(&w);
    buf_fini(&text);
}

int configuration_view_compare(const struct configuration *running, struct buf *json)
{
    struct faultlist faults;
    faultlist_init(&faults);
    struct configuration *fresh = configuration_load(running->path, &faults);
    if (fresh == NULL) {
        configuration_view_print_faults(&faults, json);
        faultlist_fini(&faults);
        return 400;
    }
    struct jsonwriter w = jsonwriter_to(json);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "path", str_of(running->path));
    jsonwriter_array(&w, "differences");
    size_t count = view_compare(running->view, fresh->view, configuration_view_add_difference, &w);
    jsonwriter_array_end(&w);
    jsonwriter_bool(&w, "same", count == 0);
    jsonwriter_object_end(&w);
    configuration_unpin(&fresh);
    faultlist_fini(&faults);
    return 200;
}
