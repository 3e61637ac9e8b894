/* A YAML configuration file, up to the tree with its places. */
#include <stdint.h>

#include "settings/yamltree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct faultlist faults;
    struct yamltree tree;
    struct buf shown;
    faultlist_init(&faults);
    yamltree_init(&tree);
    buf_init(&shown, 1 << 20);
    struct yamlnode *root = yamltree_parse(&tree, str_make(size ? (const char *)data : "", size),
                                           faultlist_file(&faults, "fuzz"), &faults);
    ASSERT(root != NULL || faults.faults > 0);
    faultlist_print(&faults, &shown);
    ASSERT(faults.count == 0 || shown.len > 0);
    buf_fini(&shown);
    yamltree_fini(&tree);
    faultlist_fini(&faults);
    return 0;
}
