/* See cache_redis.h. One connection by hiredis on our loop, which comes back by itself and is its
 * own circuit breaker: closed while READY, open while COOLING (no call waits for anything), half
 * open in between, with the login's PING as the probe.
 *
 *   COOLING -> RESOLVING -> CONNECTING -> READY -> COOLING …
 *
 * A command is in flight (hiredis has it), or waits for the first connection.
 *
 * hiredis 0.14 frees a context by itself when the connection ends, and completes what was in flight
 * with NULL replies while doing so. Whoever is called back from there may issue new commands:
 * hiredis refuses them on a context that is ending. */
#include "cache/cache_redis.h"

#include <event2/dns.h>
#include <event2/util.h>
#include <hiredis/adapters/libevent.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "cache/redis_url.h"

#define KEY "panelmux:1:"
#define LOCK_KEY KEY "lock:"

enum {
    ADDRESSES_MAX = 8, /* of a name that are tried */
    ADDRESS_MAX = 128,
    RESOLVE_MS = 800,
    SILENCE_MS = 500, /* without a byte coming or going while a reply is due */
    COOL_DOWN_MIN_MS = 50,
    COOL_DOWN_MAX_MS = 700,
    ILLFORMED_MS = 60 * 1000, /* one good value does not end what is said of others */
};
/* From Redis' return to READY, where its name is an address or resolves at once: the cool-down of
 * an attempt that failed just before, and another attempt. */
_Static_assert(SILENCE_MS + COOL_DOWN_MAX_MS < 2000 - 400, "in use again within 2 s");

enum redis_family { READING, WRITING, FAMILIES }; /* they fail for different reasons */
static const char *const family_names[FAMILIES] = {"reading", "writing"};

struct redis_command {
    TAILQ_ENTRY(redis_command) entry; /* while it waits */
    struct cache_redis *store;
    enum redis_family family;
    cache_done_fn *done;   /* get */
    cache_lock_fn *locked; /* lock; neither: nobody waits for the reply */
    void *arg;
    char *name;   /* owned */
    char *text;   /* owned, by hiredis' allocator: RESP, until it is sent */
    size_t bytes; /* of it */
};
TAILQ_HEAD(redis_commands, redis_command);

/* A name being resolved. libevent completes it once, later when it is cancelled: it may outlive the
 * store. */
struct redis_lookup {
    struct cache_redis *store; /* NULL: nobody waits for it */
    struct evdns_base *resolver;
    struct evdns_getaddrinfo_request *request;
};

enum redis_state { COOLING, RESOLVING, CONNECTING, READY, CLOSED };

struct cache_redis {
    struct loop *loop;
    struct redis_url url;
    enum redis_state state;
    struct loop_timer timer; /* of a cool-down, a lookup, or silence */
    struct redis_lookup *lookup;
    char addresses[ADDRESSES_MAX][ADDRESS_MAX]; /* numeric, or the path of a socket */
    unsigned address_count, next_address;
    redisAsyncContext *context; /* hiredis' own; NULL when there is none to be used */
    int64_t alive_at_ms;        /* monotonic: bytes came or went, or no reply was due */
    int64_t cool_down_ms;       /* the next one */
    const char *logged;         /* trouble of this outage */
    int64_t illformed_at_ms;    /* monotonic; when a value was last */

    struct redis_commands waiting; /* for the first connection */
    size_t count, bytes;           /* of the commands not completed */
    /* Written by the loop's thread, read by any. */
    const char *_Atomic connection_trouble; /* NULL: none */
    const char *_Atomic trouble[FAMILIES];  /* of the last reply */
    _Atomic uint64_t failures;
};

/* ---- troubles, as they are shown; compared by address ---- */

static const char NAMELESS[] = "its name cannot be resolved";
static const char UNREACHED[] = "cannot be reached";
static const char SILENT[] = "does not answer in time";
static const char LOST[] = "the connection was lost";
static const char DENIED[] = "refuses the login or a right";
static const char LOADING[] = "is not ready yet";
static const char FULL[] = "its memory is full";
static const char READONLY[] = "takes no writes";
static const char ILLFORMED[] = "holds an ill-formed value";
static const char LARGE[] = "a value is too large for it";
static const char CROWDED[] = "too much is under way";
static const char OTHER[] = "answers with an error";

