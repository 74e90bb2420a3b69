// libcurl, from 7.87. What Swift cannot import, functions with any number of arguments above all, stands here as a function.
#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

#include <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or later is needed"
#endif

static inline CURLcode pollux_curl_easy_setopt_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode pollux_curl_easy_setopt_text(CURL *easy, CURLoption option, const char *text) {
    return curl_easy_setopt(easy, option, text);
}

static inline CURLcode pollux_curl_easy_setopt_pointer(CURL *easy, CURLoption option, void *pointer) {
    return curl_easy_setopt(easy, option, pointer);
}

// The content of a POST, which is copied.
static inline CURLcode pollux_curl_easy_set_content(CURL *easy, const void *bytes, size_t count) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, bytes);
}

static inline CURLcode pollux_curl_easy_set_fields(CURL *easy, struct curl_slist *fields) {
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
}

typedef size_t (*pollux_curl_receiver)(char *bytes, size_t size, size_t count, void *context);

// Who is given each line of the head, or each piece of the content (CURLOPT_HEADERFUNCTION, CURLOPT_WRITEFUNCTION).
static inline CURLcode pollux_curl_easy_set_receiver(CURL *easy, CURLoption option, pollux_curl_receiver receiver) {
    return curl_easy_setopt(easy, option, receiver);
}

static inline CURLMcode pollux_curl_multi_setopt_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// The status of the last answer; 0 if there is none.
static inline long pollux_curl_easy_status(CURL *easy) {
    long status = 0;
    return curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

// What was set as CURLOPT_PRIVATE.
static inline void *pollux_curl_easy_private(CURL *easy) {
    char *pointer = NULL;
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, &pointer) == CURLE_OK ? pointer : NULL;
}

// How a transfer has ended that a message is about.
static inline CURLcode pollux_curl_message_result(const CURLMsg *message) {
    return message->data.result;
}

#endif
