/* Opening a file whose path somebody configured: a pipe, a socket or a device in its place could
 * hold the thread for as long as its other end likes, so only regular files are opened. Any
 * thread. */
#ifndef BASE_REGULARFILE_H
#define BASE_REGULARFILE_H
#include <stdbool.h>

/* A descriptor to read from, or -1 and why in *reason_out ("No such file or directory"); errno is
 * ENOENT only where there is nothing of that name. */
int regularfile_open(const char *path, const char **reason_out);
/* Whether it could be opened. */
bool regularfile_is(const char *path, const char **reason_out);

#endif