struct str cache_redis_error_code(struct str error)
{
    struct str code = str_first(error, str_find_byte(error, ' '));
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] < 'A' || code.ptr[i] > 'Z')
            return STR("");
    return code.len <= 20 ? code : STR("");
}

const char *cache_redis_trouble_of(struct str error)
{
    static const struct {
        const char *code, *trouble;
    } errors[] = {
        {"WRONGPASS", DENIED},    {"NOAUTH", DENIED},
        {"NOPERM", DENIED},       {"DENIED", DENIED},
        {"LOADING", LOADING},     {"MASTERDOWN", LOADING},
        {"BUSY", LOADING},        {"OOM", FULL},
        {"READONLY", READONLY},   {"MISCONF", READONLY},
        {"NOREPLICAS", READONLY}, {"WRONGTYPE", ILLFORMED},
    };
    struct str code = cache_redis_error_code(error);
    for (size_t i = 0; i < COUNT_OF(errors); i++)
        if (str_is(code, errors[i].code))
            return errors[i].trouble;
    return OTHER;
}

static void cache_redis_note_failure(struct cache_redis *store)
{
    atomic_fetch_add_explicit(&store->failures, 1, memory_order_relaxed);
}

/* what: the error's code, or what is wrong with the value. */
static void cache_redis_note_trouble(struct cache_redis *store, enum redis_family family,
                                     const char *name, const char *why, struct str what)
{
    cache_redis_note_failure(store);
    if (why == ILLFORMED)
        store->illformed_at_ms = clock_monotonic_ms();
    if (atomic_exchange_explicit(&store->trouble[family], why, memory_order_relaxed) != why)
        log_event(LOG_WARN, "cache_trouble", "address=%s while=%s why=\"%s\" what=%s name=%s",
                  log_value(str_of(store->url.address)).text, family_names[family], why,
                  log_value(what).text, log_value(str_of(name)).text);
}

static void cache_redis_note_success(struct cache_redis *store, enum redis_family family)
{
    const char *before = atomic_load_explicit(&store->trouble[family], memory_order_relaxed);
    store->cool_down_ms = COOL_DOWN_MIN_MS;
    if (!before ||
        (before == ILLFORMED && clock_monotonic_ms() - store->illformed_at_ms < ILLFORMED_MS))
        return;
    atomic_store_explicit(&store->trouble[family], NULL, memory_order_relaxed);
    log_event(LOG_INFO, "cache_trouble_over", "address=%s while=%s",
              log_value(str_of(store->url.address)).text, family_names[family]);
}

/* Logged once per outage, and when it turns out to be a refusal: of a Redis that is away, reasons
 * follow each other in any order and mean the same. */
static void cache_redis_note_down(struct cache_redis *store, const char *why, struct str code)
{
    bool is_away = why != DENIED && why != OTHER;
    atomic_store_explicit(&store->connection_trouble, why, memory_order_relaxed);
    if (store->logged && (is_away || store->logged == why))
        return;
    store->logged = why;
    log_event(LOG_WARN, "cache_unusable", "address=%s why=\"%s\"%s%.*s goes_on=\"from memory\"",
              log_value(str_of(store->url.address)).text, why, code.len ? " error=" : "",
              (int)code.len, code.ptr);
}

/* ---- values ---- */

enum { DIGITS = 32 };
#define MARK "panelmux "
#define HEAD MARK "1 "

static void cache_redis_print_digits(struct str s, char out[65])
{
    struct digest digest = digest_sha256(s);
    digest_print(&digest, out);
}

