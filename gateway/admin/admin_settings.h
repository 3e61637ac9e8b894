/* The settings of `admin:` and the table that reads them. Owned by the configuration. */
#ifndef ADMIN_ADMIN_SETTINGS_H
#define ADMIN_ADMIN_SETTINGS_H
#include "base/digest.h"
#include "http/listener_settings.h"
#include "settings/rows.h"

struct admin_settings {
    struct listener_settings listener;
    bool has_token;
    struct digest token; /* SHA-256; compared in constant time */
};

struct admin_draft { /* what the rows fill */
    struct admin_settings settings;
    char *token; /* secret; NULL: none */
};
extern const struct setting_table admin_rows; /* struct admin_draft */
void admin_rows_fini(struct admin_draft *draft);

#endif
