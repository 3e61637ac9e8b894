/* How a configuration comes together: files and includes, the rows, the rules between rooms. For
 * the files of configuration*.c and their tests. */
#ifndef APP_CONFIGURATION_PRIVATE_H
#define APP_CONFIGURATION_PRIVATE_H
#include "app/configuration.h"
#include "settings/rows.h"

struct configuration_rate {
    char *currency;
    struct factor rate; /* one unit of it in ours */
};
struct configuration_draft {   /* what the rows fill */
    struct configuration made; /* first, so that rows that need a restart fit a configuration too */
    struct admin_draft admin;
    struct configuration_rate *rates;
    size_t rate_count;
    struct provider_settings *providers;
    size_t provider_count;
    struct client_settings *clients;
    size_t client_count;
};

extern const struct setting_table configuration_rows; /* struct configuration_draft */
void configuration_draft_fini(struct configuration_draft *draft);

/* The rules between rooms: exchange_out gets a factor for each provider (to free()). When a file
 * was not readable, keys that it may hold are not reported as missing. */
struct factor *configuration_check(struct setting_reader *reader, const struct yamlnode *root,
                                   struct configuration_draft *draft, bool is_whole);

/* The file with its includes as one map; NULL when the first one is of no use. *is_whole_out is
 * false when a file could not be read to its end. */
struct yamlnode *configuration_files_read(struct setting_reader *reader, const char *path,
                                          bool *is_whole_out);

#endif