void cache_redis_print_value(struct str name, struct str value, int64_t put_wall_ms,
                             struct buf *out)
{
    size_t from = out->len + sizeof HEAD - 1;
    char digits[65];
    buf_printf(out, HEAD "%*s %lld " STR_FMT "\n", DIGITS, "", (long long)put_wall_ms,
               STR_ARG(name));
    buf_add_str(out, value);
    if (out->is_over)
        return;
    cache_redis_print_digits(str_from(buf_str(out), from + DIGITS), digits);
    memcpy(out->ptr + from, digits, DIGITS);
}

const char *cache_redis_parse_value(struct str bytes, struct str name, struct str *value_out,
                                    int64_t *put_wall_ms_out)
{
    char digits[65];
    struct str line, put;
    if (!str_starts(bytes, STR(MARK)))
        return "is not ours";
    if (!str_starts(bytes, STR(HEAD)))
        return "is of another version";
    bytes = str_from(bytes, sizeof HEAD - 1);
    cache_redis_print_digits(str_from(bytes, DIGITS), digits);
    if (!str_starts(bytes, str_make(digits, DIGITS)) || !str_next(&bytes, '\n', &line) ||
        !bytes.ptr)
        return "is broken";
    line = str_from(line, DIGITS + 1);
    if (!str_next(&line, ' ', &put) || !str_to_i64(put, put_wall_ms_out) || !str_equal(line, name))
        return "is broken";
    *value_out = bytes;
    return NULL;
}

/* ---- the end of a command ---- */

static void cache_redis_free(struct redis_command *command)
{
    command->store->count--;
    command->store->bytes -= command->bytes;
    redisFreeCommand(command->text);
    free(command->name);
    free(command);
}

static void cache_redis_complete(struct redis_command *command, struct str value, int64_t age_ms,
                                 bool is_mine)
{
    struct redis_command ended = *command;
    cache_redis_free(command);
    if (ended.done && ended.store->state != CLOSED)
        ended.done(value, age_ms, ended.arg);
    else if (ended.locked && ended.store->state != CLOSED)
        ended.locked(is_mine, ended.arg);
}

/* No reply will come: no value, and a lock, for rather two take it than nobody. */
static void cache_redis_fail(struct redis_command *command)
{
    cache_redis_note_failure(command->store);
    cache_redis_complete(command, STR_NONE, 0, true);
}

static void cache_redis_on_reply(redisAsyncContext *context, void *reply_or_null, void *arg)
{
    struct redis_command *command = arg;
    const redisReply *reply = reply_or_null;
    struct str value = STR_NONE;
    const char *wrong = NULL;
    int64_t put_ms = 0;
    (void)context;
    if (!reply) {
        cache_redis_fail(command);
        return;
    }
    struct str text = str_make(reply->str, reply->len);
    if (command->done && reply->type == REDIS_REPLY_STRING && text.len > 0) /* "": no such value */
        wrong = cache_redis_parse_value(text, str_of(command->name), &value, &put_ms);
    if (reply->type == REDIS_REPLY_ERROR)
        cache_redis_note_trouble(command->store, command->family, command->name,
                                 cache_redis_trouble_of(text), cache_redis_error_code(text));
    else if (wrong)
        cache_redis_note_trouble(command->store, command->family, command->name, ILLFORMED,
                                 str_of(wrong));
    else
        cache_redis_note_success(command->store, command->family);
    int64_t age_ms = value.ptr ? clock_wall_ms() - put_ms : 0;
    cache_redis_complete(command, value, age_ms > 0 ? age_ms : 0,
                         reply->type != REDIS_REPLY_INTEGER || reply->integer != 0);
}

/* ---- sending ---- */

static void cache_redis_cool_down(struct cache_redis *store, const char *why, struct str code);

static void cache_redis_on_silence(void *arg)
{
    struct cache_redis *store = arg;
    int64_t left_ms = store->alive_at_ms + SILENCE_MS - clock_monotonic_ms();
    if (store->state == READY && store->count == 0)
        return;
    if (left_ms > 0)
        loop_timer_start(&store->timer, store->loop, left_ms, cache_redis_on_silence, store);
    else
        cache_redis_cool_down(store, SILENT, STR(""));
}

