/* See redisstore.h. A command lives in one of three places: waiting for the first connection, on
 * the wire (hiredis has it), or failed and to be answered on the next turn. */
#include "cache/redisstore.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/log.h"
#include "cache/redislink.h"
#include "cache/redisvalue.h"
#include "cache/respcommand.h"

#define KEY "panelmux:1:"
#define LOCK_KEY KEY "lock:"

enum {
    COMMAND_BYTES = REDISSTORE_VALUE_BYTES + 4096,
    NAME_MAX = 400,
    ILLFORMED_MS = 60 * 1000, /* one good value does not end what is said of others */
};

enum family { READING, WRITING, FAMILIES }; /* they fail for different reasons */
static const char *const family_words[FAMILIES] = {"reading", "writing"};

struct redis_command {
    TAILQ_ENTRY(redis_command) entry; /* while it waits or has failed */
    struct redisstore *store;
    enum family family;
    cache_done_fn *done;   /* get */
    cache_lock_fn *locked; /* lock; neither: nobody waits for the answer */
    void *arg;
    bool is_no_proof; /* that it went well does not mean that others of its family do */
    char *name;       /* owned */
    struct buf text;  /* RESP, until it is sent */
    size_t bytes;     /* of it */
};
TAILQ_HEAD(commands, redis_command);

struct redisstore {
    struct loop *loop;
    struct redislink *link;
    struct commands waiting; /* for the first connection */
    struct commands failed;  /* to be answered by the timer */
    struct loop_timer timer;
    size_t count, bytes; /* of the commands not answered */
    bool is_closing;
    int64_t illformed_at_ms; /* steady; when that was told last */
    /* Written by the loop's thread; any thread reads them. */
    _Atomic enum redistrouble trouble[FAMILIES]; /* of the last answer */
    _Atomic uint64_t failures;
};

/* ---- how it goes ---- */

static void redisstore_note_failure(struct redisstore *store)
{
    atomic_fetch_add_explicit(&store->failures, 1, memory_order_relaxed);
}

/* what: the error's word, or what is wrong with the value. */
static void redisstore_note_trouble(struct redis_command *command, enum redistrouble why,
                                    struct str what)
{
    struct redisstore *store = command->store;
    _Atomic enum redistrouble *trouble = &store->trouble[command->family];
    redisstore_note_failure(store);
    if (atomic_exchange_explicit(trouble, why, memory_order_relaxed) == why)
        return; /* told already */
    if (why == REDISTROUBLE_ILLFORMED)
        store->illformed_at_ms = clock_monotonic_ms();
    log_event(LOG_WARN, "cache_trouble", "address=%s while=%s why=\"%s\" what=%s name=%s",
              log_value(str_of(redislink_address(store->link))).text, family_words[command->family],
              redistrouble_words(why), log_value(what).text, log_value(str_of(command->name)).text);
}

static void redisstore_note_success(struct redis_command *command)
{
    struct redisstore *store = command->store;
    _Atomic enum redistrouble *trouble = &store->trouble[command->family];
    enum redistrouble before = atomic_load_explicit(trouble, memory_order_relaxed);
    redislink_served(store->link);
    if (command->is_no_proof || before == REDISTROUBLE_NONE ||
        (before == REDISTROUBLE_ILLFORMED &&
         clock_monotonic_ms() - store->illformed_at_ms < ILLFORMED_MS))
        return;
    atomic_store_explicit(trouble, REDISTROUBLE_NONE, memory_order_relaxed);
    log_event(LOG_INFO, "cache_trouble_over", "address=%s while=%s",
              log_value(str_of(redislink_address(store->link))).text,
              family_words[command->family]);
}

/* ---- the end of a command ---- */

static void redisstore_answer(struct redis_command *command, struct str value, int64_t age_ms,
                              bool is_mine)
{
    struct redis_command last = *command;
    struct redisstore *store = command->store;
    store->count--;
    store->bytes -= command->bytes;
    buf_fini(&command->text);
    free(command->name);
    free(command);
    if (store->is_closing)
        return;
    if (last.done)
        last.done(value, age_ms, last.arg);
    else if (last.locked)
        last.locked(is_mine, last.arg);
}

