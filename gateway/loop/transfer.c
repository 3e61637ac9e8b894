/* See transfer.h. A transfer is an easy handle with its buffers, kept for the next call. What the
 * transfers of a loop share (connections, DNS answers, TLS sessions, the header list) is in struct
 * transfers, made at the first use. */
#include "loop/transfer.h"

#include <curl/curl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/crashpoint.h"
#include "base/regularfile.h"
#include "loop/loop_private.h"
#include "loop/multi.h"

/* ---- what is kept of a response's headers ---- */

enum { LONGEST_WAIT_S = 366 * 86400 }; /* whoever says more means "never" */
static const int64_t UNIX_TIMES_BEGIN = 1000000000;
static const int64_t UNIX_MILLISECONDS_BEGIN = 1000000000000;

void transfer_headers_clear(struct response_headers *headers)
{
    size_t bytes = headers->bytes;
    *headers =
        (struct response_headers){.bytes = bytes, .retry_after_s = -1, .rate_limit_reset_s = -1};
}

static int64_t transfer_headers_clamp_wait(int64_t seconds)
{
    if (seconds < 0)
        return 0;
    return seconds > LONGEST_WAIT_S ? LONGEST_WAIT_S : seconds;
}

int64_t transfer_headers_parse_retry_after(struct str value, int64_t wall_ms)
{
    uint64_t seconds;
    if (str_to_u64(value, &seconds))
        return seconds > LONGEST_WAIT_S ? LONGEST_WAIT_S : (int64_t)seconds;
    char text[64];
    if (value.len < 8 || value.len >= sizeof text)
        return -1;
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    time_t moment = curl_getdate(text, NULL);
    /* Rounded up: a second too late is better than one too early. */
    return moment == (time_t)-1 ? -1
                                : transfer_headers_clamp_wait((int64_t)moment - wall_ms / 1000);
}

int64_t transfer_headers_parse_reset(struct str value, int64_t wall_ms)
{
    uint64_t number;
    /* Some write fractions of a second. */
    if (!str_to_u64(str_first(value, str_find_byte(value, '.')), &number))
        return -1;
    if (number > INT64_MAX)
        return LONGEST_WAIT_S;
    int64_t moment = (int64_t)number;
    if (moment >= UNIX_MILLISECONDS_BEGIN)
        moment /= 1000;
    return transfer_headers_clamp_wait(moment >= UNIX_TIMES_BEGIN ? moment - wall_ms / 1000
                                                                  : moment);
}

static size_t transfer_headers_keep(char *out, size_t room, struct str value)
{
    struct str kept = str_first(value, room);
    if (kept.len)
        memcpy(out, kept.ptr, kept.len);
    return kept.len;
}

void transfer_headers_add(struct response_headers *headers, struct str line, int64_t wall_ms)
{
    headers->bytes += line.len;
    if (str_starts(line, STR("HTTP/"))) {
        transfer_headers_clear(headers);
        return;
    }
    size_t colon = str_find_byte(line, ':');
    if (colon == SIZE_MAX)
        return;
    struct str name = str_first(line, colon);
    struct str value = str_trim(str_from(line, colon + 1));
    if (str_equal_folded(name, STR("content-type")))
        headers->content_type_len =
            transfer_headers_keep(headers->content_type, sizeof headers->content_type, value);
    else if (str_equal_folded(name, STR("server")))
        headers->server_len = transfer_headers_keep(headers->server, sizeof headers->server, value);
    else if (str_equal_folded(name, STR("location")))
        headers->location_len =
            transfer_headers_keep(headers->location, sizeof headers->location, value);
    else if (str_equal_folded(name, STR("cf-mitigated")))
        headers->has_cf_mitigated = true;
    else if (str_equal_folded(name, STR("retry-after")))
        headers->retry_after_s = transfer_headers_parse_retry_after(value, wall_ms);
    else if (str_equal_folded(name, STR("x-ratelimit-reset")))
        headers->rate_limit_reset_s = transfer_headers_parse_reset(value, wall_ms);
}

int64_t transfer_headers_retry_after_s(const struct response_headers *headers)
{
    return headers->retry_after_s >= 0 ? headers->retry_after_s : headers->rate_limit_reset_s;
}

