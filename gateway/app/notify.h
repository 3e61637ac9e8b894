/* Tells the service manager how we stand, as sd_notify(3) does, without its library: a datagram to
 * the unix socket that $NOTIFY_SOCKET names. Without that variable nothing happens; a manager that
 * does not listen is none of our troubles. The main thread. */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The address that $NOTIFY_SOCKET's value stands for: a path, or '@' and an abstract name. Its
 * length, 0: no such address. Pure. */
socklen_t notify_address(const char *value, struct sockaddr_un *out);

void notify_ready(void);     /* the clients' port is open */
void notify_reloading(void); /* a configuration is being read; ends with notify_reloaded */
void notify_reloaded(bool is_taken);
void notify_stopping(void); /* draining */

#endif
