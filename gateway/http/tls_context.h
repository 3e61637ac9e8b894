/* The files of this room see the context behind struct tls_context (see listener.h). */
#ifndef HTTP_TLS_CONTEXT_H
#define HTTP_TLS_CONTEXT_H
#include <openssl/ssl.h>

#include "http/listener.h"

SSL *tls_context_session(const struct tls_context *context); /* NULL: no memory */

#endif
