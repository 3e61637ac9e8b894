/* What can be wrong with a Redis, in our words, and the errors it says it by. Pure. */
#ifndef CACHE_REDISTROUBLE_H
#define CACHE_REDISTROUBLE_H
#include "base/str.h"

enum redistrouble {
    REDISTROUBLE_NONE,
    REDISTROUBLE_NAME,        /* its name cannot be resolved */
    REDISTROUBLE_UNREACHABLE, /* no connection comes about */
    REDISTROUBLE_SILENT,      /* connected, no answer in time */
    REDISTROUBLE_LOST,        /* the connection ended */
    REDISTROUBLE_DENIED,      /* the login or a right */
    REDISTROUBLE_LOADING,     /* not ready yet */
    REDISTROUBLE_FULL,        /* its memory */
    REDISTROUBLE_READONLY,    /* takes no writes */
    REDISTROUBLE_ILLFORMED,   /* a value that is not ours */
    REDISTROUBLE_LARGE,       /* a value beyond our ceiling */
    REDISTROUBLE_CROWDED,     /* too much under way already */
    REDISTROUBLE_OTHER,       /* another error */
    REDISTROUBLE_COUNT,
};

const char *redistrouble_words(enum redistrouble trouble); /* "cannot be reached" */
/* By the error's first word. */
enum redistrouble redistrouble_of_error(struct str error);
/* That word when it is one (capitals only, at most 20), else "": what else an error says may be
 * anything and is never shown. Borrowed from error. */
struct str redistrouble_name(struct str error);

#endif
