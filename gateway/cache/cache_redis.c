/* See cache_redis.h. One connection by hiredis on our loop, which comes back by itself and is its
 * own circuit breaker: closed while READY, open while COOLING (no call waits for anything), half
 * open in between, with the login's PING as the probe.
 *
 *   COOLING -> RESOLVING -> CONNECTING -> READY -> COOLING …
 *
 * A command waits for the first connection or is in flight (hiredis has it).
 *
 * hiredis 0.14 frees a context by itself when the connection ends, and completes what was in flight
 * with NULL replies while doing so. Whoever is called back from there may issue new commands: they
 * find no context that takes any, and are refused. */
#include "cache/cache_redis.h"

#include <hiredis/adapters/libevent.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "cache/redis_url.h"

#define KEY "panelmux:1:"
#define LOCK_KEY KEY "lock:"

enum {
    ADDRESSES_MAX = 8,  /* of a name that are tried */
    HANDSHAKE_MS = 800, /* without a byte coming or going until it is READY… */
    SILENCE_MS = 500,   /* … and from then on, while a reply is due */
    RESOLVE_MS = 800,
    COOL_DOWN_MIN_MS = 50,
    COOL_DOWN_MAX_MS = 700,
    ILLFORMED_MS = 60 * 1000, /* one good value does not end what is said of others */
};
/* The longest from Redis' return to READY: an attempt that began just before, a cool-down, another
 * attempt. */
_Static_assert(HANDSHAKE_MS + COOL_DOWN_MAX_MS < 2000 - 400, "in use again within 2 s");

enum redis_family { READING, WRITING, FAMILIES }; /* they fail for different reasons */
static const char *const family_names[FAMILIES] = {"reading", "writing"};

struct redis_command {
    TAILQ_ENTRY(redis_command) entry; /* while it waits */
    struct cache_redis *store;
    enum redis_family family;
    cache_done_fn *done;   /* get */
    cache_lock_fn *locked; /* lock; neither: nobody waits for the reply */
    void *arg;
    bool is_no_proof; /* its success does not mean that others of its family succeed */
    char *name;       /* owned */
    char *text;       /* owned, by hiredis' allocator: RESP, until it is sent */
    size_t bytes;     /* of it */
};
TAILQ_HEAD(redis_commands, redis_command);

/* A name being resolved by glibc, which cannot be stopped: a thread of its own and the store each
 * hold the lookup, and whoever lets go last frees it. */
struct redis_lookup {
    _Atomic int holds;
    char *host;                 /* owned */
    struct addrinfo *addresses; /* the thread's until wake_fd is written; NULL: no such name */
    int wake_fd;
    struct event *event; /* the store's, on wake_fd */
};

enum redis_state { COOLING, RESOLVING, CONNECTING, READY };

struct cache_redis {
    struct loop *loop;
    struct redis_url url;
    enum redis_state state;
    struct loop_timer timer; /* of a cool-down, a lookup, or silence */
    struct redis_lookup *lookup;
    struct addrinfo *addresses, *next_address; /* to be tried from next_address on */
    unsigned addresses_tried;
    redisAsyncContext *context; /* hiredis' own; NULL when there is none to be used */
    int64_t alive_at_ms;        /* monotonic: bytes came or went, or no reply was due */
    size_t in_flight;
    int64_t cool_down_ms;  /* the next one */
    int64_t down_since_ms; /* monotonic */
    const char *logged[2]; /* trouble of this outage: [true] of being away */

    struct redis_commands waiting; /* for the first connection */
    size_t count, bytes;           /* of the commands not completed */
    bool is_closing;
    int64_t illformed_at_ms; /* monotonic; when that was logged last */
    /* Written by the loop's thread, read by any. */
    const char *_Atomic connection_trouble; /* NULL: none */
    const char *_Atomic trouble[FAMILIES];  /* of the last reply */
    _Atomic uint64_t failures;
};

/* ---- errors ---- */

/* What can be wrong with it, as it is shown; compared by address. */
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

/* Within one outage these follow each other in any order and mean the same. */
static bool cache_redis_is_away(const char *why)
{
    return why == NAMELESS || why == UNREACHED || why == SILENT || why == LOST || why == LOADING;
}

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

