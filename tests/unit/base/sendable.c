/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sendable.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { BLOCKS = 64, ROUNDS = 2000 };

static void blocks_never_overlap_and_are_zeroed(void **state)
{
    static struct {
        char *at;
        size_t size;
    } blocks[BLOCKS];
    unsigned dice = 1;
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        dice = dice * 1664525u + 1013904223u;
        size_t n = (dice >> 16) % BLOCKS;
        if (blocks[n].at != NULL) {
            assert_int_equal(blocks[n].at[0], (char)n + 1);
            assert_int_equal(blocks[n].at[blocks[n].size - 1], (char)n + 1);
            sendable_give(blocks[n].at, blocks[n].size);
        }
        blocks[n].size = SENDABLE_MIN + (dice >> 8) % (300 * 1024);
        blocks[n].at = sendable_take(blocks[n].size);
        assert_non_null(blocks[n].at);
        assert_int_equal(blocks[n].at[0], 0);
        assert_int_equal(blocks[n].at[blocks[n].size - 1], 0);
        blocks[n].at[0] = blocks[n].at[blocks[n].size - 1] = (char)n + 1;
    }
    for (size_t n = 0; n < BLOCKS; n++)
        if (blocks[n].at != NULL)
            sendable_give(blocks[n].at, blocks[n].size);
}

/* So that page tables of addresses that were used once don't pile up. */
static void what_was_given_back_is_used_first(void **state)
{
    char *first = sendable_take(SENDABLE_MIN), *second = sendable_take(SENDABLE_MIN), *large = NULL;
    (void)state;
    sendable_give(first, SENDABLE_MIN);
    large = sendable_take(300 * 1024);
    assert_true(large > second);
    assert_ptr_equal(sendable_take(SENDABLE_MIN), first);
    sendable_give(second, SENDABLE_MIN);
    assert_ptr_equal(sendable_take(SENDABLE_MIN), second);
    sendable_give(first, SENDABLE_MIN);
    sendable_give(second, SENDABLE_MIN);
    sendable_give(large, 300 * 1024);
    assert_ptr_equal(sendable_take(300 * 1024), first);
    sendable_give(first, 300 * 1024);
}

static void other_memory_is_in_no_file(void **state)
{
    off_t offset = 0;
    char here = 0;
    (void)state;
    assert_int_equal(sendable_file(&here, &offset), -1);
    char *block = sendable_take(SENDABLE_MIN);
    assert_true(sendable_file(block + 5, &offset) >= 0);
    assert_int_equal(sendable_file(&here, &offset), -1);
    sendable_give(block, SENDABLE_MIN);
}

/* Two ends of a TCP connection: what is sent waits in the kernel by reference. */
static void connect_pair(int ends[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(ends[0], (struct sockaddr *)&address, sizeof address), 0);
    ends[1] = accept(listener, NULL, NULL);
    assert_true(ends[1] >= 0);
    close(listener);
}

static void what_is_on_its_way_does_not_change(void **state)
{
    int ends[2];
    off_t offset = 0;
    static char got[SENDABLE_MIN];
    (void)state;
    connect_pair(ends);
    char *block = sendable_take(SENDABLE_MIN);
    memset(block, 'a', SENDABLE_MIN);
    int file = sendable_file(block, &offset);
    assert_int_equal(sendfile(ends[0], file, &offset, SENDABLE_MIN), SENDABLE_MIN);
    sendable_give(block, SENDABLE_MIN);
    char *others[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        others[i] = sendable_take(SENDABLE_MIN);
        memset(others[i], 'b', SENDABLE_MIN);
    }
    assert_int_equal(recv(ends[1], got, sizeof got, MSG_WAITALL), SENDABLE_MIN);
    for (size_t i = 0; i < sizeof got; i++)
        assert_int_equal(got[i], 'a');
    for (size_t i = 0; i < BLOCKS; i++)
        sendable_give(others[i], SENDABLE_MIN);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_never_overlap_and_are_zeroed),
        cmocka_unit_test(what_was_given_back_is_used_first),
        cmocka_unit_test(other_memory_is_in_no_file),
        cmocka_unit_test(what_is_on_its_way_does_not_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
