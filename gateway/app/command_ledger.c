/* panelmux ledger: verify reads the ledger, with or without a running gateway; backup goes
 * through the gateway, and without one is made from here. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "app/remote.h"
#include "base/clock.h"
#include "base/jsonwriter.h"

static struct ledger *command_ledger_open_ledger(struct remote *remote)
{
    struct fault why;
    struct ledger *ledger = ledger_open_reading(&remote->draft.made.ledger, &why);
    if (ledger == NULL)
        command_fail(errorcode_of_fault(why.code), "%s", why.message);
    return ledger;
}

/* ---- verify ---- */

enum { PROGRESS_S = 1, PROGRESS_SAME_MS = 10000 };

struct command_ledger_progress {
    bool is_json;
    struct jsonwriter w;
    int64_t began_at_ms, said_at_ms; /* monotonic */
    size_t said;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t end;
    /* under the mutex */
    size_t done, of;
    bool is_over;
};

static void command_ledger_tell(const char *message, void *arg)
{
    struct command_ledger_progress *telling = arg;
    if (telling->is_json)
        jsonwriter_text(&telling->w, NULL, str_of(message));
    else
        fprintf(stderr, "%s\n", message);
}

/* A large ledger takes minutes, and one rule alone may: how far it is, once a second while it goes
 * on, and that it is still at it. With the mutex. */
static void command_ledger_say_progress(struct command_ledger_progress *telling)
{
    int64_t now_ms = clock_monotonic_ms();
    if (telling->done == telling->said && now_ms - telling->said_at_ms < PROGRESS_SAME_MS)
        return;
    fprintf(stderr, "panelmux: %zu of %zu rules checked in %lld s\n", telling->done, telling->of,
            (long long)(now_ms - telling->began_at_ms) / 1000);
    telling->said = telling->done;
    telling->said_at_ms = now_ms;
}

static void *command_ledger_run_progress(void *arg)
{
    struct command_ledger_progress *telling = arg;
    pthread_mutex_lock(&telling->mutex);
    while (!telling->is_over) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += PROGRESS_S;
        if (pthread_cond_timedwait(&telling->end, &telling->mutex, &until) == ETIMEDOUT)
            command_ledger_say_progress(telling);
    }
    pthread_mutex_unlock(&telling->mutex);
    return NULL;
}

static void command_ledger_note_progress(size_t done, size_t of, void *arg)
{
    struct command_ledger_progress *telling = arg;
    pthread_mutex_lock(&telling->mutex);
    telling->done = done;
    telling->of = of;
    pthread_mutex_unlock(&telling->mutex);
}

static void command_ledger_begin_progress(struct command_ledger_progress *telling)
{
    telling->began_at_ms = telling->said_at_ms = clock_monotonic_ms();
    ASSERT(pthread_mutex_init(&telling->mutex, NULL) == 0);
    ASSERT(pthread_cond_init(&telling->end, NULL) == 0);
    ASSERT(pthread_create(&telling->thread, NULL, command_ledger_run_progress, telling) == 0);
}

static void command_ledger_end_progress(struct command_ledger_progress *telling)
{
    pthread_mutex_lock(&telling->mutex);
    telling->is_over = true;
    pthread_cond_signal(&telling->end);
    pthread_mutex_unlock(&telling->mutex);
    pthread_join(telling->thread, NULL);
    pthread_cond_destroy(&telling->end);
    pthread_mutex_destroy(&telling->mutex);
}

/* What is there and no ledger is a broken one; what cannot be read is only out of reach. */
static int command_ledger_tell_broken(const struct fault *why, bool is_json)
{
    bool is_empty = why->code == FAULT_CONFLICT;
    if (why->code != FAULT_BROKEN && why->code != FAULT_INVALID && !is_empty) {
        command_fail(errorcode_of_fault(why->code), "%s", why->message);
        return EXIT_UNREACHABLE;
    }
    if (!is_json) {
        command_fail(ERROR_BROKEN, "%s", why->message);
        return EXIT_PROBLEM;
    }
    struct buf out;
    buf_init(&out, 64 * 1024);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_array(&w, "broken");
    jsonwriter_text(&w, NULL, str_of(why->message));
    jsonwriter_array_end(&w);
    jsonwriter_bool(&w, "ok", false);
    jsonwriter_object_end(&w);
    puts(out.ptr);
    buf_fini(&out);
    return EXIT_PROBLEM;
}

