/* What the operator says about the admin listener. Owned by the configuration. */
#ifndef ADMIN_ADMIN_SETTINGS_H
#define ADMIN_ADMIN_SETTINGS_H
#include "base/digest.h"
#include "http/listener_settings.h"

struct admin_settings {
    struct listener_settings listener;
    bool has_token;
    struct digest token; /* SHA-256; compared in constant time */
};

#endif
