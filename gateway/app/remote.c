/* See remote.h. */
#include "app/remote.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    URL_BYTES = 64 * 1024,
    ANSWER_BYTES = 64 * 1024 * 1024,
    CONNECT_MS = 3000,
    ANSWER_MS = 120000
};

void remote_print_faults(struct faultlist *faults, FILE *out)
{
    struct buf text;
    buf_init(&text, 256 * 1024);
    faultlist_print(faults, &text);
    fwrite(text.ptr ? text.ptr : "", 1, text.len, out);
    buf_fini(&text);
}

struct configuration *remote_configuration(const struct command_options *options)
{
    struct faultlist faults;
    faultlist_init(&faults);
    char *path = configuration_find(options->config, &faults);
    struct configuration *configuration = path ? configuration_load(path, &faults) : NULL;
    if (configuration == NULL)
        command_fail_faults(&faults);
    free(path);
    faultlist_fini(&faults);
    return configuration;
}

/* ---- where the gateway is ---- */

/* An address for all is reached by loopback. */
static bool remote_make_url(struct remote *remote)
{
    const struct listener_settings *listener = &remote->draft.admin.settings.listener;
    const char *host = "127.0.0.1";
    if (listener->listen_count == 0)
        return false;
    const struct listener_address *address = &listener->listen[0];
    if (address->address.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)&address->address;
        host = in->sin_addr.s_addr == htonl(INADDR_ANY) ? host : NULL;
        snprintf(remote->url, sizeof remote->url, "http://127.0.0.1:%u", ntohs(in->sin_port));
    } else {
        const struct sockaddr_in6 *in6 = (const void *)&address->address;
        host = IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr) ? "[::1]" : NULL;
        snprintf(remote->url, sizeof remote->url, "http://[::1]:%u", ntohs(in6->sin6_port));
    }
    if (host == NULL)
        snprintf(remote->url, sizeof remote->url, "http://%s", address->text);
    return true;
}

/* All rows are read, for their defaults; only what concerns us must be right. */
static bool remote_read_file(struct remote *remote, const char *path, struct faultlist *faults)
{
    bool is_whole, is_good;
    struct yamltree tree;
    struct setting_reader reader;
    yamltree_init(&tree);
    rows_init(&reader, faults, &tree);
    struct yamlnode *root = configuration_files_read(&reader, path, &is_whole);
    if (root)
        rows_read_table(&reader, &configuration_rows, root, &remote->draft);
    const struct yamlnode *admin = root ? yamltree_find(root, "admin") : NULL;
    const struct yamlnode *token =
        admin && admin->kind == YAMLNODE_MAP ? yamltree_find(admin, "token") : NULL;
    is_good = root && remote->draft.made.ledger.url && remote_make_url(remote) &&
              (token == NULL || remote->draft.admin.token);
    rows_fini(&reader);
    yamltree_fini(&tree);
    return is_good;
}

static bool remote_open_with(struct remote *remote, const struct command_options *options,
                             struct faultlist *faults)
{
    *remote = (struct remote){.answer_ms = ANSWER_MS};
    char *path = configuration_find(options->config, faults);
    bool is_good = path && remote_read_file(remote, path, faults);
    if (!is_good)
        remote_close(remote);
    free(path);
    return is_good;
}

bool remote_open(struct remote *remote, const struct command_options *options)
{
    struct faultlist faults;
    faultlist_init(&faults);
    bool is_good = remote_open_with(remote, options, &faults);
    if (!is_good)
        command_fail_faults(&faults);
    faultlist_fini(&faults);
    return is_good;
}

bool remote_open_quietly(struct remote *remote, const struct command_options *options)
{
    struct faultlist faults;
    faultlist_init(&faults);
    bool is_good = remote_open_with(remote, options, &faults);
    faultlist_fini(&faults);
    return is_good;
}

void remote_close(struct remote *remote)
{
    configuration_draft_fini(&remote->draft);
}

/* ---- asking it ---- */

static size_t remote_on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
    struct buf *body = arg;
    buf_add(body, bytes, size * count);
    return body->is_over ? 0 : size * count;
}