enum {
    DEFAULT_CONNECTIONS = 512,
    HEADERS_MAX = 64 * 1024,
    KEPT_MEMORY = 64 * 1024, /* buffers beyond that are not kept with an idle handle */
    SMALLEST_BODY = 512,
    DNS_KEPT_S = 120,
    CA_KEPT_S = 3600,
    /* Whole seconds. Apache closes idle connections after 5: what may not be sent twice goes only
     * over a connection that the other end has surely not closed by its own clock. */
    IDLE_MAX_SEND_ONCE_S = 3,
    IDLE_MAX_S = 30,
};

struct transfer {
    LIST_ENTRY(transfer) link; /* in owner->active or owner->idle */
    struct transfers *owner;   /* borrowed */
    CURL *easy;                /* owned */
    char *url;                 /* owned; of the last call */
    CURLU *parsed;             /* owned; the same, or NULL when libcurl cannot read it */
    char *body;                /* owned; wiped after each call, for it holds a key */
    size_t body_len;
    size_t body_room;
    struct buf response;
    struct response_headers headers;
    transfer_done_fn *done;
    void *arg;
    int64_t started_at_ms;
    unsigned times_sent;
    bool may_repeat;
    bool is_too_large;
    bool is_active;
    char error[CURL_ERROR_SIZE];
};

LIST_HEAD(transfer_list, transfer);

struct transfers {
    struct multi multi;
    struct transfer_list active;
    struct transfer_list idle;
    long idle_count;
    long max_connections; /* also the most idle handles kept */
    CURLSH *share;
    struct curl_slist *headers;
    char *system_ca_file; /* owned; NULL when there is none */
    char *system_ca_path; /* the same */
};

#define SET(easy, option, value) ASSERT(curl_easy_setopt(easy, option, value) == CURLE_OK)

/* ---- what libcurl calls ---- */

static int transfer_on_before_request(void *arg, char *ip, char *local_ip, int port, int local_port)
{
    struct transfer *transfer = arg;
    (void)ip, (void)local_ip, (void)port, (void)local_port;
    if (transfer->times_sent > 0 && !transfer->may_repeat)
        return CURL_PREREQFUNC_ABORT;
    transfer->times_sent++;
    return CURL_PREREQFUNC_OK;
}

static size_t transfer_on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    size_t len = size * count;
    /* Trailers do not count. */
    if (transfer->response.len == 0)
        transfer_headers_add(&transfer->headers, str_make(bytes, len), clock_wall_ms());
    else
        transfer->headers.bytes += len;
    if (transfer->headers.bytes <= HEADERS_MAX)
        return len;
    transfer->is_too_large = true;
    return 0;
}

static size_t transfer_on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    size_t len = size * count;
    buf_add(&transfer->response, bytes, len);
    if (!transfer->response.is_over)
        return len;
    transfer->is_too_large = true;
    return 0;
}

#ifdef PANELMUX_CRASH_POINTS
/* Right after the bytes of an add, refill or cancel were given to the kernel. */
static int transfer_on_debug(CURL *easy, curl_infotype what, char *bytes, size_t size, void *arg)
{
    static const char *const points[][2] = {{"action=add", "place.sent"},
                                            {"action=refill", "refill.sent"},
                                            {"action=cancel", "cancel.sent"}};
    struct transfer *transfer = arg;
    (void)easy, (void)bytes, (void)size;
    if (what != CURLINFO_DATA_OUT || transfer->may_repeat)
        return 0;
    for (size_t i = 0; i < COUNT_OF(points); i++)
        if (memmem(transfer->body, transfer->body_len, points[i][0], strlen(points[i][0])))
            CRASH_POINT(points[i][1]);
    return 0;
}
#endif

/* ---- handles ---- */

