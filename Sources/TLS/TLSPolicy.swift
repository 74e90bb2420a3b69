/// What is offered and accepted, after Mozilla's recommendations of the same names.
public enum TLSPolicy: String, Sendable, CaseIterable {
    /// TLS 1.3, and 1.2 with suites that authenticate what they encrypt and keep the past secret.
    case intermediate
    /// TLS 1.3 alone.
    case modern

    /// For TLS 1.2; those of 1.3 are all good.
    static let cipherSuites = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    ].joined(separator: ":")

    static let groups = "X25519:P-256:P-384"
}
