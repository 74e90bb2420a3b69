// publish: one publisher on one connection; prints what it measured as one line of JSON.
//
//   publish --port N --events N [--seconds N] [--window 32 | --rate N] [--batch N]
//           [--path /channels/c%d] [--channels 1] [--first 0] [--size 100] [--also-accept 202]
//
// With --window so many requests are unanswered at a time; with --rate they are sent when they are due, whether or not
// the ones before were answered, and answer times count from when they were due. --batch sends so many events a request
// as NDJSON. Requests go over the channels in turn; in each channel the events are numbered from --first on.
#include "common.h"
#include <poll.h>

enum { MOST_SIZE = 4096, MOST_BATCH = 1000, CONTENT_CAPACITY = MOST_BATCH * 1024, PATIENCE_MS = 30000 };

static int port, window = 32, batch, size = 100, channels = 1, also_accepted;
static long event_limit, first_number;
static double second_limit = 1e9, rate;
static const char *path = "/channels/c%d";

static int connection;
static char *out;
static size_t out_capacity, out_begin, out_end;
static char in[1 << 18];
static size_t in_length;

static uint64_t start, last_answer;
static long request_total, sent, answered, refused;
static int refused_status;
static uint64_t *begun, latest_ns;  // When each request was due; after its answer how long that took.

static int events_per_request(void) { return batch ? batch : 1; }
static uint64_t due(long request) { return start + (uint64_t)(request * 1e9 / rate); }

static size_t append_event(char *to, uint64_t time, long number)
{
    size_t length = sprintf(to, "@@%0*llu.%0*ld", SENT_DIGITS, (unsigned long long)time, NUMBER_DIGITS, number);
    memset(to + length, 'x', size - length);
    return size;
}

static size_t append_line(char *to, uint64_t time, long number)
{
    static const char before[] = "{\"data\":\"", after[] = "\"}\n";
    size_t length = sizeof before - 1;
    memcpy(to, before, length);
    length += append_event(to + length, time, number);
    memcpy(to + length, after, sizeof after - 1);
    return length + sizeof after - 1;
}

static size_t make_content(char *content, long request)
{
    uint64_t time = now_ns();
    long number = first_number + request / channels * events_per_request();
    if (!batch) return append_event(content, time, number);
    size_t length = 0;
    for (int i = 0; i < batch; i++) length += append_line(content + length, time, number + i);
    return length;
}

static void reserve_out(size_t more)
{
    if (out_begin == out_end) out_begin = out_end = 0;
    if (out_end + more <= out_capacity) return;
    out_capacity = 2 * (out_end + more);
    if (!(out = realloc(out, out_capacity))) die("memory");
}

static void append_request(long request)
{
    static char content[CONTENT_CAPACITY];
    size_t length = make_content(content, request);
    reserve_out(length + 1024);
    char target[256];
    snprintf(target, sizeof target, path, (int)(request % channels));
    out_end += sprintf(out + out_end,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", target,
        batch ? "application/x-ndjson" : "text/plain", length);
    memcpy(out + out_end, content, length);
    out_end += length;
}

static bool may_send(uint64_t now)
{
    if (sent == request_total) return false;
    return rate > 0 ? due(sent) <= now : sent - answered < window;
}

static void send_what_may_go(void)
{
    uint64_t now = now_ns();
    if (now - start > second_limit * 1e9) request_total = sent;
    while (may_send(now)) {
        begun[sent] = rate > 0 ? due(sent) : now;
        if (now - begun[sent] > latest_ns) latest_ns = now - begun[sent];
        append_request(sent++);
    }
    if (out_begin == out_end) return;
    ssize_t written = write(connection, out + out_begin, out_end - out_begin);
    if (written > 0) out_begin += written;
    else if (errno != EAGAIN && errno != ENOTCONN) die("write");
}

// The content length that a head states; the head ends with an empty line.
static size_t content_length(const char *head)
{
    static const char name[] = "Content-Length:";
    for (const char *line = strchr(head, '\n'); line && line[1] != '\r'; line = strchr(line + 1, '\n'))
        if (!strncasecmp(line + 1, name, sizeof name - 1)) return strtoul(line + sizeof name, NULL, 10);
    errno = 0;
    die("an answer has no Content-Length");
}

