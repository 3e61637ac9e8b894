/* A sweep over a decoder's allocations: it runs once for each of them with that one failing, ours,
 * jansson's and libyaml's alike, each time in a process of its own. Allowed is a result that the
 * decoder's own check accepts (an error, or the very same as with memory), or the end by memory.c,
 * which says so; nothing else. Included once. */
#ifndef UNIT_ALLOCATIONS_H
#define UNIT_ALLOCATIONS_H
#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A sanitizer's own start asks for memory, before it could watch whoever gives it. */
#define UNWATCHED __attribute__((no_sanitize("address", "undefined", "thread")))

/* How many allocations from now the one that fails is; 0: none fails. */
static size_t allocations_until;

UNWATCHED static bool allocation_fails(void)
{
    return allocations_until > 0 && --allocations_until == 0;
}

/* The program's own functions stand before the libraries', a sanitizer's among them, which they
 * call. What is asked for while those are looked up comes from here and is never given back. */
static _Alignas(16) char early[8192];
static size_t early_used;

UNWATCHED static void *early_new(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (size > sizeof early - early_used)
        abort();
    early_used += size;
    return early + early_used - size;
}

UNWATCHED static bool is_early(const void *pointer)
{
    return (uintptr_t)pointer - (uintptr_t)early < sizeof early;
}

UNWATCHED static void *next_function(const char *name, void **kept)
{
    static volatile bool is_looking; /* the compiler takes dlsym for one that calls nobody here */
    if (*kept == NULL && !is_looking) {
        is_looking = true;
        *kept = dlsym(RTLD_NEXT, name);
        is_looking = false;
    }
    return *kept;
}

UNWATCHED void *malloc(size_t size)
{
    static void *kept;
    void *(*next)(size_t) = (void *(*)(size_t))next_function("malloc", &kept);
    if (allocation_fails())
        return NULL;
    return next ? next(size) : early_new(size);
}

UNWATCHED void *calloc(size_t count, size_t size)
{
    static void *kept;
    void *(*next)(size_t, size_t) = (void *(*)(size_t, size_t))next_function("calloc", &kept);
    if (allocation_fails())
        return NULL;
    return next ? next(count, size) : early_new(count * size);
}

UNWATCHED void *realloc(void *old, size_t size)
{
    static void *kept;
    void *(*next)(void *, size_t) = (void *(*)(void *, size_t))next_function("realloc", &kept);
    if (allocation_fails())
        return NULL;
    return next ? next(old, size) : early_new(size);
}

UNWATCHED void free(void *pointer)
{
    static void *kept;
    void (*next)(void *) = (void (*)(void *))next_function("free", &kept);
    if (!is_early(pointer) && next)
        next(pointer);
}

/* Runs the decoder on one input and says whether the result may be. */
typedef bool allocations_run(const void *input);

enum {
    ALLOCATIONS_REACHED = 0,
    ALLOCATIONS_WRONG = 10,
    ALLOCATIONS_PASSED = 11,
    ALLOCATIONS_MAX = 20000
};

static inline int allocations_child(allocations_run *run, const void *input, size_t which, int set)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL); /* cmocka's would end the child as if it had chosen to */
    dup2(set, STDERR_FILENO);
    allocations_until = which;
    bool is_right = run(input);
    bool was_reached = allocations_until == 0;
    allocations_until = 0;
    if (!is_right)
        return ALLOCATIONS_WRONG;
    return was_reached ? ALLOCATIONS_REACHED : ALLOCATIONS_PASSED;
}

static inline bool allocations_one(const char *name, allocations_run *run, const void *input,
                                   size_t which)
{
    char message[4096] = "";
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(allocations_child(run, input, which, ends[1]));
    close(ends[1]);
    size_t len = 0;
    ssize_t got;
    while (len < sizeof message - 1 &&
           (got = read(ends[0], message + len, sizeof message - 1 - len)) > 0)
        len += (size_t)got;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    bool is_clean_abort = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
                          strstr(message, "event=out_of_memory") != NULL;
    if (!is_clean_abort && !(WIFEXITED(status) && (WEXITSTATUS(status) == ALLOCATIONS_REACHED ||
                                                   WEXITSTATUS(status) == ALLOCATIONS_PASSED)))
        fail_msg("%s, allocation %zu: %s %d\n%s", name, which,
                 WIFEXITED(status) ? "exit" : "signal",
                 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), message);
    return is_clean_abort || WEXITSTATUS(status) == ALLOCATIONS_REACHED;
}

/* Until a run ends without having met the one that fails. */
static inline void allocations_sweep(const char *name, allocations_run *run, const void *input)
{
    size_t which = 1;
    assert_true(run(input));
    while (allocations_one(name, run, input, which))
        assert_true(++which < ALLOCATIONS_MAX);
    print_message("%s: %zu allocations\n", name, which - 1);
    assert_true(which > 1);
}

#endif
