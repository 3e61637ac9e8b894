/* struct remote: what the operator's commands need of the configuration (where the gateway's
 * admin side and its ledger are) and one synchronous way to ask it. Reads no more than `admin` and
 * `ledger`, so it works without the other secrets and beside faults elsewhere in the file. One
 * thread. */
#ifndef APP_REMOTE_H
#define APP_REMOTE_H
#include <jansson.h>

#include "app/command.h"
#include "app/configuration.h"

struct remote {
    struct configuration_draft draft; /* of it: admin and made.ledger */
    char url[160];                    /* "http://127.0.0.1:8081" */
    long answer_ms;                   /* at most; remote_open sets it to two minutes */
};
/* False: the fault was printed to stderr. */
bool remote_open(struct remote *remote, const struct command_options *options) MUST_USE;
/* The same without a word about faults. */
bool remote_open_quietly(struct remote *remote, const struct command_options *options) MUST_USE;
void remote_close(struct remote *remote);

struct remote_reply {
    int code;              /* EXIT_OK; EXIT_UNREACHABLE: no gateway; EXIT_PROBLEM: it refused */
    enum error_code error; /* when code is not EXIT_OK */
    long status;
    struct buf body;   /* JSON */
    json_t *json;      /* of it; NULL when there is none */
    char message[400]; /* what is wrong */
};
/* path with its query, encoded; body: JSON, or STR_NONE for GET. */
void remote_ask(struct remote *remote, const char *path, struct str body, struct remote_reply *out);
/* The same of what was built, body NULL for GET. Where something did not fit, nothing is asked:
 * what is left out would change the question in silence. */
void remote_ask_whole(struct remote *remote, const struct buf *path, const struct buf *body,
                      struct remote_reply *out);
void remote_reply_fini(struct remote_reply *reply);
/* Says the message of a failed call; of a good one, with is_json, the body to stdout. */
void remote_tell(const struct remote_reply *reply, bool is_json);

/* The whole configuration, for commands that need keys or providers; faults go to stderr. */
struct configuration *remote_configuration(const struct command_options *options);
void remote_print_faults(struct faultlist *faults, FILE *out);

/* ---- reading what the gateway answered ---- */

/* "" when absent or null; numbers and truths as text, which lives in *room. */
struct remote_room {
    char text[32];
};
const char *remote_text(const json_t *object, const char *key, struct remote_room *room);
bool remote_is(const json_t *object, const char *key);

#endif
