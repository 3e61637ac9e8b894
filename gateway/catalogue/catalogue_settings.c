/* See catalogue_settings.h. */
#include "catalogue/catalogue_settings.h"

#include <stdlib.h>

static void catalogue_settings_free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

static void catalogue_settings_service_fini(struct service_settings *service)
{
    for (size_t i = 0; i < service->offer_count; i++) {
        free(service->offers[i].provider);
        free(service->offers[i].service);
    }
    free(service->offers);
    free(service->name);
    free(service->category);
}

static void catalogue_settings_import_fini(struct import_settings *import)
{
    free(import->provider);
    catalogue_settings_free_texts(import->categories, import->category_count);
    free(import->types);
    catalogue_settings_free_texts(import->services, import->service_count);
}

void catalogue_settings_fini(struct catalogue_settings *settings)
{
    for (size_t i = 0; i < settings->service_count; i++)
        catalogue_settings_service_fini(&settings->services[i]);
    for (size_t i = 0; i < settings->import_count; i++)
        catalogue_settings_import_fini(&settings->imports[i]);
    free(settings->services);
    free(settings->imports);
    free(settings->currency);
    *settings = (struct catalogue_settings){0};
}
