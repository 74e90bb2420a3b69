// What the load generators have in common: the clock, the mark in each event, connections, quantiles.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// The data of every event begins with "@@", the nanosecond it was sent in, ".", and its number in its channel.
enum { SENT_DIGITS = 19, NUMBER_DIGITS = 7, MARK_LENGTH = 2 + SENT_DIGITS + 1 + NUMBER_DIGITS };

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + time.tv_nsec;
}

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "%s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

// A socket that is connecting, or connected, to a port of this machine.
static inline int dial(int port)
{
    int one = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (descriptor < 0) die("socket");
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) die("connect");
    return descriptor;
}

static inline double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static inline int ascending(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static inline void sort_times(uint64_t *times, size_t count)
{
    qsort(times, count, sizeof *times, ascending);
}

// In milliseconds; the times are sorted.
static inline double quantile(const uint64_t *times, size_t count, double fraction)
{
    return count ? times[(size_t)(fraction * (count - 1))] / 1e6 : 0;
}
