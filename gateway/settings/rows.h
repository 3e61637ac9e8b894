/* Settings as tables of rows: a row is the only description of a key, and reading, faults, default
 * and docs/configuration.md come from it. A room owns its rows and its struct; the generic reader
 * fills the struct and reports each fault with its place. A reader serves one load; one thread. */
#ifndef SETTINGS_ROWS_H
#define SETTINGS_ROWS_H
#include "base/buf.h"
#include "base/fault.h"
#include "settings/yamltree.h"

struct setting_row;
struct setting_table;
struct setting_map;
struct setting_reader;

struct setting_choice { /* the list ends with a NULL word */
    const char *word;
    unsigned value;
    bool is_due; /* part of the format, not built yet: refused by a clear word */
};

/* A kind of value: the family of kind.h; a room may add its own. */
struct setting_kind {
    const char *name; /* "a duration" */
    const char *form; /* what would be right: "such as 15s, 10m or 2h" */
    size_t size;      /* of its field; 0: structured */
    bool is_text;     /* the field is an owned char * */
    bool is_secret;   /* faults never show it, a literal one draws a warning */
    bool is_hidden;   /* faults never show it */
    /* Scalars: the text, `${…}` replaced, into the field. False: *why goes on from "`VALUE` …", as
     * "is too long; 8 is the most", and never holds the value; left alone: "is not KIND; FORM". */
    bool (*parse)(struct str text, const struct setting_row *row, void *field, struct fault *why);
    /* Structured: the node into the record; reports its own faults. */
    bool (*read)(struct setting_reader *reader, const struct setting_row *row,
                 const struct yamlnode *node, void *record);
};

struct setting_row {
    const char *key;
    const struct setting_kind *kind;
    const struct setting_kind *of;     /* list: of its elements, when they are scalars */
    const struct setting_table *table; /* table, inline, list of tables */
    const struct setting_map *map;     /* map */
    size_t offset;                     /* of the field in the record */
    size_t count_offset;               /* list and map: of their size_t count */
    size_t has_offset;                 /* of a bool that says whether it was given; 0: none */
    int64_t min, max;                  /* numbers, in the field's units; list: most elements */
    const struct setting_choice *choices;
    const char *standard;      /* the default as one would write it; NULL: none */
    const char *standard_text; /* how the default is described when it isn't a constant */
    const char *empty_word;    /* list: the word for an empty one: "all", "any" */
    const char *names;         /* the value names a member of that family: only once */
    const char *refers_to;     /* the value must name a member of that family */
    bool is_needed;
    bool is_restart;      /* a reload cannot change it */
    bool is_due;          /* the whole key: part of the format, not built yet */
    const char *sentence; /* for people */
};

struct setting_table {
    const char *name; /* "a provider" */
    const struct setting_row *rows;
    size_t count;
    size_t size;                 /* of the record */
    void (*begin)(void *record); /* fills what no key sets; may be NULL */
    /* Rules between keys, after all rows; may be NULL. */
    void (*check)(struct setting_reader *reader, const struct yamlnode *map, void *record);
};

struct setting_map { /* a key and a value make one record */
    size_t size;
    struct setting_row key, value; /* value may be of kind table */
};

struct names; /* names.h */
struct setting_reader {
    struct faultlist *faults;
    struct yamltree *tree; /* for what the reader makes itself */
    struct buf scratch;    /* a text with its secrets; wiped after each use */
    struct names *names;
};

void rows_init(struct setting_reader *reader, struct faultlist *faults, struct yamltree *tree);
void rows_fini(struct setting_reader *reader);
/* Fills the record (zeroed by the caller) from a map; what is left out gets its default. All
 * faults are reported; whatever was read is owned by the record even then. */
void rows_read_table(struct setting_reader *reader, const struct setting_table *table,
                     const struct yamlnode *map, void *record);
/* Only the defaults. */
void rows_defaults(struct setting_reader *reader, const struct setting_table *table, void *record);
/* One scalar by the kind's parse, with bounds, secrets and faults. For structured kinds. */
bool rows_read_scalar(struct setting_reader *reader, const struct setting_row *row,
                      const struct setting_kind *kind, const struct yamlnode *node, void *field);
/* Reports references to names that nobody has. Call once, after all was read. */
void rows_check_references(struct setting_reader *reader);
/* The row of a key, also through inline tables; NULL when there is none. */
const struct setting_row *rows_find(const struct setting_table *table, struct str key);
/* Visits each row that needs a restart and differs between two records. */
void rows_compare(const struct setting_table *table, const void *a, const void *b,
                  void (*report)(const struct setting_row *row, void *arg), void *arg);

/* Adds "did you mean `nearest`?" or, when none is near, "there is: a, b, c". */
void rows_suggest(struct str wrong, const char *const *candidates, size_t count, struct buf *out);

/* The kinds of values that every room shares. Money's are in money/money.h, addresses and
 * networks in http/listener_settings.h. */
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

/* ${env:NAME}, ${file:/path} and ${credential:NAME} in the texts of the configuration. What they
 * stand for never reaches a fault: faults name the variable or the file. One thread (getenv). */
enum { SECRET_FILE_BYTES = 64 * 1024 };
/* Where credentials are when no service manager gave any; only tests change it. */
extern const char *secret_folder;

/* Appends the text with each ${…} replaced; "$${" stands for "${" itself. A file loses a byte
 * order mark and its final line ends, and must be a regular one. False with the message in *why: no
 * such variable, unreadable file, unknown source. */
bool secret_expand(struct str text, struct buf *out, struct fault *why) MUST_USE;
/* Holds a ${…}: it was not written out in the file. */
bool secret_is_elsewhere(struct str text);

#endif