static struct str cache_redis_error_of(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR ? str_make(reply->str, reply->len) : STR_NONE;
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
    buf_add_text(out, HEAD "00000000000000000000000000000000 ");
    buf_add_i64(out, put_wall_ms);
    buf_add_byte(out, ' ');
    buf_add_str(out, name);
    buf_add_byte(out, '\n');
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
    struct str rest = bytes, line, put;
    if (!str_starts(bytes, STR(MARK)))
        return "is not ours";
    if (!str_starts(bytes, STR(HEAD)))
        return "is of another version";
    rest = str_from(rest, sizeof HEAD - 1);
    if (rest.len < DIGITS)
        return "is broken";
    struct str found = str_first(rest, DIGITS);
    rest = str_from(rest, DIGITS);
    cache_redis_print_digits(rest, digits);
    if (memcmp(found.ptr, digits, DIGITS) != 0 || !str_next(&rest, '\n', &line) || !rest.ptr)
        return "is broken";
    line = str_from(line, 1); /* the blank after the digits */
    if (!str_next(&line, ' ', &put) || !str_to_i64(put, put_wall_ms_out) || !str_equal(line, name))
        return "is broken";
    *value_out = rest;
    return NULL;
}

/* ---- what is counted and logged ---- */

static void cache_redis_note_failure(struct cache_redis *store)
{
    atomic_fetch_add_explicit(&store->failures, 1, memory_order_relaxed);
}

/* what: the error's code, or what is wrong with the value. */
static void cache_redis_note_trouble(struct redis_command *command, const char *why,
                                     struct str what)
{
    struct cache_redis *store = command->store;
    cache_redis_note_failure(store);
    if (atomic_exchange_explicit(&store->trouble[command->family], why, memory_order_relaxed) ==
        why)
        return; /* logged already */
    if (why == ILLFORMED)
        store->illformed_at_ms = clock_monotonic_ms();
    log_event(LOG_WARN, "cache_trouble", "address=%s while=%s why=\"%s\" what=%s name=%s",
              log_value(str_of(store->url.address)).text, family_names[command->family], why,
              log_value(what).text, log_value(str_of(command->name)).text);
}

static void cache_redis_note_success(struct redis_command *command)
{
    struct cache_redis *store = command->store;
    const char *_Atomic *trouble = &store->trouble[command->family];
    const char *before = atomic_load_explicit(trouble, memory_order_relaxed);
    store->cool_down_ms = COOL_DOWN_MIN_MS;
    if (command->is_no_proof || before == NULL ||
        (before == ILLFORMED && clock_monotonic_ms() - store->illformed_at_ms < ILLFORMED_MS))
        return;
    atomic_store_explicit(trouble, NULL, memory_order_relaxed);
    log_event(LOG_INFO, "cache_trouble_over", "address=%s while=%s",
              log_value(str_of(store->url.address)).text, family_names[command->family]);
}

static void cache_redis_note_down(struct cache_redis *store, const char *why, struct str code)
{
    const char **logged = &store->logged[cache_redis_is_away(why)];
    bool is_news = cache_redis_is_away(why) ? *logged == NULL : *logged != why;
    atomic_store_explicit(&store->connection_trouble, why, memory_order_relaxed);
    *logged = why;
    if (is_news)
        log_event(LOG_WARN, "cache_unusable", "address=%s why=\"%s\"%s%.*s goes_on=\"from memory\"",
                  log_value(str_of(store->url.address)).text, why, code.len ? " error=" : "",
                  (int)code.len, code.ptr);
}

static void cache_redis_note_up(struct cache_redis *store)
{
    atomic_store_explicit(&store->connection_trouble, NULL, memory_order_relaxed);
    log_event(LOG_INFO, "cache_usable", "address=%s after_ms=%lld",
              log_value(str_of(store->url.address)).text,
              (long long)(clock_monotonic_ms() - store->down_since_ms));
    store->logged[false] = store->logged[true] = NULL;
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
    if (ended.store->is_closing)
        return;
    if (ended.done)
        ended.done(value, age_ms, ended.arg);
    else if (ended.locked)
        ended.locked(is_mine, ended.arg);
}

static void cache_redis_fail(struct redis_command *command)
{
    cache_redis_complete(command, STR_NONE, 0, true); /* rather locked twice than never */
}