static void transfer_set_connections(CURL *easy, struct transfers *transfers)
{
    SET(easy, CURLOPT_SHARE, transfers->share);
    SET(easy, CURLOPT_OPENSOCKETFUNCTION, multi_open_socket);
    SET(easy, CURLOPT_OPENSOCKETDATA, &transfers->multi);
    SET(easy, CURLOPT_CLOSESOCKETFUNCTION, multi_close_socket);
    SET(easy, CURLOPT_CLOSESOCKETDATA, &transfers->multi);
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    /* Without it a call that ends while its name is being resolved waits for the resolver. */
    SET(easy, CURLOPT_QUICK_EXIT, 1L);
    SET(easy, CURLOPT_DNS_CACHE_TIMEOUT, (long)DNS_KEPT_S);
    SET(easy, CURLOPT_CA_CACHE_TIMEOUT, (long)CA_KEPT_S);
    SET(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(easy, CURLOPT_PROXY, ""); /* the environment does not choose who reads the keys */
}

static void transfer_set_protocol(CURL *easy, struct transfers *transfers)
{
    SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
    /* Cheaper than HTTP/2 here, and a lost connection affects one call only. */
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(easy, CURLOPT_HTTPHEADER, transfers->headers);
    SET(easy, CURLOPT_ACCEPT_ENCODING, "gzip"); /* decode it; the header is in the list */
}

static void transfer_set_callbacks(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    SET(easy, CURLOPT_PRIVATE, transfer);
    SET(easy, CURLOPT_ERRORBUFFER, transfer->error);
    SET(easy, CURLOPT_PREREQFUNCTION, transfer_on_before_request);
    SET(easy, CURLOPT_PREREQDATA, transfer);
    SET(easy, CURLOPT_HEADERFUNCTION, transfer_on_header);
    SET(easy, CURLOPT_HEADERDATA, transfer);
    SET(easy, CURLOPT_WRITEFUNCTION, transfer_on_body);
    SET(easy, CURLOPT_WRITEDATA, transfer);
#ifdef PANELMUX_CRASH_POINTS
    SET(easy, CURLOPT_DEBUGFUNCTION, transfer_on_debug);
    SET(easy, CURLOPT_DEBUGDATA, transfer);
    SET(easy, CURLOPT_VERBOSE, 1L);
#endif
}

static struct transfer *transfer_new(struct transfers *transfers)
{
    struct transfer *transfer = memory_new(sizeof *transfer);
    transfer->owner = transfers;
    transfer->easy = curl_easy_init();
    ASSERT(transfer->easy);
    buf_init(&transfer->response, 0);
    transfer_set_connections(transfer->easy, transfers);
    transfer_set_protocol(transfer->easy, transfers);
    transfer_set_callbacks(transfer);
    return transfer;
}

static void transfer_free(struct transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    buf_fini(&transfer->response);
    free(transfer->body);
    free(transfer->url);
    curl_url_cleanup(transfer->parsed);
    free(transfer);
}

static struct transfer *transfer_take_handle(struct transfers *transfers)
{
    struct transfer *transfer = LIST_FIRST(&transfers->idle);
    if (transfer) {
        LIST_REMOVE(transfer, link);
        transfers->idle_count--;
    } else {
        transfer = transfer_new(transfers);
    }
    return transfer;
}

/* Out of the multi handle: no callback of libcurl's comes any more. */
static void transfer_stop(struct transfer *transfer)
{
    ASSERT(transfer->is_active);
    ASSERT(curl_multi_remove_handle(transfer->owner->multi.curl, transfer->easy) == CURLM_OK);
    LIST_REMOVE(transfer, link);
    transfer->is_active = false;
    explicit_bzero(transfer->body, transfer->body_len);
}

static void transfer_recycle(struct transfer *transfer)
{
    struct transfers *transfers = transfer->owner;
    if (transfers->idle_count >= transfers->max_connections) {
        transfer_free(transfer);
        return;
    }
    if (transfer->response.room > KEPT_MEMORY)
        buf_fini(&transfer->response);
    if (transfer->body_room > KEPT_MEMORY) {
        free(transfer->body);
        transfer->body = NULL;
        transfer->body_room = 0;
    }
    LIST_INSERT_HEAD(&transfers->idle, transfer, link);
    transfers->idle_count++;
}

/* ---- the end of a call ---- */

static struct transfer_result transfer_result_of(struct transfer *transfer, CURLcode code)
{
    const struct response_headers *headers = &transfer->headers;
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    /* Only our refusal to send it twice aborts a call. */
    if (code == CURLE_ABORTED_BY_CALLBACK)
        snprintf(transfer->error, sizeof transfer->error,
                 "the connection ended before any answer; it was not sent a second time");
    const char *error = transfer->error[0] ? transfer->error : curl_easy_strerror(code);
    return (struct transfer_result){
        .curl_code = (int)code,
        .was_sent = transfer->times_sent > 0,
        .is_too_large = transfer->is_too_large,
        .is_timeout = code == CURLE_OPERATION_TIMEDOUT,
        .http_status = status,
        .body = buf_str(&transfer->response),
        .content_type = str_make(headers->content_type, headers->content_type_len),
        .server = str_make(headers->server, headers->server_len),
        .location = str_make(headers->location, headers->location_len),
        .has_cf_mitigated = headers->has_cf_mitigated,
        .retry_after_s = transfer_headers_retry_after_s(headers),
        .took_ms = clock_monotonic_ms() - transfer->started_at_ms,
        .error = code == CURLE_OK ? "" : error,
    };
}

static void transfer_on_finished(CURL *easy, CURLcode code)
{
    void *private = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    struct transfer *transfer = private;
    struct transfer_result result = transfer_result_of(transfer, code);
    transfer_stop(transfer);
    transfer->done(&result, transfer->arg);
    transfer_recycle(transfer);
}

void transfer_cancel(struct transfer *transfer)
{
    transfer_stop(transfer);
    transfer_recycle(transfer);
}

/* ---- the beginning of a call ---- */

static void transfer_set_ca(struct transfer *transfer, const char *ca_file)
{
    struct transfers *transfers = transfer->owner;
    const char *file = ca_file ? ca_file : transfers->system_ca_file;
    SET(transfer->easy, CURLOPT_CAINFO, file);
    /* With a directory as well, libcurl would trust both and could not cache the parsed file. */
    SET(transfer->easy, CURLOPT_CAPATH, file ? NULL : transfers->system_ca_path);
}

static void transfer_set_body(struct transfer *transfer, struct str body)
{
    if (body.len > transfer->body_room || !transfer->body) {
        size_t room = body.len > SMALLEST_BODY ? body.len : SMALLEST_BODY;
        transfer->body = memory_resize(transfer->body, room, 1);
        transfer->body_room = room;
    }
    if (body.len)
        memcpy(transfer->body, body.ptr, body.len);
    transfer->body_len = body.len;
    SET(transfer->easy, CURLOPT_POSTFIELDS, transfer->body);
    SET(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
}

/* To libcurl 0 means no limit (or 300 s to connect): at least 1. */
static long transfer_milliseconds(int64_t ms)
{
    if (ms < 1)
        return 1;
    return ms > INT_MAX ? INT_MAX : (long)ms;
}

static void transfer_set_limits(struct transfer *transfer, const struct transfer_request *request)
{
    SET(transfer->easy, CURLOPT_TIMEOUT_MS, transfer_milliseconds(request->timeout_ms));
    SET(transfer->easy, CURLOPT_CONNECTTIMEOUT_MS,
        transfer_milliseconds(request->connect_timeout_ms));
    SET(transfer->easy, CURLOPT_MAXAGE_CONN,
        (long)(request->may_repeat ? IDLE_MAX_S : IDLE_MAX_SEND_ONCE_S));
}

/* As text, for libcurl's messages, and parsed, with the flags it uses itself; what it cannot read
 * it shall refuse with its own message. Kept from call to call: libcurl would parse the text each
 * time, which takes 3,450 instructions. All other options of a call together take 790 (callgrind,
 * libcurl 7.88) and are simply set. */
static void transfer_set_url(struct transfer *transfer, const char *url)
{
    if (transfer->url && strcmp(transfer->url, url) == 0)
        return;
    CURLU *parsed = curl_url();
    ASSERT(parsed);
    if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) !=
        CURLUE_OK) {
        curl_url_cleanup(parsed);
        parsed = NULL;
    }
    SET(transfer->easy, CURLOPT_URL, url);
    SET(transfer->easy, CURLOPT_CURLU, parsed);
    free(transfer->url);
    curl_url_cleanup(transfer->parsed);
    transfer->url = memory_text(url);
    transfer->parsed = parsed;
}

