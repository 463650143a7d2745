/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/inet_diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

/* The kernel fills at most that much for one read. */
enum { ROOM = 32768 };

#define STATES (((1U << (TCP_CLOSING + 1)) - 1) & ~(1U << TCP_LISTEN))

struct request {
    struct nlmsghdr head;
    struct inet_diag_req_v2 body;
};

enum progress { MORE, FINISHED, FAILED };

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool ask(int fd, int family)
{
    struct request request = {
        .head = {.nlmsg_len = sizeof request,
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                 .nlmsg_seq = (uint32_t)family},
        .body = {.sdiag_family = (uint8_t)family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = STATES}};
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    return sendto(fd, &request, sizeof request, 0, (struct sockaddr *)&kernel, sizeof kernel) ==
           (ssize_t)sizeof request;
}

static struct address read_v4(const void *ip, in_port_t port)
{
    struct address address = {.v4 = {.sin_family = AF_INET, .sin_port = port}, .len = sizeof address.v4};
    memcpy(&address.v4.sin_addr, ip, sizeof address.v4.sin_addr);
    return address;
}

static struct address read_v6(const void *ip, in_port_t port)
{
    struct address address = {.v6 = {.sin6_family = AF_INET6, .sin6_port = port}, .len = sizeof address.v6};
    memcpy(&address.v6.sin6_addr, ip, sizeof address.v6.sin6_addr);
    return address;
}

static bool is_mapped(const void *ip)
{
    struct in6_addr address;
    memcpy(&address, ip, sizeof address);
    return IN6_IS_ADDR_V4MAPPED(&address);
}

/* The kernel zeroes what it doesn't use of an address. */
static void visit(const struct inet_walk *walk, const struct inet_diag_msg *message)
{
    const struct inet_diag_sockid *id = &message->id;
    struct inet_socket socket = {.state = message->idiag_state};
    if (message->idiag_family == AF_INET) {
        socket.local = read_v4(id->idiag_src, id->idiag_sport);
        socket.remote = read_v4(id->idiag_dst, id->idiag_dport);
    } else if (is_mapped(id->idiag_src)) {
        socket.is_mapped = true;
        socket.local = read_v4(&id->idiag_src[3], id->idiag_sport);
        socket.remote = read_v4(&id->idiag_dst[3], id->idiag_dport);
    } else {
        socket.local = read_v6(id->idiag_src, id->idiag_sport);
        socket.remote = read_v6(id->idiag_dst, id->idiag_dport);
    }
    walk->visit(walk->owner, &socket);
}

static enum progress read_error(const struct nlmsghdr *head)
{
    const struct nlmsgerr *said = NLMSG_DATA(head);
    errno = head->nlmsg_len >= NLMSG_LENGTH(sizeof *said) ? -said->error : EPROTO;
    return FAILED;
}

static enum progress read_messages(const struct inet_walk *walk, const struct nlmsghdr *head, size_t len)
{
    for (; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len)) {
        if (head->nlmsg_type == NLMSG_DONE)
            return FINISHED;
        if (head->nlmsg_type == NLMSG_ERROR)
            return read_error(head);
        if (head->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
            head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
            visit(walk, NLMSG_DATA(head));
    }
    return MORE;
}

static bool wait_readable(int fd, uint64_t end)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    uint64_t now = now_ms();
    return now < end && poll(&readable, 1, (int)(end - now)) == 1;
}

/* False with errno set. */
static bool walk_family(struct inet_walk *walk, int fd, int family, uint64_t end)
{
    _Alignas(struct nlmsghdr) char room[ROOM];
    enum progress progress = MORE;
    if (!ask(fd, family))
        return false;
    while (progress == MORE) {
        if (!wait_readable(fd, end)) {
            walk->cut = true;
            return true;
        }
        ssize_t len = recv(fd, room, sizeof room, MSG_DONTWAIT);
        if (len > 0)
            progress = read_messages(walk, (const struct nlmsghdr *)(const void *)room, (size_t)len);
        else if (len == 0 || (errno != EINTR && errno != EAGAIN))
            return false;
    }
    return progress == FINISHED;
}

static const char *reason(void)
{
    switch (errno) {
    case ENOENT:
        return "this kernel does not tell about TCP sockets: the modules inet_diag and tcp_diag are missing";
    case EPERM:
    case EACCES:
    case EAFNOSUPPORT:
    case ENOSYS:
        return "this process may not ask the kernel: AF_NETLINK is forbidden (seccomp, RestrictAddressFamilies)";
    default:
        return "the kernel cannot tell about TCP sockets now";
    }
}

/* A dump that is under way makes the next one fail, so each family has a socket of its own. */
static bool walk_once(struct inet_walk *walk, int family, uint64_t end)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0)
        return false;
    bool fine = walk_family(walk, fd, family, end);
    int error = errno;
    close(fd);
    errno = error;
    return fine;
}

const char *inet_diag_walk(struct inet_walk *walk)
{
    uint64_t end = now_ms() + walk->limit;
    walk->cut = false;
    if (!walk_once(walk, AF_INET, end))
        return reason();
    /* A kernel without IPv6 has no such sockets. */
    if (!walk->cut && !walk_once(walk, AF_INET6, end) && errno != ENOENT)
        return reason();
    return NULL;
}
