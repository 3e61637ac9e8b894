/* Completion for bash and zsh, made from the usage of each command. Both scripts have the same
 * shape: which words name the sub-command so far, then what may follow them. See command_help.h. */
#include <stdlib.h>

#include "app/command_help.h"
#include "app/command_usage.h"

enum { LINES_MAX = 128, SCRIPT_BYTES = 256 * 1024 };

struct completion {
    struct command_usage lines[LINES_MAX];
    size_t count;
};

/* To free(). */
static struct completion *completion_read(const struct command_table *table)
{
    struct completion *completion = memory_new(sizeof *completion);
    for (size_t i = 0; i < table->count; i++) {
        struct str rest = str_of(table->list[i].usage), line;
        while (str_next(&rest, '\n', &line)) {
            ASSERT(completion->count < LINES_MAX);
            command_usage_read(line, &completion->lines[completion->count++]);
        }
    }
    return completion;
}

/* The words of a line up to a depth, with the alternatives of each one apart. */
static void completion_visit_path(const struct command_usage *usage, size_t depth, size_t at,
                                  struct buf *path, void (*visit)(struct str path, void *arg),
                                  void *arg)
{
    if (at == depth) {
        visit(buf_str(path), arg);
        return;
    }
    struct str rest = usage->words[at], word;
    size_t len = path->len;
    while (str_next(&rest, '|', &word)) {
        path->len = len;
        buf_printf(path, "%s" STR_FMT, len ? " " : "", STR_ARG(word));
        completion_visit_path(usage, depth, at + 1, path, visit, arg);
    }
    path->len = len;
}

/* Each text once. */
struct completion_set {
    struct buf text; /* one a line */
};

static void completion_add(struct completion_set *set, struct str item)
{
    struct str rest = buf_str(&set->text), line;
    while (set->text.len > 0 && str_next(&rest, '\n', &line))
        if (str_equal(line, item))
            return;
    buf_printf(&set->text, STR_FMT "\n", STR_ARG(item));
}

static void completion_add_path(struct str path, void *arg)
{
    completion_add(arg, path);
}

/* Every sequence of words that begins some sub-command: "order", "order list", … */
static void completion_list_paths(const struct completion *completion, struct completion_set *out)
{
    struct buf path;
    buf_init(&path, 256);
    for (size_t i = 0; i < completion->count; i++)
        for (size_t depth = 1; depth <= completion->lines[i].word_count; depth++)
            completion_visit_path(&completion->lines[i], depth, 0, &path, completion_add_path, out);
    buf_fini(&path);
}

/* How many words of the path the line has; SIZE_MAX: it is another one. */
static size_t completion_fits(const struct command_usage *usage, struct str path)
{
    struct str rest = path.len ? path : STR_NONE, word;
    size_t at = 0;
    for (; str_next(&rest, ' ', &word); at++)
        if (!command_usage_has_word(usage, at, word))
            return SIZE_MAX;
    return at;
}

/* What may follow a path: further words, and once it names a command its options. */
static void completion_list_next(const struct completion *completion, struct str path,
                                 struct completion_set *out)
{
    for (size_t i = 0; i < completion->count; i++) {
        const struct command_usage *usage = &completion->lines[i];
        size_t at = completion_fits(usage, path);
        struct str rest = at < usage->word_count ? usage->words[at] : STR_NONE, word;
        if (at == SIZE_MAX)
            continue;
        while (str_next(&rest, '|', &word))
            completion_add(out, word);
        for (size_t k = 0; at == usage->word_count && k < usage->option_count; k++)
            completion_add(out, usage->options[k]);
        const struct command_option_help *setting;
        for (size_t k = 0;
             at == usage->word_count && usage->has_settings && (setting = command_usage_setting(k));
             k++)
            completion_add(out, str_first(str_of(setting->name), strcspn(setting->name, " ")));
    }
    completion_add(out, STR("--help"));
}

/* Options whose value is a file, or is anything else. */
static void completion_list_values(const struct completion *completion, bool is_file,
                                   struct completion_set *out)
{
    const struct command_option_help *option;
    for (size_t i = 0; i < completion->count; i++) {
        const struct command_usage *usage = &completion->lines[i];
        for (size_t k = 0; k < usage->option_count; k++) {
            option = command_usage_describe(usage, usage->options[k]);
            bool wants_file = option && strstr(option->name, " FILE") != NULL;
            if (usage->has_value[k] && wants_file == is_file)
                completion_add(out, usage->options[k]);
        }
    }
    for (size_t k = 0; !is_file && (option = command_usage_setting(k)); k++)
        completion_add(out, str_first(str_of(option->name), strcspn(option->name, " ")));
}

