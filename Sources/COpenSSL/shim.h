// OpenSSL's libssl and libcrypto, from 3.0. What Swift cannot import, macros above all, stands here as a function.
#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "OpenSSL 3.0 or later is needed"
#endif

static inline uint64_t pollux_SSL_options(void) {
    return SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;
}

static inline void pollux_SSL_CTX_set_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY | SSL_MODE_NO_AUTO_CHAIN);
}

// The oldest version of the protocol that is spoken; 0 if nothing is set.
static inline int pollux_SSL_CTX_get_min_proto_version(SSL_CTX *context) {
    return (int)SSL_CTX_get_min_proto_version(context);
}

static inline int pollux_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}

static inline int pollux_SSL_CTX_set1_groups_list(SSL_CTX *context, const char *list) {
    return (int)SSL_CTX_set1_groups_list(context, list);
}

static inline void pollux_SSL_CTX_disable_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

// How a name is written as RFC 4514 has it, letters beyond ASCII as themselves.
static inline unsigned long pollux_name_flags(void) { return XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB; }

static inline int pollux_SSL_set_tlsext_host_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

typedef int (*pollux_ticket_callback)(SSL *, unsigned char *, unsigned char *, EVP_CIPHER_CTX *, EVP_MAC_CTX *, int);

static inline void pollux_SSL_CTX_set_ticket_callback(SSL_CTX *context, pollux_ticket_callback callback) {
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, callback);
}

// A place in contexts for a pointer of ours.
static inline int pollux_SSL_CTX_new_index(void) {
    return SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

// HMAC with SHA-256.
static inline int pollux_EVP_MAC_CTX_set_key(EVP_MAC_CTX *context, unsigned char *key, size_t count) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key, count),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "sha256", 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(context, parameters);
}

static inline void pollux_BIO_want_more(BIO *bio) {
    BIO_clear_retry_flags(bio);
    BIO_set_retry_read(bio);
}

static inline void pollux_BIO_clear_retry(BIO *bio) {
    BIO_clear_retry_flags(bio);
}

static inline STACK_OF(X509) *pollux_sk_X509_new(void) {
    return sk_X509_new_null();
}

static inline int pollux_sk_X509_push(STACK_OF(X509) *stack, X509 *certificate) {
    return sk_X509_push(stack, certificate);
}

static inline void pollux_sk_X509_free(STACK_OF(X509) *stack) {
    sk_X509_free(stack);
}

static inline int pollux_sk_GENERAL_NAME_num(const GENERAL_NAMES *names) {
    return sk_GENERAL_NAME_num(names);
}

// The text of a DNS name; NULL if the name is of another kind.
static inline const ASN1_STRING *pollux_GENERAL_NAMES_dns(const GENERAL_NAMES *names, int index) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    return name->type == GEN_DNS ? name->d.dNSName : NULL;
}

// Has no pass phrase to give: else OpenSSL would ask for one on the terminal.
static inline int pollux_no_passphrase(char *buffer, int size, int is_writing, void *context) {
    (void)buffer, (void)size, (void)is_writing, (void)context;
    return -1;
}

static inline int pollux_MBSTRING_UTF8(void) {
    return MBSTRING_UTF8;
}

static inline EVP_PKEY *pollux_generate_P256(void) {
    return EVP_EC_gen("P-256");
}

// What OpenSSL has allocated for its caller.
static inline void pollux_OPENSSL_free(void *pointer) {
    OPENSSL_free(pointer);
}

// A public key of a type, out of what was built; NULL if it is none. Takes the builder.
static inline EVP_PKEY *pollux_public_key(const char *type, OSSL_PARAM_BLD *builder) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = builder ? OSSL_PARAM_BLD_to_param(builder) : NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!parameters || !context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

// Modulus and exponent, the most significant byte first.
static inline EVP_PKEY *pollux_RSA_public_key(const unsigned char *n, size_t n_size, const unsigned char *e, size_t e_size) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *modulus = BN_bin2bn(n, (int)n_size, NULL), *exponent = BN_bin2bn(e, (int)e_size, NULL);
    EVP_PKEY *key = NULL;
    if (builder && modulus && exponent && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent))
        key = pollux_public_key("RSA", builder);
    else
        OSSL_PARAM_BLD_free(builder);
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

// A point of a curve, as 4, x, y.
static inline EVP_PKEY *pollux_EC_public_key(const char *curve, const unsigned char *point, size_t size) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, size))
        return pollux_public_key("EC", builder);
    OSSL_PARAM_BLD_free(builder);
    return NULL;
}

// The public key of a PEM, or of a certificate in it.
static inline EVP_PKEY *pollux_PEM_public_key(const unsigned char *bytes, size_t size) {
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, pollux_no_passphrase, NULL);
    if (!key && bio) {
        BIO_reset(bio);
        X509 *certificate = PEM_read_bio_X509(bio, NULL, pollux_no_passphrase, NULL);
        if (certificate) key = X509_get_pubkey(certificate);
        X509_free(certificate);
    }
    BIO_free(bio);
    return key;
}

#endif
