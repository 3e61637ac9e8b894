/* The kinds of values that every room shares. Money's are in money/money_kinds.h, addresses and
 * networks in http/listener_settings.h. */
#ifndef SETTINGS_KIND_H
#define SETTINGS_KIND_H
#include "settings/rows.h"

struct setting_rate {  /* at most so many within the window */
    double per_s;      /* 0: no limit */
    int64_t window_ms; /* "300/m": a minute */
};

extern const struct setting_kind kind_text;            /* char * */
extern const struct setting_kind kind_secret;          /* char * */
extern const struct setting_kind kind_name;            /* char *: 1 to 64 of A-Z a-z 0-9 . _ - */
extern const struct setting_kind kind_file;            /* char *: a regular file, readable now */
extern const struct setting_kind kind_bool;            /* bool */
extern const struct setting_kind kind_unsigned;        /* unsigned or uint32_t */
extern const struct setting_kind kind_integer;         /* int64_t */
extern const struct setting_kind kind_duration;        /* int64_t, ms */
extern const struct setting_kind kind_duration_or_off; /* int64_t, ms; "off" is 0 */
extern const struct setting_kind kind_size;            /* size_t, bytes */
extern const struct setting_kind kind_rate;            /* double, per second; "none" is 0 */
extern const struct setting_kind kind_rate_window;     /* struct setting_rate */
extern const struct setting_kind kind_choice;          /* an enum of unsigned size */
extern const struct setting_kind kind_choice_bool;     /* bool, one choice each */
extern const struct setting_kind kind_list;            /* array and count; of scalars or tables */
extern const struct setting_kind kind_map;             /* array and count of records */
extern const struct setting_kind kind_table;           /* a record inside the record */
extern const struct setting_kind kind_inline;          /* rows of another table at the same level */

#endif