static void cache_redis_await(struct cache_redis *store)
{
    store->alive_at_ms = clock_monotonic_ms();
    loop_timer_start(&store->timer, store->loop, SILENCE_MS, cache_redis_on_silence, store);
}

/* In place of the adapter's addRead: hiredis calls it after each read and each write that did not
 * fail, which are the signs of life that the deadline waits for. */
static void cache_redis_on_activity(void *events)
{
    struct cache_redis *store = ((redisLibeventEvents *)events)->context->data;
    if (store) {
        (void)loop_now_ms(store->loop); /* begins the turn, so that its time counts */
        store->alive_at_ms = clock_monotonic_ms();
    }
    redisLibeventAddRead(events);
}

static bool cache_redis_send(struct redis_command *command)
{
    struct cache_redis *store = command->store;
    if (store->state != READY ||
        redisAsyncFormattedCommand(store->context, cache_redis_on_reply, command, command->text,
                                   command->bytes) != REDIS_OK)
        return false;
    redisFreeCommand(command->text); /* hiredis has a copy */
    command->text = NULL;
    if (store->count == 1)
        cache_redis_await(store);
    return true;
}

/* Sends them, or fails what cannot be sent. */
static void cache_redis_dispatch_waiting(struct cache_redis *store)
{
    struct redis_commands waiting = TAILQ_HEAD_INITIALIZER(waiting);
    struct redis_command *command;
    TAILQ_CONCAT(&waiting, &store->waiting, entry);
    while ((command = TAILQ_FIRST(&waiting)) != NULL) {
        TAILQ_REMOVE(&waiting, command, entry);
        if (!cache_redis_send(command))
            cache_redis_fail(command);
    }
}

/* ---- the connection ---- */

static void cache_redis_connect(void *arg);
static void cache_redis_connect_next(struct cache_redis *store);

/* Gives the context back to hiredis, which frees it now or when its callback returns. */
static void cache_redis_drop_context(struct cache_redis *store)
{
    redisAsyncContext *context = store->context;
    if (!context)
        return;
    store->context = NULL;
    context->data = NULL;
    redisAsyncFree(context);
}

static void cache_redis_cool_down(struct cache_redis *store, const char *why, struct str code)
{
    store->state = COOLING;
    cache_redis_note_down(store, why, code);
    loop_timer_start(&store->timer, store->loop, store->cool_down_ms, cache_redis_connect, store);
    store->cool_down_ms *= 2;
    if (store->cool_down_ms > COOL_DOWN_MAX_MS)
        store->cool_down_ms = COOL_DOWN_MAX_MS;
    cache_redis_dispatch_waiting(store);
    cache_redis_drop_context(store);
}

/* is_last: of the PING, which proves that commands are taken. A refused AUTH or SELECT is final,
 * whatever its code. */
static void cache_redis_on_login(redisAsyncContext *context, void *reply_or_null, void *is_last)
{
    struct cache_redis *store = context->data;
    const redisReply *reply = reply_or_null;
    if (!reply || !store)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        struct str error = str_make(reply->str, reply->len);
        const char *why = cache_redis_trouble_of(error);
        cache_redis_cool_down(store, why == OTHER && !is_last ? DENIED : why,
                              cache_redis_error_code(error));
    } else if (is_last) {
        store->state = READY;
        store->logged = NULL;
        atomic_store_explicit(&store->connection_trouble, NULL, memory_order_relaxed);
        log_event(LOG_INFO, "cache_usable", "address=%s",
                  log_value(str_of(store->url.address)).text);
        cache_redis_await(store);
        cache_redis_dispatch_waiting(store);
    }
}

static void cache_redis_on_connected(const redisAsyncContext *context, int status)
{
    struct cache_redis *store = context->data;
    if (!store || status == REDIS_OK)
        return;
    store->context = NULL; /* hiredis frees it on return */
    cache_redis_connect_next(store);
}

static void cache_redis_on_disconnected(const redisAsyncContext *context, int status)
{
    struct cache_redis *store = context->data;
    (void)status;
    if (!store)
        return;
    store->context = NULL; /* as above */
    cache_redis_cool_down(store, LOST, STR(""));
}

