/* See jsonwriter.h. */
#include "base/jsonwriter.h"

#include "base/clock.h"

static void jsonwriter_begin(struct jsonwriter *w, const char *key)
{
    if (w->has_before)
        buf_add_byte(w->out, ',');
    w->has_before = true;
    if (key == NULL)
        return;
    buf_add_json(w->out, str_of(key));
    buf_add_byte(w->out, ':');
}

static void jsonwriter_open_with(struct jsonwriter *w, const char *key, char bracket)
{
    jsonwriter_begin(w, key);
    buf_add_byte(w->out, bracket);
    w->has_before = false;
}

static void jsonwriter_close_with(struct jsonwriter *w, char bracket)
{
    buf_add_byte(w->out, bracket);
    w->has_before = true;
}

void jsonwriter_object(struct jsonwriter *w, const char *key)
{
    jsonwriter_open_with(w, key, '{');
}

void jsonwriter_object_end(struct jsonwriter *w)
{
    jsonwriter_close_with(w, '}');
}

void jsonwriter_array(struct jsonwriter *w, const char *key)
{
    jsonwriter_open_with(w, key, '[');
}

void jsonwriter_array_end(struct jsonwriter *w)
{
    jsonwriter_close_with(w, ']');
}

void jsonwriter_text(struct jsonwriter *w, const char *key, struct str value)
{
    jsonwriter_begin(w, key);
    buf_add_json(w->out, value.ptr ? value : STR(""));
}

void jsonwriter_number(struct jsonwriter *w, const char *key, int64_t value)
{
    jsonwriter_begin(w, key);
    buf_add_i64(w->out, value);
}

void jsonwriter_bool(struct jsonwriter *w, const char *key, bool value)
{
    jsonwriter_begin(w, key);
    buf_add_text(w->out, value ? "true" : "false");
}

void jsonwriter_null(struct jsonwriter *w, const char *key)
{
    jsonwriter_begin(w, key);
    buf_add_text(w->out, "null");
}

void jsonwriter_time(struct jsonwriter *w, const char *key, int64_t wall_ms)
{
    char text[25];
    if (wall_ms == 0) {
        jsonwriter_null(w, key);
        return;
    }
    clock_print(wall_ms, text);
    jsonwriter_text(w, key, str_of(text));
}

void jsonwriter_raw(struct jsonwriter *w, const char *key, struct str json)
{
    jsonwriter_begin(w, key);
    buf_add_str(w->out, json);
}
