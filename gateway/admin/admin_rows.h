/* The rows of `admin:`. */
#ifndef ADMIN_ADMIN_ROWS_H
#define ADMIN_ADMIN_ROWS_H
#include "admin/admin_settings.h"
#include "settings/rows.h"

struct admin_draft { /* what the rows fill */
    struct admin_settings settings;
    char *token; /* secret; NULL: none */
};
extern const struct setting_table admin_rows; /* struct admin_draft */
void admin_rows_fini(struct admin_draft *draft);

#endif