/* Sends the login as well, PING last. What cannot be sent ends the connection, which is heard of
 * elsewhere. */
static void cache_redis_attach(struct cache_redis *store, redisAsyncContext *context)
{
    const struct redis_url *url = &store->url;
    store->state = CONNECTING;
    store->context = context;
    context->data = store;
    ASSERT(redisLibeventAttach(context, loop_base(store->loop)) == REDIS_OK);
    context->ev.addRead = cache_redis_on_activity;
    redisAsyncSetDisconnectCallback(context, cache_redis_on_disconnected);
    redisAsyncSetConnectCallback(context, cache_redis_on_connected);
    if (url->user)
        redisAsyncCommand(context, cache_redis_on_login, NULL, "AUTH %s %s", url->user,
                          url->password);
    else if (url->password)
        redisAsyncCommand(context, cache_redis_on_login, NULL, "AUTH %s", url->password);
    redisAsyncCommand(context, cache_redis_on_login, NULL, "SELECT %u", url->database);
    redisAsyncCommand(context, NULL, NULL, "CLIENT SETNAME panelmux"); /* for CLIENT LIST */
    redisAsyncCommand(context, cache_redis_on_login, store, "PING");
    cache_redis_await(store);
}

static void cache_redis_connect_next(struct cache_redis *store)
{
    while (store->next_address < store->address_count) {
        const char *address = store->addresses[store->next_address++];
        redisAsyncContext *context = store->url.path ? redisAsyncConnectUnix(address)
                                                     : redisAsyncConnect(address, store->url.port);
        if (!context)
            memory_ran_out();
        if (context->err == 0) {
            cache_redis_attach(store, context);
            return;
        }
        redisAsyncFree(context);
    }
    cache_redis_cool_down(store, UNREACHED, STR(""));
}

/* ---- its address ---- */

/* list: of the C library or of libevent; freed here. */
static void cache_redis_take_addresses(struct cache_redis *store, struct addrinfo *list)
{
    store->address_count = store->next_address = 0;
    for (struct addrinfo *a = list; a && store->address_count < ADDRESSES_MAX; a = a->ai_next)
        if (getnameinfo(a->ai_addr, a->ai_addrlen, store->addresses[store->address_count],
                        ADDRESS_MAX, NULL, 0, NI_NUMERICHOST) == 0)
            store->address_count++;
    evutil_freeaddrinfo(list);
    cache_redis_connect_next(store);
}

static void cache_redis_on_resolved(int error, struct addrinfo *list, void *arg)
{
    struct redis_lookup *lookup = arg;
    struct cache_redis *store = lookup->store;
    evdns_base_free(lookup->resolver, 0);
    free(lookup);
    if (!store)
        return;
    store->lookup = NULL;
    if (error == 0 && list)
        cache_redis_take_addresses(store, list);
    else
        cache_redis_cool_down(store, NAMELESS, STR(""));
}

static void cache_redis_cancel_lookup(struct cache_redis *store)
{
    if (!store->lookup)
        return;
    store->lookup->store = NULL;
    evdns_getaddrinfo_cancel(store->lookup->request);
    store->lookup = NULL;
}

static void cache_redis_on_resolve_deadline(void *arg)
{
    cache_redis_cancel_lookup(arg);
    cache_redis_cool_down(arg, NAMELESS, STR(""));
}

/* What libevent says of nameservers; what it means for us is in cache_unusable. */
static void cache_redis_on_resolver_log(int is_warning, const char *message)
{
    (void)is_warning, (void)message;
}

/* By /etc/hosts, then the nameservers of /etc/resolv.conf, both read anew; docs/decisions/0013. Its
 * three attempts fit into RESOLVE_MS, so that what libevent does by itself when one family of
 * addresses comes late, after 3 s, and needs the resolver for, is never begun. */
