/// What a request shows of who has sent it.
public enum Credential: Hashable, Sendable {
    /// The text of a token or of a key.
    case text([UInt8])
    /// A client certificate.
    ///
    /// - Parameters:
    ///   - subject: As RFC 4514 writes it.
    ///   - names: The DNS names that it is for.
    case certificate(subject: String, names: [String])
}
