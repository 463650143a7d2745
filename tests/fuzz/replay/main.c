/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds every file of the folders named as arguments through the fuzz target it is linked with: a corpus as an
 * ordinary test, for compilers without libFuzzer. An empty input goes first, so that a missing corpus tests too. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (file == NULL || fstat(fileno(file), &status) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    if (!S_ISREG(status.st_mode)) {
        fclose(file);
        return 0;
    }
    size_t len = (size_t)status.st_size;
    uint8_t *bytes = malloc(len > 0 ? len : 1); /* exact, so that a read past the end is seen */
    if (bytes == NULL || fread(bytes, 1, len, file) != len) {
        fprintf(stderr, "%s: can't be read whole\n", path);
        exit(1);
    }
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, len);
    free(bytes);
    return 1;
}

/* How many files were replayed. */
static int replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        fprintf(stderr, "%s: %s; only the empty input was tried\n", path, strerror(errno));
        return 0;
    }
    int count = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char file[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        /* The last line on the terminal names the input that crashed. */
        printf("%s\n", file);
        fflush(stdout);
        count += replay_file(file);
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    if (LLVMFuzzerInitialize != NULL)
        LLVMFuzzerInitialize(&argc, &argv);
    uint8_t *nothing = malloc(1);
    LLVMFuzzerTestOneInput(nothing, 0);
    free(nothing);
    int count = 0;
    for (int i = 1; i < argc; i++)
        count += replay_folder(argv[i]);
    printf("%d inputs replayed\n", count);
    return 0;
}