/* ---- replies ---- */

static void cache_redis_take_value(struct redis_command *command, struct str bytes)
{
    struct str value = STR_NONE;
    int64_t put_ms = 0;
    const char *wrong = cache_redis_parse_value(bytes, str_of(command->name), &value, &put_ms);
    int64_t age_ms = clock_wall_ms() - put_ms;
    if (wrong)
        cache_redis_note_trouble(command, ILLFORMED, str_of(wrong));
    else
        cache_redis_note_success(command);
    cache_redis_complete(command, wrong ? STR_NONE : value, wrong || age_ms < 0 ? 0 : age_ms, true);
}

static void cache_redis_take_reply(struct redis_command *command, const redisReply *reply)
{
    struct str error = cache_redis_error_of(reply);
    if (error.ptr) {
        cache_redis_note_trouble(command, cache_redis_trouble_of(error),
                                 cache_redis_error_code(error));
        cache_redis_fail(command);
    } else if (command->done && reply->type == REDIS_REPLY_STRING && reply->len > 0) {
        cache_redis_take_value(command, str_make(reply->str, reply->len));
    } else {
        cache_redis_note_success(command); /* no such value; a lock; a put */
        cache_redis_complete(command, STR_NONE, 0,
                             reply->type != REDIS_REPLY_INTEGER || reply->integer != 0);
    }
}

/* NULL: none will come. */
static void cache_redis_on_reply(redisAsyncContext *context, void *reply, void *arg)
{
    struct redis_command *command = arg;
    struct cache_redis *store = command->store;
    (void)context;
    store->in_flight--;
    if (reply && !store->is_closing) {
        cache_redis_take_reply(command, reply);
        return;
    }
    cache_redis_note_failure(store);
    cache_redis_fail(command);
}

/* ---- sending ---- */

static void cache_redis_on_silence(void *arg);

static bool cache_redis_send(struct redis_command *command)
{
    struct cache_redis *store = command->store;
    if (store->state != READY || !store->context ||
        redisAsyncFormattedCommand(store->context, cache_redis_on_reply, command, command->text,
                                   command->bytes) != REDIS_OK)
        return false;
    redisFreeCommand(command->text); /* hiredis has a copy */
    command->text = NULL;
    if (store->in_flight++ == 0) {
        store->alive_at_ms = clock_monotonic_ms();
        loop_timer_start(&store->timer, store->loop, SILENCE_MS, cache_redis_on_silence, store);
    }
    return true;
}

/* Not READY, yet the first attempt to connect is under way. */
static bool cache_redis_is_promising(const struct cache_redis *store)
{
    return (store->state == RESOLVING || store->state == CONNECTING) &&
           store->cool_down_ms == COOL_DOWN_MIN_MS;
}

static void cache_redis_dispatch_waiting(struct cache_redis *store)
{
    struct redis_commands waiting = TAILQ_HEAD_INITIALIZER(waiting);
    struct redis_command *command;
    TAILQ_CONCAT(&waiting, &store->waiting, entry);
    while ((command = TAILQ_FIRST(&waiting)) != NULL) {
        TAILQ_REMOVE(&waiting, command, entry);
        if (!cache_redis_send(command)) {
            cache_redis_note_failure(store);
            cache_redis_fail(command);
        }
    }
}

/* ---- the connection ---- */

static void cache_redis_go(struct cache_redis *store, enum redis_state state)
{
    loop_timer_cancel(&store->timer);
    store->state = state;
}

static void cache_redis_connect(void *arg);

static void cache_redis_cool_down(struct cache_redis *store, const char *why, struct str code)
{
    if (store->state == READY)
        store->down_since_ms = clock_monotonic_ms();
    cache_redis_go(store, COOLING);
    cache_redis_note_down(store, why, code);
    loop_timer_start(&store->timer, store->loop, store->cool_down_ms, cache_redis_connect, store);
    store->cool_down_ms *= 2;
    if (store->cool_down_ms > COOL_DOWN_MAX_MS)
        store->cool_down_ms = COOL_DOWN_MAX_MS;
    cache_redis_dispatch_waiting(store);
}

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