static void transfer_set_request(struct transfer *transfer, const struct transfer_request *request)
{
    transfer_set_url(transfer, request->url);
    transfer_set_ca(transfer, request->ca_file);
    transfer_set_body(transfer, request->body);
    transfer_set_limits(transfer, request);
}

/* ---- what a loop's transfers share ---- */

static void transfer_find_system_ca(struct transfers *transfers)
{
    CURL *fresh = curl_easy_init();
    char *file = NULL;
    char *path = NULL;
    ASSERT(fresh);
    curl_easy_getinfo(fresh, CURLINFO_CAINFO, &file);
    curl_easy_getinfo(fresh, CURLINFO_CAPATH, &path);
    if (file && access(file, R_OK) == 0)
        transfers->system_ca_file = memory_text(file);
    if (path)
        transfers->system_ca_path = memory_text(path);
    curl_easy_cleanup(fresh);
}

static void transfer_transfers_free(struct transfers *transfers)
{
    struct transfer *transfer;
    while ((transfer = LIST_FIRST(&transfers->active))) {
        transfer_stop(transfer);
        transfer_free(transfer);
    }
    while ((transfer = LIST_FIRST(&transfers->idle))) {
        LIST_REMOVE(transfer, link);
        transfer_free(transfer);
    }
    multi_fini(&transfers->multi);
    curl_share_cleanup(transfers->share);
    curl_slist_free_all(transfers->headers);
    free(transfers->system_ca_file);
    free(transfers->system_ca_path);
    free(transfers);
}

