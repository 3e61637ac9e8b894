/* ${env:NAME} and ${file:/path} in the texts of the configuration. What they stand for never
 * reaches a fault: faults name the variable or the file. One thread (getenv). */
#ifndef SETTINGS_SECRET_H
#define SETTINGS_SECRET_H
#include "base/buf.h"
#include "base/fault.h"

enum { SECRET_FILE_BYTES = 64 * 1024 };

/* Appends the text with each ${…} replaced; "$${" stands for "${" itself. A file loses a byte
 * order mark and its final line ends, and must be a regular one. False with the message in *why: no
 * such variable, unreadable file, unknown source. */
bool secret_expand(struct str text, struct buf *out, struct fault *why) MUST_USE;
/* Holds a ${…}: it was not written out in the file. */
bool secret_is_elsewhere(struct str text);

#endif