static void redisstore_answer_failed(struct redis_command *command)
{
    redisstore_answer(command, STR_NONE, 0, true); /* rather twice than never */
}

static void redisstore_on_failed(void *arg)
{
    struct redisstore *store = arg;
    struct commands failed = TAILQ_HEAD_INITIALIZER(failed);
    struct redis_command *command;
    TAILQ_CONCAT(&failed, &store->failed, entry); /* what fails meanwhile is for the next turn */
    while ((command = TAILQ_FIRST(&failed)) != NULL) {
        TAILQ_REMOVE(&failed, command, entry);
        redisstore_answer_failed(command);
    }
}

/* Answered on the next turn: never from inside the question. */
static void redisstore_fail(struct redis_command *command)
{
    struct redisstore *store = command->store;
    if (store->is_closing || (!command->done && !command->locked)) {
        redisstore_answer_failed(command);
        return;
    }
    TAILQ_INSERT_TAIL(&store->failed, command, entry);
    if (!store->timer.is_armed)
        loop_timer_start(&store->timer, store->loop, 0, redisstore_on_failed, store);
}

/* ---- replies ---- */

static void redisstore_take_value(struct redis_command *command, struct str bytes)
{
    struct str value = STR_NONE;
    int64_t put_ms = 0, age_ms = 0;
    enum redisvalue_verdict verdict =
        redisvalue_parse(bytes, str_of(command->name), &value, &put_ms);
    if (verdict == REDISVALUE_GOOD) {
        age_ms = clock_wall_ms() - put_ms;
        redisstore_note_success(command);
    } else {
        redisstore_note_trouble(command, REDISTROUBLE_ILLFORMED, str_of(redisvalue_words(verdict)));
        value = STR_NONE;
    }
    redisstore_answer(command, value, age_ms > 0 ? age_ms : 0, true);
}

static void redisstore_take_reply(struct redis_command *command, const redisReply *reply)
{
    struct str text = str_make(reply->str, reply->len);
    if (reply->type == REDIS_REPLY_ERROR) {
        redisstore_note_trouble(command, redistrouble_of_error(text), redistrouble_name(text));
        redisstore_answer_failed(command);
    } else if (command->done && reply->type == REDIS_REPLY_STRING && reply->len > 0) {
        redisstore_take_value(command, text);
    } else {
        redisstore_note_success(command); /* no such value; a lock; a put */
        redisstore_answer(command, STR_NONE, 0,
                          reply->type != REDIS_REPLY_INTEGER || reply->integer != 0);
    }
}

static void redisstore_on_reply(const redisReply *reply, void *arg)
{
    struct redis_command *command = arg;
    if (reply && !command->store->is_closing) {
        redisstore_take_reply(command, reply);
        return;
    }
    redisstore_note_failure(command->store);
    redisstore_fail(command);
}

/* ---- sending ---- */

static void redisstore_dispatch(struct redis_command *command)
{
    struct redisstore *store = command->store;
    if (redislink_send(store->link, buf_str(&command->text), redisstore_on_reply, command)) {
        buf_fini(&command->text); /* hiredis has its own copy */
    } else if (redislink_is_promising(store->link)) {
        TAILQ_INSERT_TAIL(&store->waiting, command, entry);
    } else {
        redisstore_note_failure(store);
        redisstore_fail(command);
    }
}

static void redisstore_on_news(enum redislink_news news, void *arg)
{
    struct redisstore *store = arg;
    struct commands waiting = TAILQ_HEAD_INITIALIZER(waiting);
    struct redis_command *command;
    (void)news; /* dispatch looks for itself */
    TAILQ_CONCAT(&waiting, &store->waiting, entry);
    while ((command = TAILQ_FIRST(&waiting)) != NULL) {
        TAILQ_REMOVE(&waiting, command, entry);
        redisstore_dispatch(command);
    }
}