static void count_answer(int status, uint64_t now)
{
    if (answered == sent) die("an answer to no request");
    if (status != 201 && status != also_accepted) {
        refused++;
        refused_status = status;
    }
    begun[answered] = now - begun[answered];
    answered++;
    last_answer = now;
}

static void take_answers(void)
{
    uint64_t now = now_ns();
    char *at = in, *end = in + in_length, *head_end;
    while ((head_end = memmem(at, end - at, "\r\n\r\n", 4))) {
        size_t length = head_end + 4 - at + content_length(at);
        if ((size_t)(end - at) < length) break;
        count_answer(atoi(at + strlen("HTTP/1.1 ")), now);
        at += length;
    }
    in_length = end - at;
    memmove(in, at, in_length);
}

static void receive(void)
{
    ssize_t length = read(connection, in + in_length, sizeof in - 1 - in_length);
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) die("the server closed the connection");
    in_length += length;
    in[in_length] = 0;
    take_answers();
}

static void wait_for_something(void)
{
    struct pollfd events = {.fd = connection, .events = POLLIN | (out_begin < out_end ? POLLOUT : 0)};
    int64_t nanoseconds = PATIENCE_MS * 1000000ll;
    if (rate > 0 && sent < request_total) nanoseconds = (int64_t)(due(sent) - now_ns());
    if (nanoseconds < 0) nanoseconds = 0;
    struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    int count = ppoll(&events, 1, &timeout, NULL);
    if (count < 0) die("poll");
    if (count == 0 && nanoseconds == PATIENCE_MS * 1000000ll) die("no answer for a long time");
    if (events.revents & (POLLIN | POLLHUP | POLLERR)) receive();
}

static void report(void)
{
    double seconds = (last_answer - start) / 1e9;
    long events = answered * events_per_request();
    sort_times(begun, answered);
    printf("{\"events\":%ld,\"requests\":%ld,\"refused\":%ld,\"refused_status\":%d,\"seconds\":%.3f,\"per_s\":%.1f,"
           "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"late_ms\":%.3f,\"own_cpu\":%.3f}\n",
        events, answered, refused, refused_status, seconds, events / seconds, quantile(begun, answered, .5),
        quantile(begun, answered, .99), quantile(begun, answered, 1), latest_ns / 1e6, cpu_seconds() / seconds);
}

static void read_options(int count, char **arguments)
{
    static const struct option options[] = {{"port", 1, 0, 'p'}, {"events", 1, 0, 'e'}, {"seconds", 1, 0, 's'},
        {"window", 1, 0, 'w'}, {"rate", 1, 0, 'r'}, {"batch", 1, 0, 'b'}, {"path", 1, 0, 'P'}, {"channels", 1, 0, 'c'},
        {"first", 1, 0, 'f'}, {"size", 1, 0, 'z'}, {"also-accept", 1, 0, 'a'}, {0}};
    int option;
    while ((option = getopt_long(count, arguments, "", options, 0)) != -1) switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'e': event_limit = atol(optarg); break;
        case 's': second_limit = atof(optarg); break;
        case 'w': window = atoi(optarg); break;
        case 'r': rate = atof(optarg); break;
        case 'b': batch = atoi(optarg); break;
        case 'P': path = optarg; break;
        case 'c': channels = atoi(optarg); break;
        case 'f': first_number = atol(optarg); break;
        case 'z': size = atoi(optarg); break;
        case 'a': also_accepted = atoi(optarg); break;
        default: exit(2);
        }
    errno = EINVAL;
    if (size < MARK_LENGTH || size > MOST_SIZE || batch > MOST_BATCH || event_limit < 1) die("options");
    if ((size_t)batch * (size + 16) > CONTENT_CAPACITY) die("a batch that large");
}

int main(int count, char **arguments)
{
    read_options(count, arguments);
    request_total = event_limit / events_per_request();
    begun = calloc(request_total, sizeof *begun);
    connection = dial(port);
    start = now_ns();
    while (answered < request_total) {
        send_what_may_go();
        if (answered < request_total) wait_for_something();
    }
    report();
    return 0;
}