static struct curl_slist *remote_make_headers(const struct remote *remote)
{
    struct buf text;
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (remote->draft.admin.token) {
        buf_init(&text, 64 * 1024);
        buf_printf(&text, "Authorization: Bearer %s", remote->draft.admin.token);
        headers = curl_slist_append(headers, text.ptr);
        explicit_bzero(text.ptr, text.len);
        buf_fini(&text);
    }
    return headers;
}

static void remote_wipe_headers(struct curl_slist *headers)
{
    for (struct curl_slist *at = headers; at; at = at->next)
        explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(headers);
}

/* No proxy: the environment's would carry the token elsewhere. */
static CURLcode remote_perform(CURL *curl, const struct remote *remote, const char *path,
                               struct str body, struct remote_reply *out)
{
    struct buf url;
    struct curl_slist *headers = remote_make_headers(remote);
    buf_init(&url, URL_BYTES);
    buf_printf(&url, "%s%s", remote->url, path);
    curl_easy_setopt(curl, CURLOPT_URL, url.ptr); /* copied */
    buf_fini(&url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, remote->answer_ms);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, remote_on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &out->body);
    if (body.ptr) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body.len);
        curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body.ptr);
    }
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out->status);
    remote_wipe_headers(headers);
    return code;
}

static void remote_judge(CURLcode code, const struct remote *remote, struct remote_reply *out)
{
    struct remote_room room;
    if (code != CURLE_OK) {
        out->code = EXIT_UNREACHABLE;
        out->error = ERROR_UNREACHABLE;
        snprintf(out->message, sizeof out->message,
                 "cannot reach the gateway's admin side at %s: %s; is it running?", remote->url,
                 curl_easy_strerror(code));
        return;
    }
    out->json = json_loadb(out->body.ptr ? out->body.ptr : "", out->body.len, JSON_ALLOW_NUL, NULL);
    if (out->status >= 200 && out->status < 300 && out->json)
        return;
    out->code = EXIT_PROBLEM;
    out->error = errorcode_of_word(remote_text(out->json, "code", &room),
                                   errorcode_of_status((int)out->status));
    const char *error = remote_text(out->json, "error", &room);
    if (out->status == 401)
        snprintf(out->message, sizeof out->message,
                 "the gateway at %s refuses our token; is admin.token here what it was started "
                 "with?",
                 remote->url);
    else if (error[0])
        snprintf(out->message, sizeof out->message, "%.380s", error);
    else
        snprintf(out->message, sizeof out->message,
                 "%s answered %ld and not what a gateway says; does another program listen there?",
                 remote->url, out->status);
}

void remote_ask(struct remote *remote, const char *path, struct str body, struct remote_reply *out)
{
    *out = (struct remote_reply){.code = EXIT_OK};
    buf_init(&out->body, ANSWER_BYTES);
    CURL *curl = curl_easy_init();
    ASSERT(curl);
    remote_judge(remote_perform(curl, remote, path, body, out), remote, out);
    curl_easy_cleanup(curl);
}

void remote_ask_whole(struct remote *remote, const struct buf *path, const struct buf *body,
                      struct remote_reply *out)
{
    if (!path->is_over && !(body && body->is_over)) {
        remote_ask(remote, path->ptr, body ? buf_str(body) : STR_NONE, out);
        return;
    }
    *out = (struct remote_reply){.code = EXIT_PROBLEM, .error = ERROR_LIMIT};
    buf_init(&out->body, ANSWER_BYTES);
    snprintf(out->message, sizeof out->message,
             "an argument is too long; nothing was asked of the gateway, use a shorter one");
}

void remote_reply_fini(struct remote_reply *reply)
{
    json_decref(reply->json);
    reply->json = NULL;
    buf_fini(&reply->body);
}

void remote_tell(const struct remote_reply *reply, bool is_json)
{
    if (reply->code != EXIT_OK)
        command_fail(reply->error, "%s", reply->message);
    else if (is_json)
        printf("%s\n", reply->body.ptr);
}

const char *remote_text(const json_t *object, const char *key, struct remote_room *room)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "yes" : "no";
    if (!json_is_integer(value))
        return "";
    snprintf(room->text, sizeof room->text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return room->text;
}

bool remote_is(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}
