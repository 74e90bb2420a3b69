// readers: many event-stream readers in one process; prints what they got as one line of JSON.
//
//   readers --port N --until N [--from 0] [--readers 1] [--channels 1] [--path /channels/c%d] [--cursors FILE]
//           [--until-first N] [--served-at N] [--timeout 60]
//
// The readers are spread over the channels and come all at once, each with its channel's cursor: a line of FILE.
// Each must get the events --from up to, not including, --until (on the first channel: --until-first), in order; one
// that has all before --served-at is served. A line "ready" tells that every reader has got an answer.
// "own_stall_ms" is the longest time in which this process itself did not look at its connections.
#include "common.h"
#include <sys/epoll.h>

enum { LOOK_MS = 5 };

typedef struct {
    int descriptor, channel, tail_length;
    bool is_asked, is_answered, is_served, is_finished;
    long next;  // The number of the event that must come next.
    char tail[MARK_LENGTH];
} Reader;

static int port, reader_count = 1, channels = 1;
static long from, until, until_first, served_at;
static double timeout_seconds = 60;
static const char *path = "/channels/c%d", *cursor_file;

static Reader *readers;
static char (*cursors)[160];
static int poller;
static uint64_t start, served_ns, finished_ns, own_stall;
static int answered, served, finished, closed;
static long events, lost, repeated;
static uint64_t *delays;
static size_t delay_capacity;

static void read_cursors(void)
{
    if (!cursor_file) return;
    cursors = calloc(channels, sizeof *cursors);
    FILE *file = fopen(cursor_file, "r");
    if (!file) die(cursor_file);
    for (int i = 0; i < channels; i++)
        if (fscanf(file, "%159s", cursors[i]) != 1) die("too few cursors");
    fclose(file);
}

static void connect_readers(void)
{
    for (int i = 0; i < reader_count; i++) {
        Reader *reader = &readers[i];
        *reader = (Reader){.descriptor = dial(port), .channel = i % channels, .next = from};
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = reader};
        epoll_ctl(poller, EPOLL_CTL_ADD, reader->descriptor, &event);
    }
}

static void ask(Reader *reader)
{
    char target[256], request[1024];
    snprintf(target, sizeof target, path, reader->channel);
    int length = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n%s%s%s\r\n", target,
        cursors ? "Last-Event-ID: " : "", cursors ? cursors[reader->channel] : "", cursors ? "\r\n" : "");
    if (write(reader->descriptor, request, length) != length) die("request");
    reader->is_asked = true;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = reader};
    epoll_ctl(poller, EPOLL_CTL_MOD, reader->descriptor, &event);
}

static void note_delay(uint64_t delay)
{
    if ((size_t)events == delay_capacity) {
        delay_capacity = delay_capacity ? 2 * delay_capacity : 1 << 16;
        if (!(delays = realloc(delays, delay_capacity * sizeof *delays))) die("memory");
    }
    delays[events] = delay;
}

static long end_of(const Reader *reader) { return reader->channel == 0 ? until_first : until; }

static void note_progress(Reader *reader, uint64_t now)
{
    if (!reader->is_served && reader->next >= served_at) {
        reader->is_served = true;
        served++;
        served_ns = now - start;
    }
    if (!reader->is_finished && reader->next >= end_of(reader)) {
        reader->is_finished = true;
        finished++;
        finished_ns = now - start;
    }
}

static void take_event(Reader *reader, const char *mark, uint64_t now)
{
    note_delay(now - strtoull(mark + 2, NULL, 10));
    events++;
    long number = strtol(mark + 2 + SENT_DIGITS + 1, NULL, 10);
    if (number < reader->next) {
        repeated++;
        return;
    }
    lost += number - reader->next;
    reader->next = number + 1;
    note_progress(reader, now);
}

// Takes the events in what was received; a mark that the end cuts is kept for the next time.
static void scan(Reader *reader, char *bytes, size_t length, uint64_t now)
{
    char *at = bytes - reader->tail_length, *end = bytes + length;
    memcpy(at, reader->tail, reader->tail_length);
    reader->tail_length = 0;
    while ((at = memmem(at, end - at, "@@", 2)) && end - at >= MARK_LENGTH) {
        take_event(reader, at, now);
        at += MARK_LENGTH;
    }
    if (!at && end[-1] == '@') at = end - 1;
    if (!at) return;
    reader->tail_length = end - at;
    memcpy(reader->tail, at, reader->tail_length);
}