static struct redis_command *redisstore_command_new(struct redisstore *store, enum family family,
                                                    const char *name, unsigned message)
{
    struct redis_command *command = memory_new(sizeof *command);
    command->store = store;
    command->family = family;
    command->name = memory_text(name);
    buf_init(&command->text, COMMAND_BYTES);
    respcommand_begin(&command->text, message);
    return command;
}

static void redisstore_add_key(struct redis_command *command, const char *prefix)
{
    char key[NAME_MAX + sizeof LOCK_KEY];
    int len = snprintf(key, sizeof key, "%s%s", prefix, command->name);
    ASSERT(len > 0 && (size_t)len < sizeof key);
    respcommand_word(&command->text, str_make(key, (size_t)len));
}

static void redisstore_issue(struct redis_command *command)
{
    struct redisstore *store = command->store;
    command->bytes = command->text.len;
    store->count++;
    store->bytes += command->bytes;
    if (command->text.is_over) {
        redisstore_note_trouble(command, REDISTROUBLE_LARGE, STR(""));
        redisstore_fail(command);
    } else if (store->count > REDISSTORE_COMMANDS || store->bytes > REDISSTORE_BYTES) {
        redisstore_note_trouble(command, REDISTROUBLE_CROWDED, STR(""));
        redisstore_fail(command);
    } else {
        redisstore_dispatch(command);
    }
}

/* ---- the store's row ---- */

static void redisstore_get(void *arg, const char *name, cache_done_fn *done, void *done_arg)
{
    /* GETRANGE rather than GET: what somebody else put there may be of any size. */
    struct redis_command *command = redisstore_command_new(arg, READING, name, 4);
    command->done = done;
    command->arg = done_arg;
    respcommand_word(&command->text, STR("GETRANGE"));
    redisstore_add_key(command, KEY);
    respcommand_number(&command->text, 0);
    respcommand_number(&command->text, REDISSTORE_VALUE_BYTES + REDISVALUE_HEAD_MAX);
    redisstore_issue(command);
}

static void redisstore_put(void *arg, const char *name, struct str value, int64_t ttl_ms)
{
    struct redis_command *command = redisstore_command_new(arg, WRITING, name, ttl_ms > 0 ? 5 : 2);
    struct buf text;
    if (ttl_ms <= 0) {
        respcommand_word(&command->text, STR("DEL"));
        redisstore_add_key(command, KEY);
        redisstore_issue(command);
        return;
    }
    buf_init(&text, REDISSTORE_VALUE_BYTES + REDISVALUE_HEAD_MAX);
    redisvalue_print(str_of(name), value, clock_wall_ms(), &text);
    respcommand_word(&command->text, STR("SET"));
    redisstore_add_key(command, KEY);
    respcommand_word(&command->text, buf_str(&text));
    respcommand_word(&command->text, STR("PX"));
    respcommand_number(&command->text, ttl_ms);
    command->text.is_over = command->text.is_over || text.is_over;
    buf_fini(&text);
    redisstore_issue(command);
}

/* Ours already, free, or no lock of anybody's (not a text, or one that never ends): taken. */
static const char lock_script[] =
    "if redis.call('TYPE',KEYS[1]).ok=='string' and redis.call('PTTL',KEYS[1])>=0 "
    "and redis.call('GET',KEYS[1])~=ARGV[1] then return 0 end "
    "redis.call('SET',KEYS[1],ARGV[1],'PX',ARGV[2]) return 1";
static const char unlock_script[] =
    "if redis.call('GET',KEYS[1])==ARGV[1] then redis.call('DEL',KEYS[1]) end return 1";

static void redisstore_lock(void *arg, const char *name, const char *token, int64_t ttl_ms,
                            cache_lock_fn *done, void *done_arg)
{
    struct redis_command *command = redisstore_command_new(arg, WRITING, name, 6);
    command->locked = done;
    command->arg = done_arg;
    respcommand_word(&command->text, STR("EVAL"));
    respcommand_word(&command->text, str_of(lock_script));
    respcommand_number(&command->text, 1);
    redisstore_add_key(command, LOCK_KEY);
    respcommand_word(&command->text, str_of(token));
    respcommand_number(&command->text, ttl_ms > 0 ? ttl_ms : 1);
    redisstore_issue(command);
}

