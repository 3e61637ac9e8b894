/* See faultlist.h. */
#include "settings/faultlist.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/jsonwriter.h"

enum { ENTRY_MAX = 200, WORDS_MAX = 600, FILE_MAX = 1024 };

void faultlist_init(struct faultlist *faults)
{
    *faults = (struct faultlist){0};
}

void faultlist_fini(struct faultlist *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        free(faults->list[i].message);
    for (size_t i = 0; i < faults->file_count; i++)
        free(faults->files[i]);
    free(faults->list);
    free(faults->files);
    *faults = (struct faultlist){0};
}

const char *faultlist_file(struct faultlist *faults, const char *path)
{
    for (size_t i = 0; i < faults->file_count; i++)
        if (strcmp(faults->files[i], path) == 0)
            return faults->files[i];
    ASSERT(faults->file_count < FILE_MAX);
    faults->files = memory_resize(faults->files, faults->file_count + 1, sizeof *faults->files);
    return faults->files[faults->file_count++] = memory_text(path);
}

/* Where the next entry goes; NULL when it is only counted. Faults go before warnings. */
static struct faultlist_entry *faultlist_take_entry(struct faultlist *faults, bool is_warning)
{
    if (faults->count < ENTRY_MAX) {
        if (faults->list == NULL)
            faults->list = memory_array(ENTRY_MAX, sizeof *faults->list);
        return &faults->list[faults->count++];
    }
    faults->dropped++;
    for (size_t i = faults->count; !is_warning && i-- > 0;) {
        if (faults->list[i].is_warning) {
            free(faults->list[i].message);
            return &faults->list[i];
        }
    }
    return NULL;
}

/* One fault is one line, whatever a file holds. */
static void faultlist_flatten(char *message)
{
    for (char *at = message; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
}

static void PRINTF_LIKE(4, 0)
    faultlist_append(struct faultlist *faults, struct source_location place, bool is_warning,
                     const char *format, va_list args)
{
    char message[WORDS_MAX];
    struct faultlist_entry *entry = faultlist_take_entry(faults, is_warning);
    if (is_warning)
        faults->warnings++;
    else
        faults->faults++;
    if (entry == NULL)
        return;
    vsnprintf(message, sizeof message, format, args);
    faultlist_flatten(message);
    *entry = (struct faultlist_entry){place, memory_text(message), is_warning};
}

void faultlist_add(struct faultlist *faults, struct source_location place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    faultlist_append(faults, place, false, format, args);
    va_end(args);
}

void faultlist_warn(struct faultlist *faults, struct source_location place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    faultlist_append(faults, place, true, format, args);
    va_end(args);
}

struct sorted {
    const struct faultlist_entry *entry;
    size_t file, added;
};

static int faultlist_compare_sizes(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int faultlist_compare(const void *left, const void *right)
{
    const struct sorted *a = left, *b = right;
    int order = faultlist_compare_sizes(a->file, b->file);
    if (order == 0)
        order = faultlist_compare_sizes(a->entry->place.line, b->entry->place.line);
    if (order == 0)
        order = faultlist_compare_sizes(a->entry->place.column, b->entry->place.column);
    return order ? order : faultlist_compare_sizes(a->added, b->added);
}

static size_t faultlist_file_rank(const struct faultlist *faults, const char *file)
{
    for (size_t i = 0; file && i < faults->file_count; i++)
        if (strcmp(faults->files[i], file) == 0)
            return i + 1;
    return 0;
}

/* To free(). */
static struct sorted *faultlist_sort(const struct faultlist *faults)
{
    struct sorted *sorted = memory_array(faults->count + 1, sizeof *sorted);
    for (size_t i = 0; i < faults->count; i++)
        sorted[i] = (struct sorted){&faults->list[i],
                                    faultlist_file_rank(faults, faults->list[i].place.file), i};
    qsort(sorted, faults->count, sizeof *sorted, faultlist_compare);
    return sorted;
}

void faultlist_print(struct faultlist *faults, struct buf *out)
{
    struct sorted *sorted = faultlist_sort(faults);
    for (size_t i = 0; i < faults->count; i++) {
        const struct faultlist_entry *entry = sorted[i].entry;
        if (entry->place.file)
            buf_add_text(out, entry->place.file);
        if (entry->place.file && entry->place.line)
            buf_printf(out, ":%u:%u", entry->place.line, entry->place.column);
        buf_printf(out, "%s%s%s\n", entry->place.file ? ": " : "",
                   entry->is_warning ? "warning: " : "", entry->message);
    }
    if (faults->dropped)
        buf_printf(out, "… and %zu more\n", faults->dropped);
    free(sorted);
}

void faultlist_print_json(struct faultlist *faults, struct buf *out)
{
    struct sorted *sorted = faultlist_sort(faults);
    struct jsonwriter w = jsonwriter_to(out);
    jsonwriter_object(&w, NULL);
    jsonwriter_number(&w, "faults", (int64_t)faults->faults);
    jsonwriter_number(&w, "warnings", (int64_t)faults->warnings);
    jsonwriter_number(&w, "dropped", (int64_t)faults->dropped);
    jsonwriter_array(&w, "list");
    for (size_t i = 0; i < faults->count; i++) {
        const struct faultlist_entry *entry = sorted[i].entry;
        jsonwriter_object(&w, NULL);
        jsonwriter_text(&w, "file", str_of(entry->place.file));
        jsonwriter_number(&w, "line", entry->place.line);
        jsonwriter_number(&w, "column", entry->place.column);
        jsonwriter_text(&w, "level", entry->is_warning ? STR("warning") : STR("fault"));
        jsonwriter_text(&w, "message", str_of(entry->message));
        jsonwriter_object_end(&w);
    }
    jsonwriter_array_end(&w);
    jsonwriter_object_end(&w);
    free(sorted);
}