static void note_answer(Reader *reader, const char *bytes)
{
    static const char good[] = "HTTP/1.1 200";
    reader->is_answered = true;
    if (strncmp(bytes, good, sizeof good - 1)) {
        fprintf(stderr, "a reader was answered: %.200s\n", bytes);
        exit(1);
    }
    if (++answered == reader_count) {
        puts("ready");
        fflush(stdout);
    }
}

static void receive(Reader *reader)
{
    static char buffer[MARK_LENGTH + (1 << 16) + 1];
    char *bytes = buffer + MARK_LENGTH;
    ssize_t length = read(reader->descriptor, bytes, 1 << 16);
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) {
        if (!reader->is_finished) closed++;
        close(reader->descriptor);
        return;
    }
    bytes[length] = 0;
    if (!reader->is_answered) note_answer(reader, bytes);
    scan(reader, bytes, length, now_ns());
}

static void note_stall(uint64_t nanoseconds)
{
    if (nanoseconds > own_stall) own_stall = nanoseconds;
}

static void look(void)
{
    struct epoll_event ready[64];
    uint64_t before = now_ns();
    int count = epoll_wait(poller, ready, 64, LOOK_MS);
    uint64_t after = now_ns(), planned = LOOK_MS * 1000000ull;
    if (count < 0) die("epoll_wait");
    if (count == 0) note_stall(after - before > planned ? after - before - planned : 0);
    for (int i = 0; i < count; i++) {
        Reader *reader = ready[i].data.ptr;
        if (!reader->is_asked && ready[i].events & EPOLLOUT) ask(reader);
        if (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(reader);
    }
    note_stall(now_ns() - after);
}

static void report(void)
{
    double seconds = (now_ns() - start) / 1e9;
    sort_times(delays, events);
    printf("{\"readers\":%d,\"events\":%ld,\"lost\":%ld,\"repeated\":%ld,\"closed\":%d,\"unfinished\":%d,"
           "\"unserved\":%d,\"served_s\":%.3f,\"finished_s\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,"
           "\"own_stall_ms\":%.3f,\"own_cpu\":%.3f}\n",
        reader_count, events, lost, repeated, closed, reader_count - finished, reader_count - served, served_ns / 1e9,
        finished_ns / 1e9, quantile(delays, events, .5), quantile(delays, events, .99), quantile(delays, events, 1),
        own_stall / 1e6, cpu_seconds() / seconds);
}

static void read_options(int count, char **arguments)
{
    static const struct option options[] = {{"port", 1, 0, 'p'}, {"readers", 1, 0, 'n'}, {"channels", 1, 0, 'c'},
        {"path", 1, 0, 'P'}, {"cursors", 1, 0, 'C'}, {"from", 1, 0, 'f'}, {"until", 1, 0, 'u'},
        {"until-first", 1, 0, 'U'}, {"served-at", 1, 0, 's'}, {"timeout", 1, 0, 't'}, {0}};
    int option;
    while ((option = getopt_long(count, arguments, "", options, 0)) != -1) switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'n': reader_count = atoi(optarg); break;
        case 'c': channels = atoi(optarg); break;
        case 'P': path = optarg; break;
        case 'C': cursor_file = optarg; break;
        case 'f': from = atol(optarg); break;
        case 'u': until = atol(optarg); break;
        case 'U': until_first = atol(optarg); break;
        case 's': served_at = atol(optarg); break;
        case 't': timeout_seconds = atof(optarg); break;
        default: exit(2);
        }
    if (!until_first) until_first = until;
    if (!served_at) served_at = until;
}

static void raise_open_files(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int count, char **arguments)
{
    read_options(count, arguments);
    read_cursors();
    raise_open_files();
    readers = calloc(reader_count, sizeof *readers);
    poller = epoll_create1(0);
    start = now_ns();
    connect_readers();
    while (finished + closed < reader_count && now_ns() - start < timeout_seconds * 1e9) look();
    report();
    return 0;
}
