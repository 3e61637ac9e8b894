/* uthash's tables, which end like all that needs memory when there is none: left alone it would end
 * the program in silence, by exit(-1). Always by this header. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H
#include "base/memory.h"

#define uthash_fatal(message) memory_ran_out()
#include <uthash.h>

#endif
