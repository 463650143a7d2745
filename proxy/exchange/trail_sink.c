/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/trail_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

/* Blocks that may wait for the file: 1 MiB. */
enum { QUEUE_MAX = 32 };

struct trail_sink {
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows, up to the next blank line */
    pthread_cond_t filled;
    pthread_cond_t emptied;
    struct trail_block *first, *last;
    unsigned queued;
    bool writing;
    bool ending;

    atomic_int fd;
    _Atomic uint64_t dropped; /* relaxed: a count */
    atomic_bool give_up;      /* relaxed: what is left at the end has no time any more */
    enum trail_format format;
    char path[];
};

static int open_path(const char *path)
{
    if (strcmp(path, "stdout") == 0)
        return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (strcmp(path, "stderr") == 0)
        return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

/* Waits as long as the file does: this is what the thread is for. False when the rest can't be written at all. */
static bool write_some(struct trail_sink *sink, const struct trail_block *block, size_t *at)
{
    int fd = atomic_load(&sink->fd);
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (atomic_load_explicit(&sink->give_up, memory_order_relaxed))
        return false;
    if (poll(&ready, 1, 100) == 0)
        return true;
    /* At most PIPE_BUF: poll has promised room for that much, so a full pipe can't hold the thread at its end. */
    size_t left = block->len - *at;
    ssize_t written = write(fd, block->bytes + *at, left < 4096 ? left : 4096);
    if (written >= 0)
        *at += (size_t)written;
    else if (errno != EINTR && errno != EAGAIN) {
        log_write_limited(LOG_ERROR, "access log %s: %s; lines are lost", sink->path, strerror(errno));
        return false;
    }
    return true;
}

static void count_lost(struct trail_sink *sink, unsigned lines)
{
    atomic_fetch_add_explicit(&sink->dropped, lines, memory_order_relaxed);
}

static void write_block(struct trail_sink *sink, struct trail_block *block)
{
    size_t at = 0;
    while (at < block->len)
        if (!write_some(sink, block, &at)) {
            count_lost(sink, block->lines);
            break;
        }
    free(block);
}

static struct trail_block *take(struct trail_sink *sink)
{
    while (sink->first == NULL && !sink->ending)
        pthread_cond_wait(&sink->filled, &sink->lock);
    struct trail_block *block = sink->first;
    if (block == NULL)
        return NULL;
    sink->first = block->next;
    if (sink->first == NULL)
        sink->last = NULL;
    sink->queued--;
    return block;
}

static void *write_blocks(void *arg)
{
    struct trail_sink *sink = arg;
    pthread_mutex_lock(&sink->lock);
    for (struct trail_block *block; (block = take(sink)) != NULL;) {
        pthread_mutex_unlock(&sink->lock);
        write_block(sink, block);
        pthread_mutex_lock(&sink->lock);
    }
    sink->writing = false;
    pthread_cond_signal(&sink->emptied);
    pthread_mutex_unlock(&sink->lock);
    return NULL;
}

static void sink_free(struct trail_sink *sink)
{
    close(atomic_load(&sink->fd));
    pthread_mutex_destroy(&sink->lock);
    pthread_cond_destroy(&sink->filled);
    pthread_cond_destroy(&sink->emptied);
    free(sink);
}

struct trail_sink *trail_sink_open(const char *path, enum trail_format format)
{
    int fd = open_path(path);
    struct trail_sink *sink = fd < 0 ? NULL : calloc(1, sizeof *sink + strlen(path) + 1);
    if (sink == NULL) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    memcpy(sink->path, path, strlen(path) + 1);
    sink->format = format;
    sink->writing = true;
    atomic_init(&sink->fd, fd);
    pthread_mutex_init(&sink->lock, NULL);
    pthread_cond_init(&sink->filled, NULL);
    pthread_cond_init(&sink->emptied, NULL);
    int error = pthread_create(&sink->thread, NULL, write_blocks, sink);
    if (error == 0)
        return sink;
    sink_free(sink);
    errno = error;
    return NULL;
}

/* The number stays: a write that is under way never meets a closed descriptor. */
bool trail_sink_reopen(struct trail_sink *sink)
{
    int fd = open_path(sink->path);
    if (fd < 0)
        return false;
    bool replaced = dup3(fd, atomic_load(&sink->fd), O_CLOEXEC) >= 0;
    close(fd);
    return replaced;
}

static bool wait_written(struct trail_sink *sink, unsigned limit)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += limit / 1000;
    until.tv_nsec += (long)(limit % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (sink->writing)
        if (pthread_cond_timedwait(&sink->emptied, &sink->lock, &until) == ETIMEDOUT)
            return !sink->writing;
    return true;
}

void trail_sink_close(struct trail_sink *sink, unsigned limit)
{
    if (sink == NULL)
        return;
    pthread_mutex_lock(&sink->lock);
    sink->ending = true;
    pthread_cond_signal(&sink->filled);
    bool written = wait_written(sink, limit);
    atomic_store_explicit(&sink->give_up, !written, memory_order_relaxed);
    pthread_mutex_unlock(&sink->lock);
    pthread_join(sink->thread, NULL);
    sink_free(sink);
}

uint64_t trail_sink_dropped(const struct trail_sink *sink)
{
    return atomic_load_explicit(&sink->dropped, memory_order_relaxed);
}

enum trail_format trail_sink_format(const struct trail_sink *sink)
{
    return sink->format;
}

void trail_sink_lose(struct trail_sink *sink, unsigned lines)
{
    count_lost(sink, lines);
    log_write_limited(LOG_WARN, "access log %s: lines are dropped because it takes them too slowly",
                      sink->path);
}

static bool append(struct trail_sink *sink, struct trail_block *block)
{
    if (sink->queued == QUEUE_MAX)
        return false;
    block->next = NULL;
    if (sink->last != NULL)
        sink->last->next = block;
    else
        sink->first = block;
    sink->last = block;
    sink->queued++;
    return true;
}

void trail_sink_put(struct trail_sink *sink, struct trail_block *block)
{
    pthread_mutex_lock(&sink->lock);
    bool fits = append(sink, block);
    if (fits)
        pthread_cond_signal(&sink->filled);
    pthread_mutex_unlock(&sink->lock);
    if (fits)
        return;
    trail_sink_lose(sink, block->lines);
    free(block);
}