static void cache_redis_resolve(struct cache_redis *store)
{
    struct redis_lookup *lookup = memory_new(sizeof *lookup);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    evdns_set_log_fn(cache_redis_on_resolver_log);
    lookup->store = store;
    lookup->resolver = evdns_base_new(loop_base(store->loop), EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    if (!lookup->resolver)
        memory_ran_out();
    (void)evdns_base_resolv_conf_parse(lookup->resolver, DNS_OPTIONS_ALL, "/etc/resolv.conf");
    (void)evdns_base_load_hosts(lookup->resolver, NULL); /* localhost, whatever is in the files */
    (void)evdns_base_set_option(lookup->resolver, "timeout:", "0.2");
    (void)evdns_base_set_option(lookup->resolver, "attempts:", "3");
    (void)evdns_base_set_option(lookup->resolver, "getaddrinfo-allow-skew:", "3");
    store->state = RESOLVING;
    store->lookup = lookup;
    loop_timer_start(&store->timer, store->loop, RESOLVE_MS, cache_redis_on_resolve_deadline,
                     store);
    struct evdns_getaddrinfo_request *request = evdns_getaddrinfo(
        lookup->resolver, store->url.host, NULL, &hints, cache_redis_on_resolved, lookup);
    if (request) /* else it is completed, and gone */
        lookup->request = request;
}

static void cache_redis_connect(void *arg)
{
    struct cache_redis *store = arg;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *list = NULL;
    if (store->url.path) {
        snprintf(store->addresses[0], ADDRESS_MAX, "%s", store->url.path);
        store->next_address = 0;
        store->address_count = 1;
        cache_redis_connect_next(store);
    } else if (getaddrinfo(store->url.host, NULL, &hints, &list) == 0) {
        cache_redis_take_addresses(store, list);
    } else {
        cache_redis_resolve(store);
    }
}

/* ---- the commands ---- */

/* Whether it is sent, or waits for the first attempt to connect, which is under way. False, and
 * nothing is left behind: it cannot be. The format is redisCommand's. */
static bool cache_redis_issue(struct cache_redis *store, const struct redis_command *what,
                              const char *name, const char *format, ...)
{
    struct redis_command *command = memory_new(sizeof *command);
    va_list args;
    *command = *what;
    command->store = store;
    command->name = memory_text(name);
    va_start(args, format);
    int len = redisvFormatCommand(&command->text, format, args);
    va_end(args);
    if (len < 0)
        memory_ran_out();
    command->bytes = (size_t)len;
    store->bytes += command->bytes;
    store->count++;
    if (store->count > CACHE_REDIS_COMMANDS || store->bytes > CACHE_REDIS_BYTES) {
        cache_redis_note_trouble(store, command->family, command->name, CROWDED, STR(""));
    } else if (cache_redis_send(command)) {
        return true;
    } else if ((store->state == RESOLVING || store->state == CONNECTING) &&
               store->cool_down_ms == COOL_DOWN_MIN_MS) {
        TAILQ_INSERT_TAIL(&store->waiting, command, entry);
        return true;
    } else {
        cache_redis_note_failure(store);
    }
    cache_redis_free(command);
    return false;
}

static bool cache_redis_get(void *arg, const char *name, cache_done_fn *done, void *done_arg)
{
    struct redis_command get = {.family = READING, .done = done, .arg = done_arg};
    /* GETRANGE rather than GET: what somebody else put there may be of any size. */
    return cache_redis_issue(arg, &get, name, "GETRANGE " KEY "%s 0 %d", name,
                             CACHE_REDIS_VALUE_BYTES + CACHE_REDIS_HEAD_MAX);
}

static void cache_redis_put(void *arg, const char *name, struct str value, int64_t ttl_ms)
{
    struct redis_command put = {.family = WRITING};
    struct buf text;
    buf_init(&text, CACHE_REDIS_VALUE_BYTES + CACHE_REDIS_HEAD_MAX);
    cache_redis_print_value(str_of(name), value, clock_wall_ms(), &text);
    if (ttl_ms <= 0)
        (void)cache_redis_issue(arg, &put, name, "DEL " KEY "%s", name);
    else if (text.is_over)
        cache_redis_note_trouble(arg, WRITING, name, LARGE, STR(""));
    else
        (void)cache_redis_issue(arg, &put, name, "SET " KEY "%s %b PX %lld", name, text.ptr,
                                text.len, (long long)ttl_ms);
    buf_fini(&text);
}

static bool cache_redis_lock(void *arg, const char *name, const char *token, int64_t ttl_ms,
                             cache_lock_fn *done, void *done_arg)
{
    /* Ours already, free, or no lock of anybody's (not a string, or one that never ends): taken. */
    static const char script[] =
        "if redis.call('TYPE',KEYS[1]).ok=='string' and redis.call('PTTL',KEYS[1])>=0 "
        "and redis.call('GET',KEYS[1])~=ARGV[1] then return 0 end "
        "redis.call('SET',KEYS[1],ARGV[1],'PX',ARGV[2]) return 1";
    struct redis_command lock = {.family = WRITING, .locked = done, .arg = done_arg};
    return cache_redis_issue(arg, &lock, name, "EVAL %s 1 " LOCK_KEY "%s %s %lld", script, name,
                             token, (long long)(ttl_ms > 0 ? ttl_ms : 1));
}

/* Its reply proves nothing, as it mostly writes nothing; nobody waits for it. */
static void cache_redis_unlock(void *arg, const char *name, const char *token)
{
    struct cache_redis *store = arg;
    if (store->state == READY && store->count < CACHE_REDIS_COMMANDS)
        redisAsyncCommand(store->context, NULL, NULL, "EVAL %s 1 " LOCK_KEY "%s %s",
                          "if redis.call('GET',KEYS[1])==ARGV[1] then "
                          "redis.call('DEL',KEYS[1]) end",
                          name, token);
}

/* ---- the store ---- */

static void cache_redis_health(void *arg, struct cache_health *out)
{
    struct cache_redis *store = arg;
    const char *connection = atomic_load_explicit(&store->connection_trouble, memory_order_relaxed);
    const char *reading = atomic_load_explicit(&store->trouble[READING], memory_order_relaxed);
    const char *writing = atomic_load_explicit(&store->trouble[WRITING], memory_order_relaxed);
    out->is_usable = connection == NULL;
    out->failures = atomic_load_explicit(&store->failures, memory_order_relaxed);
    if (connection)
        reading = writing = NULL;
    snprintf(out->message, sizeof out->message, "redis %.60s: %s%s%s%s%s", store->url.address,
             connection ? connection : "in use", reading ? "; reading: " : "",
             reading ? reading : "", writing ? "; writing: " : "", writing ? writing : "");
}

static void *cache_redis_open(struct str text, struct loop *loop, struct fault *why)
{
    struct redis_url url;
    if (!redis_url_parse(text, &url, why))
        return NULL;
    struct cache_redis *store = memory_new(sizeof *store);
    store->loop = loop;
    store->url = url;
    store->cool_down_ms = COOL_DOWN_MIN_MS;
    TAILQ_INIT(&store->waiting);
    atomic_init(&store->connection_trouble, UNREACHED);
    cache_redis_connect(store);
    return store;
}

static bool cache_redis_check(struct str text, struct fault *why)
{
    struct redis_url url;
    bool is_good = redis_url_parse(text, &url, why);
    redis_url_fini(&url);
    return is_good;
}

static void cache_redis_close(void *arg)
{
    struct cache_redis *store = arg;
    store->state = CLOSED; /* nobody is called back any more */
    cache_redis_cancel_lookup(store);
    cache_redis_drop_context(store);
    cache_redis_dispatch_waiting(store);
    ASSERT(store->count == 0);
    loop_timer_fini(&store->timer);
    redis_url_fini(&store->url);
    free(store);
}

const struct cache_store cache_redis = {
    .open = cache_redis_open,
    .close = cache_redis_close,
    .get = cache_redis_get,
    .put = cache_redis_put,
    .health = cache_redis_health,
    .check = cache_redis_check,
    .lock = cache_redis_lock,
    .unlock = cache_redis_unlock,
};
