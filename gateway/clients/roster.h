/* struct roster: the clients that live in the ledger, with their settings and keys, as they stand.
 * Pure but for its own memory: what changes it was booked before. The main thread. */
#ifndef CLIENTS_ROSTER_H
#define CLIENTS_ROSTER_H
#include "clients/client.h"

struct roster_key { /* in force */
    char *label;
    struct digest sha256;
    int64_t created_at_ms; /* wall */
};
struct roster_client {
    char *name;
    char *json;                      /* its settings: the keys of a client in the file */
    struct client_settings settings; /* of it, without name and keys */
    bool is_frozen;
    struct roster_key *keys;
    size_t key_count;
    int64_t created_at_ms; /* wall */
};
struct roster;

struct roster *roster_new(void);
void roster_free(struct roster *roster);
/* Adds the client, or gives it these settings from now on; fault: settings that cannot be read. */
bool roster_put(struct roster *roster, struct str name, struct str json, bool is_frozen,
                int64_t created_at_ms, struct fault *why) MUST_USE;
void roster_add_key(struct roster *roster, struct str name, struct str label,
                    const struct digest *sha256, int64_t created_at_ms);
void roster_drop_key(struct roster *roster, struct str name, struct str label);
/* NULL: none of that name. Good until the roster changes. */
const struct roster_client *roster_find(const struct roster *roster, struct str name);
const struct roster_key *roster_find_key(const struct roster_client *client, struct str label);
/* By name. */
size_t roster_count(const struct roster *roster);
const struct roster_client *roster_at(const struct roster *roster, size_t index);
/* The clients of the file and those of the roster; a name or a key in both is a fault. */
struct client_set *roster_merge(const struct roster *roster, const struct client_set *of_file,
                                struct fault *why);

/* What may be done to a client in the ledger. */
enum client_change_kind {
    CLIENT_CHANGE_ADD, /* with a first key */
    CLIENT_CHANGE_SET,
    CLIENT_CHANGE_FREEZE,
    CLIENT_CHANGE_UNFREEZE,
    CLIENT_CHANGE_KEY_ADD,
    CLIENT_CHANGE_KEY_REVOKE
};
struct client_change {
    enum client_change_kind kind;
    struct str client;
    struct str settings; /* ADD, SET: a JSON object, see roster_change_settings */
    struct str label;    /* of the key; ADD: "" is "first" */
    struct str key;      /* ADD, KEY_ADD: the client's own; "": a random one is made */
};
/* Once it is in force everywhere: why is NULL, key the new one where there is one, shown only now.
 * Or nothing was changed, for that reason. */
typedef void client_changed_fn(const struct fault *why, const char *key, void *arg);

/* The settings with changes put over them: each key of `changes` takes the place of what is there,
 * null takes it out. What does not belong to the `funds` that come of it goes with them. Both are
 * JSON objects; false: *why says what is wrong with them or with the result, which goes into
 * json_out, to free(). */
bool roster_change_settings(struct str json, struct str changes, char **json_out,
                            struct fault *why) MUST_USE;

#endif