/* The items between `begin` and `end`, `between` them. */
static void completion_print_set(FILE *out, struct completion_set *set, const char *begin,
                                 const char *between, const char *end)
{
    struct str rest = buf_str(&set->text), line;
    const char *before = begin;
    while (set->text.len > 0 && str_next(&rest, '\n', &line)) {
        if (line.len == 0)
            continue;
        fprintf(out, "%s" STR_FMT, before, STR_ARG(line));
        before = between;
    }
    fputs(end, out);
    buf_clear(&set->text);
}

static void completion_print_cases(FILE *out, const struct completion *completion,
                                   struct completion_set *paths, const char *format_begin)
{
    struct completion_set next;
    struct str rest = buf_str(&paths->text), path;
    buf_init(&next.text, SCRIPT_BYTES);
    fputs("    \"\") ", out);
    completion_list_next(completion, STR(""), &next);
    completion_add(&next, STR("--version"));
    completion_print_set(out, &next, format_begin, " ", ") ;;\n");
    while (str_next(&rest, '\n', &path)) {
        if (path.len == 0)
            continue;
        fprintf(out, "    \"" STR_FMT "\") ", STR_ARG(path));
        completion_list_next(completion, path, &next);
        completion_print_set(out, &next, format_begin, " ", ") ;;\n");
    }
    buf_fini(&next.text);
}

/* Both shells: `at` becomes the words that name the sub-command, `next` what may follow. */
static void completion_print_body(FILE *out, const struct command_table *table, const char *words,
                                  const char *previous, const char *give_files)
{
    struct completion *completion = completion_read(table);
    struct completion_set paths, values;
    buf_init(&paths.text, SCRIPT_BYTES);
    buf_init(&values.text, SCRIPT_BYTES);
    completion_list_paths(completion, &paths);
    fprintf(out,
            "    local at=\"\" word\n"
            "    local -a next\n"
            "    for word in %s; do\n"
            "        case \"${at:+$at }$word\" in\n        ",
            words);
    struct completion_set copy;
    buf_init(&copy.text, SCRIPT_BYTES);
    buf_add_str(&copy.text, buf_str(&paths.text));
    completion_print_set(out, &copy, "\"", "\" | \"", "\") at=\"${at:+$at }$word\" ;;\n");
    fprintf(out, "        esac\n    done\n    case %s in\n    ", previous);
    completion_list_values(completion, true, &values);
    completion_print_set(out, &values, "", " | ", "");
    fprintf(out, ") %s; return ;;\n    ", give_files);
    completion_list_values(completion, false, &values);
    completion_print_set(out, &values, "", " | ", ") return ;;\n    esac\n    case $at in\n");
    completion_print_cases(out, completion, &paths, "next=(");
    fputs("    esac\n", out);
    buf_fini(&copy.text);
    buf_fini(&values.text);
    buf_fini(&paths.text);
    free(completion);
}

void completion_print_bash(FILE *out, const struct command_table *table)
{
    fputs("# Completion of panelmux for bash, made by: panelmux completion bash\n"
          "_panelmux() {\n"
          "    local current=${COMP_WORDS[COMP_CWORD]}\n"
          "    COMPREPLY=()\n",
          out);
    completion_print_body(out, table, "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\"",
                          "\"${COMP_WORDS[COMP_CWORD-1]}\"",
                          "mapfile -t COMPREPLY < <(compgen -f -- \"$current\")");
    fputs("    mapfile -t COMPREPLY < <(compgen -W \"${next[*]}\" -- \"$current\")\n"
          "}\n"
          "complete -o bashdefault -o default -F _panelmux panelmux\n",
          out);
}

void completion_print_zsh(FILE *out, const struct command_table *table)
{
    fputs("#compdef panelmux\n"
          "# Completion of panelmux for zsh, made by: panelmux completion zsh\n"
          "_panelmux() {\n",
          out);
    completion_print_body(out, table, "\"${(@)words[2,CURRENT-1]}\"", "\"${words[CURRENT-1]}\"",
                          "_files");
    fputs("    compadd -a next\n"
          "}\n"
          "_panelmux \"$@\"\n",
          out);
}
