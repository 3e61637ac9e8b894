/* Runs a fuzz target over the files of the folders named on the command line, without libFuzzer:
 * seeds and findings as regression tests. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *bytes;
    long size;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        printf("[  FAILED  ] %s\n", path);
        exit(1);
    }
    rewind(file);
    /* Exactly as long as the input, so that a sanitizer sees the first byte beyond it. */
    bytes = malloc((size_t)size ? (size_t)size : 1);
    if (bytes == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size)
        abort();
    fclose(file);
    LLVMFuzzerTestOneInput((const uint8_t *)bytes, (size_t)size);
    free(bytes);
    printf("[       OK ] %s\n", strrchr(path, '/') + 1);
    return 1;
}

static size_t replay_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;
    size_t count = 0;
    if (entries == NULL)
        return 0;
    while ((entry = readdir(entries)) != NULL) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        count += replay_file(path);
    }
    closedir(entries);
    return count;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    for (int i = 1; i < argc; i++)
        count += replay_folder(argv[i]);
    if (argc == 1) {
        count += replay_folder(FUZZ_CORPUS);
        count += replay_folder(FUZZ_FOUND);
    }
    return count > 0 ? 0 : 1;
}