static int command_ledger_verify(struct remote *remote, const struct command_options *options)
{
    struct buf out;
    struct fault why;
    struct ledger *ledger = ledger_open_reading(&remote->draft.made.ledger, &why);
    if (ledger == NULL)
        return command_ledger_tell_broken(&why, options->is_json);
    buf_init(&out, 16 * 1024 * 1024);
    struct command_ledger_progress telling = {.is_json = options->is_json,
                                              .w = jsonwriter_to(&out)};
    const struct ledger_verifier verifier = {command_ledger_tell, command_ledger_note_progress,
                                             &telling};
    command_ledger_begin_progress(&telling);
    jsonwriter_object(&telling.w, NULL);
    jsonwriter_array(&telling.w, "broken");
    size_t broken = ledger_verify(ledger, &verifier);
    command_ledger_end_progress(&telling);
    jsonwriter_array_end(&telling.w);
    jsonwriter_bool(&telling.w, "ok", broken == 0);
    jsonwriter_object_end(&telling.w);
    if (options->is_json)
        puts(out.ptr);
    else if (broken == 0)
        puts("ok: the books keep all their rules");
    else if (broken > 1)
        command_fail(ERROR_BROKEN, "%zu rules of the books are broken", broken);
    buf_fini(&out);
    ledger_close(&ledger);
    return broken ? EXIT_PROBLEM : EXIT_OK;
}

/* ---- backup ---- */

/* The gateway has a working directory of its own. To free(). */
static char *command_ledger_absolute(const char *path)
{
    struct buf text;
    char folder[4096];
    if (path[0] == '/' || getcwd(folder, sizeof folder) == NULL)
        return memory_text(path);
    buf_init(&text, 16 * 1024);
    buf_printf(&text, "%s/%s", folder, path);
    return buf_take(&text);
}

static int command_ledger_backup_here(struct remote *remote, const char *path,
                                      struct remote_reply *reply)
{
    struct fault why;
    struct ledger *ledger = command_ledger_open_ledger(remote);
    if (ledger == NULL) {
        command_fail(reply->error, "%s", reply->message);
        return EXIT_UNREACHABLE;
    }
    bool is_ok = ledger_backup_now(ledger, path, &why);
    if (!is_ok)
        command_fail(errorcode_of_fault(why.code), "%s", why.message);
    ledger_close(&ledger);
    return is_ok ? EXIT_OK : EXIT_PROBLEM;
}

static int command_ledger_backup(struct remote *remote, const struct command_options *options)
{
    struct remote_reply reply;
    struct buf body;
    char *path = command_ledger_absolute(options->arguments[1]);
    buf_init(&body, 64 * 1024);
    struct jsonwriter w = jsonwriter_to(&body);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "path", str_of(path));
    jsonwriter_object_end(&w);
    remote_ask(remote, "/ledger/backup", buf_str(&body), &reply);
    int code = reply.code;
    if (code == EXIT_UNREACHABLE)
        code = command_ledger_backup_here(remote, path, &reply);
    else
        remote_tell(&reply, false);
    if (code == EXIT_OK && options->is_json) {
        buf_clear(&body);
        w = jsonwriter_to(&body);
        jsonwriter_object(&w, NULL);
        jsonwriter_text(&w, "backup", str_of(path));
        jsonwriter_object_end(&w);
        puts(body.ptr);
    } else if (code == EXIT_OK) {
        printf("copied to %s\n", path);
    }
    buf_fini(&body);
    remote_reply_fini(&reply);
    free(path);
    return code;
}

int command_ledger_run(int argc, char **argv)
{
    struct command_options options;
    struct remote remote;
    if (!command_parse(argc, argv, NULL, 0, &options))
        return EXIT_USAGE;
    const char *verb = options.argument_count ? options.arguments[0] : "";
    bool is_verify = strcmp(verb, "verify") == 0;
    if (!is_verify && strcmp(verb, "backup") != 0) {
        command_fail(ERROR_USAGE, "ledger verify, or ledger backup FILE");
        return EXIT_USAGE;
    }
    if (!command_check_count(&options, is_verify ? 0 : 1, is_verify ? 0 : 1))
        return EXIT_USAGE;
    if (!remote_open(&remote, &options))
        return EXIT_PROBLEM;
    int code = is_verify ? command_ledger_verify(&remote, &options)
                         : command_ledger_backup(&remote, &options);
    remote_close(&remote);
    return code;
}