static void cache_redis_disconnect(struct cache_redis *store, const char *why, struct str error)
{
    char code[24]; /* error lies in a reply that goes with the context */
    snprintf(code, sizeof code, STR_FMT, STR_ARG(cache_redis_error_code(error)));
    cache_redis_drop_context(store);
    cache_redis_cool_down(store, why, str_of(code));
}

static void cache_redis_on_silence(void *arg)
{
    struct cache_redis *store = arg;
    int64_t limit_ms = store->state == READY ? SILENCE_MS : HANDSHAKE_MS;
    int64_t left_ms = store->alive_at_ms + limit_ms - clock_monotonic_ms();
    if (store->state == READY && store->in_flight == 0)
        return;
    if (left_ms > 0)
        loop_timer_start(&store->timer, store->loop, left_ms, cache_redis_on_silence, store);
    else
        cache_redis_disconnect(store, SILENT, STR(""));
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

/* is_last: of the PING, which proves that commands are taken. A refused AUTH or SELECT is final,
 * whatever its code. */
static void cache_redis_on_login(redisAsyncContext *context, void *reply, void *is_last)
{
    struct cache_redis *store = context->data;
    if (!reply || !store)
        return;
    struct str error = cache_redis_error_of(reply);
    if (error.ptr) {
        const char *why = cache_redis_trouble_of(error);
        cache_redis_disconnect(store, why == OTHER && !is_last ? DENIED : why, error);
    } else if (is_last) {
        cache_redis_go(store, READY);
        cache_redis_note_up(store);
        cache_redis_dispatch_waiting(store);
    }
}

/* All at once, PING last. What cannot be sent ends the connection, which is heard of elsewhere. */
static void cache_redis_log_in(struct cache_redis *store)
{
    redisAsyncContext *context = store->context;
    const struct redis_url *url = &store->url;
    if (url->user)
        redisAsyncCommand(context, cache_redis_on_login, NULL, "AUTH %s %s", url->user,
                          url->password);
    else if (url->password)
        redisAsyncCommand(context, cache_redis_on_login, NULL, "AUTH %s", url->password);
    redisAsyncCommand(context, cache_redis_on_login, NULL, "SELECT %u", url->database);
    redisAsyncCommand(context, NULL, NULL, "CLIENT SETNAME panelmux"); /* for CLIENT LIST */
    redisAsyncCommand(context, cache_redis_on_login, store, "PING");
}

static void cache_redis_connect_next(struct cache_redis *store, const char *otherwise);

static void cache_redis_on_connected(const redisAsyncContext *context, int status)
{
    struct cache_redis *store = context->data;
    if (!store)
        return;
    if (status == REDIS_OK) {
        cache_redis_log_in(store);
        return;
    }
    store->context = NULL; /* hiredis frees it on return */
    cache_redis_connect_next(store, UNREACHED);
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

/* host: numeric; NULL for a unix socket. False when it failed at once. */
static bool cache_redis_connect_to(struct cache_redis *store, const char *host)
{
    redisAsyncContext *context =
        host ? redisAsyncConnect(host, store->url.port) : redisAsyncConnectUnix(store->url.path);
    if (!context)
        memory_ran_out();
    cache_redis_go(store, CONNECTING);
    if (context->err != 0) {
        redisAsyncFree(context);
        return false;
    }
    store->context = context;
    context->data = store;
    ASSERT(redisLibeventAttach(context, loop_base(store->loop)) == REDIS_OK);
    context->ev.addRead = cache_redis_on_activity;
    redisAsyncSetDisconnectCallback(context, cache_redis_on_disconnected);
    redisAsyncSetConnectCallback(context, cache_redis_on_connected);
    store->alive_at_ms = clock_monotonic_ms();
    loop_timer_start(&store->timer, store->loop, HANDSHAKE_MS, cache_redis_on_silence, store);
    return true;
}

static void cache_redis_connect_next(struct cache_redis *store, const char *otherwise)
{
    char host[NI_MAXHOST];
    while (store->next_address && store->addresses_tried < ADDRESSES_MAX) {
        const struct addrinfo *address = store->next_address;
        store->next_address = address->ai_next;
        store->addresses_tried++;
        if (getnameinfo(address->ai_addr, address->ai_addrlen, host, sizeof host, NULL, 0,
                        NI_NUMERICHOST) == 0 &&
            cache_redis_connect_to(store, host))
            return;
        otherwise = UNREACHED;
    }
    cache_redis_cool_down(store, otherwise, STR(""));
}

static void cache_redis_set_addresses(struct cache_redis *store, struct addrinfo *list)
{
    if (store->addresses)
        freeaddrinfo(store->addresses);
    store->addresses = store->next_address = list;
    store->addresses_tried = 0;
}

/* ---- the name ---- */

static void cache_redis_lookup_release(struct redis_lookup *lookup)
{
    if (atomic_fetch_sub(&lookup->holds, 1) > 1)
        return;
    if (lookup->addresses)
        freeaddrinfo(lookup->addresses);
    close(lookup->wake_fd);
    free(lookup->host);
    free(lookup);
}

/* On the lookup's thread. */
static void *cache_redis_lookup_run(void *arg)
{
    struct redis_lookup *lookup = arg;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    if (getaddrinfo(lookup->host, NULL, &hints, &lookup->addresses) != 0)
        lookup->addresses = NULL;
    (void)!write(lookup->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    cache_redis_lookup_release(lookup);
    return NULL;
}

static void cache_redis_drop_lookup(struct cache_redis *store)
{
    struct redis_lookup *lookup = store->lookup;
    if (!lookup)
        return;
    store->lookup = NULL;
    event_free(lookup->event);
    cache_redis_lookup_release(lookup);
}

static void cache_redis_on_resolved(evutil_socket_t fd, short what, void *arg)
{
    struct cache_redis *store = arg;
    (void)what;
    (void)loop_now_ms(store->loop);
    (void)!read(fd, &(uint64_t){0}, sizeof(uint64_t));
    cache_redis_set_addresses(store, store->lookup->addresses);
    store->lookup->addresses = NULL;
    cache_redis_drop_lookup(store);
    cache_redis_connect_next(store, NAMELESS);
}

/* The lookup goes on: whenever its result comes, it is used. */
static void cache_redis_on_resolve_deadline(void *arg)
{
    cache_redis_cool_down(arg, NAMELESS, STR(""));
}

static bool cache_redis_begin_lookup(struct cache_redis *store)
{
    struct redis_lookup *lookup = memory_new(sizeof *lookup);
    pthread_t thread;
    lookup->holds = 2;
    lookup->host = memory_text(store->url.host);
    lookup->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ASSERT(lookup->wake_fd >= 0);
    lookup->event =
        event_new(loop_base(store->loop), lookup->wake_fd, EV_READ, cache_redis_on_resolved, store);
    ASSERT(lookup->event && event_add(lookup->event, NULL) == 0);
    store->lookup = lookup;
    if (pthread_create(&thread, NULL, cache_redis_lookup_run, lookup) == 0) {
        pthread_detach(thread);
        return true;
    }
    cache_redis_lookup_release(lookup); /* the thread's hold */
    cache_redis_drop_lookup(store);
    return false;
}

/* By glibc, hence as /etc/nsswitch.conf says, like the panels' names (docs/decisions/0013). One
 * lookup at a time: a resolver that hangs costs one thread. */
static void cache_redis_resolve(struct cache_redis *store)
{
    cache_redis_go(store, RESOLVING);
    if (store->lookup || cache_redis_begin_lookup(store))
        loop_timer_start(&store->timer, store->loop, RESOLVE_MS, cache_redis_on_resolve_deadline,
                         store);
    else
        cache_redis_on_resolve_deadline(store);
}

static void cache_redis_connect(void *arg)
{
    struct cache_redis *store = arg;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *list = NULL;
    cache_redis_set_addresses(store, NULL);
    if (store->url.path) {
        if (!cache_redis_connect_to(store, NULL))
            cache_redis_cool_down(store, UNREACHED, STR(""));
    } else if (getaddrinfo(store->url.host, NULL, &hints, &list) == 0) {
        cache_redis_set_addresses(store, list);
        cache_redis_connect_next(store, UNREACHED);
    } else {
        cache_redis_resolve(store);
    }
}

/* ---- the commands ---- */

static struct redis_command *cache_redis_command_new(struct cache_redis *store,
                                                     enum redis_family family, const char *name)
{
    struct redis_command *command = memory_new(sizeof *command);
    command->store = store;
    command->family = family;
    command->name = memory_text(name);
    store->count++;
    return command;
}

/* False, and nothing is left behind: it cannot be sent. format as of redisCommand. */
static bool cache_redis_issue(struct redis_command *command, const char *format, ...)
{
    struct cache_redis *store = command->store;
    va_list args;
    va_start(args, format);
    int len = redisvFormatCommand(&command->text, format, args);
    va_end(args);
    if (len < 0)
        memory_ran_out();
    command->bytes = (size_t)len;
    store->bytes += command->bytes;
    if (store->count > CACHE_REDIS_COMMANDS || store->bytes > CACHE_REDIS_BYTES) {
        cache_redis_note_trouble(command, CROWDED, STR(""));
    } else if (cache_redis_send(command)) {
        return true;
    } else if (cache_redis_is_promising(store)) {
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
    struct redis_command *command = cache_redis_command_new(arg, READING, name);
    command->done = done;
    command->arg = done_arg;
    /* GETRANGE rather than GET: what somebody else put there may be of any size. */
    return cache_redis_issue(command, "GETRANGE " KEY "%s 0 %d", name,
                             CACHE_REDIS_VALUE_BYTES + CACHE_REDIS_HEAD_MAX);
}

static void cache_redis_put(void *arg, const char *name, struct str value, int64_t ttl_ms)
{
    struct redis_command *command = cache_redis_command_new(arg, WRITING, name);
    struct buf text;
    if (ttl_ms <= 0) {
        (void)cache_redis_issue(command, "DEL " KEY "%s", name);
        return;
    }
    buf_init(&text, CACHE_REDIS_VALUE_BYTES + CACHE_REDIS_HEAD_MAX);
    cache_redis_print_value(str_of(name), value, clock_wall_ms(), &text);
    if (text.is_over) {
        cache_redis_note_trouble(command, LARGE, STR(""));
        cache_redis_free(command);
    } else {
        (void)cache_redis_issue(command, "SET " KEY "%s %b PX %lld", name, text.ptr, text.len,
                                (long long)ttl_ms);
    }
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
    struct redis_command *command = cache_redis_command_new(arg, WRITING, name);
    command->locked = done;
    command->arg = done_arg;
    return cache_redis_issue(command, "EVAL %s 1 " LOCK_KEY "%s %s %lld", script, name, token,
                             (long long)(ttl_ms > 0 ? ttl_ms : 1));
}

static void cache_redis_unlock(void *arg, const char *name, const char *token)
{
    static const char script[] =
        "if redis.call('GET',KEYS[1])==ARGV[1] then redis.call('DEL',KEYS[1]) end return 1";
    struct redis_command *command = cache_redis_command_new(arg, WRITING, name);
    command->is_no_proof = true; /* it mostly writes nothing */
    (void)cache_redis_issue(command, "EVAL %s 1 " LOCK_KEY "%s %s", script, name, token);
}

/* ---- the store ---- */

static void cache_redis_health(void *arg, struct cache_health *out)
{
    struct cache_redis *store = arg;
    const char *connection = atomic_load_explicit(&store->connection_trouble, memory_order_relaxed);
    out->is_usable = connection == NULL;
    out->failures = atomic_load_explicit(&store->failures, memory_order_relaxed);
    int len = snprintf(out->message, sizeof out->message, "redis %.60s: %s", store->url.address,
                       connection ? connection : "in use");
    for (size_t i = 0; i < FAMILIES && out->is_usable; i++) {
        const char *trouble = atomic_load_explicit(&store->trouble[i], memory_order_relaxed);
        if (trouble != NULL && len > 0 && (size_t)len < sizeof out->message)
            len += snprintf(out->message + len, sizeof out->message - (size_t)len, "; %s: %s",
                            family_names[i], trouble);
    }
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
    store->down_since_ms = clock_monotonic_ms();
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
    store->is_closing = true;
    cache_redis_drop_context(store); /* gives back what is in flight */
    cache_redis_drop_lookup(store);
    cache_redis_set_addresses(store, NULL);
    while (!TAILQ_EMPTY(&store->waiting)) {
        struct redis_command *command = TAILQ_FIRST(&store->waiting);
        TAILQ_REMOVE(&store->waiting, command, entry);
        cache_redis_free(command);
    }
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