/* As a list: an option of libcurl's for each of these would be printed twice per request. */
static struct curl_slist *transfer_list_headers(void)
{
    static const char *const lines[] = {"Expect:", "User-Agent: Mozilla/5.0 (compatible; panelmux)",
                                        "Accept-Encoding: gzip"};
    struct curl_slist *headers = NULL;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        headers = curl_slist_append(headers, lines[i]);
        ASSERT(headers);
    }
    return headers;
}

static struct transfers *transfer_transfers_of(struct loop *loop)
{
    if (loop->transfers)
        return loop->transfers;
    struct transfers *transfers = memory_new(sizeof *transfers);
    multi_init(&transfers->multi, loop, transfer_on_finished);
    LIST_INIT(&transfers->active);
    LIST_INIT(&transfers->idle);
    transfers->max_connections = DEFAULT_CONNECTIONS;
    curl_multi_setopt(transfers->multi.curl, CURLMOPT_MAXCONNECTS, transfers->max_connections);
    transfers->share = curl_share_init();
    transfers->headers = transfer_list_headers();
    ASSERT(transfers->share);
    /* One thread only, hence no lock functions. */
    curl_share_setopt(transfers->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    transfer_find_system_ca(transfers);
    loop->transfers = transfers;
    loop->free_transfers = transfer_transfers_free;
    return transfers;
}

/* ---- what others call ---- */

void transfer_global_init(void)
{
    signal(SIGPIPE, SIG_IGN);
    unsetenv("SSLKEYLOGFILE"); /* as CURLOPT_PROXY: libcurl would write the sessions' keys there */
    ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

bool transfer_check_ca_file(const char *path, struct fault *why)
{
    const char *reason;
    if (!regularfile_is(path, &reason))
        return fault_set(why, FAULT_INVALID, "cannot be read: %s; check its path and rights",
                         reason);
    X509_STORE *store = X509_STORE_new();
    bool has_certificate = store && X509_STORE_load_file(store, path) == 1;
    X509_STORE_free(store);
    ERR_clear_error();
    return has_certificate ||
           fault_set(why, FAULT_INVALID,
                     "holds no certificate; a file of certificates in PEM is right");
}

void transfer_set_max_connections(struct loop *loop, long connections)
{
    struct transfers *transfers = transfer_transfers_of(loop);
    transfers->max_connections = connections > 0 ? connections : 1;
    curl_multi_setopt(transfers->multi.curl, CURLMOPT_MAXCONNECTS, transfers->max_connections);
}

struct transfer *transfer_start(struct loop *loop, const struct transfer_request *request,
                                transfer_done_fn *done, void *arg)
{
    struct transfer *transfer = transfer_take_handle(transfer_transfers_of(loop));
    transfer_set_request(transfer, request);
    transfer->response.max = request->max_body;
    buf_clear(&transfer->response);
    transfer->headers.bytes = 0;
    transfer_headers_clear(&transfer->headers);
    transfer->error[0] = '\0';
    transfer->done = done;
    transfer->arg = arg;
    transfer->started_at_ms = clock_monotonic_ms();
    transfer->times_sent = 0;
    transfer->may_repeat = request->may_repeat;
    transfer->is_too_large = false;
    transfer->is_active = true;
    LIST_INSERT_HEAD(&transfer->owner->active, transfer, link);
    ASSERT(curl_multi_add_handle(transfer->owner->multi.curl, transfer->easy) == CURLM_OK);
    return transfer;
}