static void redisstore_unlock(void *arg, const char *name, const char *token)
{
    struct redis_command *command = redisstore_command_new(arg, WRITING, name, 5);
    command->is_no_proof = true; /* it mostly writes nothing */
    respcommand_word(&command->text, STR("EVAL"));
    respcommand_word(&command->text, str_of(unlock_script));
    respcommand_number(&command->text, 1);
    redisstore_add_key(command, LOCK_KEY);
    respcommand_word(&command->text, str_of(token));
    redisstore_issue(command);
}

static void redisstore_health(void *arg, struct cache_health *out)
{
    struct redisstore *store = arg;
    enum redistrouble standing = redislink_standing(store->link);
    out->is_usable = standing == REDISTROUBLE_NONE;
    out->failures = atomic_load_explicit(&store->failures, memory_order_relaxed);
    int len = snprintf(out->message, sizeof out->message, "redis %.60s: %s",
                       redislink_address(store->link), redistrouble_words(standing));
    for (size_t i = 0; i < FAMILIES && out->is_usable; i++) {
        enum redistrouble trouble = atomic_load_explicit(&store->trouble[i], memory_order_relaxed);
        if (trouble != REDISTROUBLE_NONE && len > 0 && (size_t)len < sizeof out->message)
            len += snprintf(out->message + len, sizeof out->message - (size_t)len, "; %s: %s",
                            family_words[i], redistrouble_words(trouble));
    }
}

static void *redisstore_open_url(struct redisurl *url, struct loop *loop)
{
    struct redisstore *store = memory_new(sizeof *store);
    store->loop = loop;
    TAILQ_INIT(&store->waiting);
    TAILQ_INIT(&store->failed);
    store->link = redislink_new(loop, url, redisstore_on_news, store);
    return store;
}

static void *redisstore_open(struct str location, struct loop *loop, struct fault *why)
{
    struct redisurl url;
    return redisurl_parse(location, &url, why) ? redisstore_open_url(&url, loop) : NULL;
}

static void *redisstore_open_unix(struct str location, struct loop *loop, struct fault *why)
{
    struct redisurl url;
    return redisurl_parse_unix(location, &url, why) ? redisstore_open_url(&url, loop) : NULL;
}

static bool redisstore_check(struct str location, struct fault *why)
{
    struct redisurl url;
    bool is_good = redisurl_parse(location, &url, why);
    redisurl_fini(&url);
    return is_good;
}

static bool redisstore_check_unix(struct str location, struct fault *why)
{
    struct redisurl url;
    bool is_good = redisurl_parse_unix(location, &url, why);
    redisurl_fini(&url);
    return is_good;
}

static void redisstore_drop_all(struct commands *commands)
{
    struct redis_command *command;
    while ((command = TAILQ_FIRST(commands)) != NULL) {
        TAILQ_REMOVE(commands, command, entry);
        redisstore_answer_failed(command);
    }
}

static void redisstore_close(void *arg)
{
    struct redisstore *store = arg;
    store->is_closing = true;
    redislink_free(&store->link); /* gives back what is on the wire */
    redisstore_drop_all(&store->waiting);
    redisstore_drop_all(&store->failed);
    ASSERT(store->count == 0);
    loop_timer_fini(&store->timer);
    free(store);
}

const struct cache_store redisstore = {
    .scheme = "redis",
    .open = redisstore_open,
    .close = redisstore_close,
    .get = redisstore_get,
    .put = redisstore_put,
    .health = redisstore_health,
    .check = redisstore_check,
    .lock = redisstore_lock,
    .unlock = redisstore_unlock,
};

const struct cache_store redisstore_unix = {
    .scheme = "redis+unix",
    .open = redisstore_open_unix,
    .close = redisstore_close,
    .get = redisstore_get,
    .put = redisstore_put,
    .health = redisstore_health,
    .check = redisstore_check_unix,
    .lock = redisstore_lock,
    .unlock = redisstore_unlock,
};
