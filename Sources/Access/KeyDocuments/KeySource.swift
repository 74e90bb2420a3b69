/// Where the keys of an issuer come from.
public enum KeySource: Sendable {
    case fixed(KeySet)
    case document(KeyDocument)

    /// The keys that hold now.
    var current: KeySet {
        switch self {
        case .fixed(let set): set
        case .document(let document): document.current
        }
    }

    /// The document that they come from; `nil` if they come from none.
    public var document: KeyDocument? { if case .document(let document) = self { document } else { nil } }

    /// What becomes of a token whose key is not among them.
    ///
    /// - Parameter name: How the token names it.
    func seek(_ name: String?) -> TokenError {
        switch self {
        case .fixed: .unknownKey
        case .document(let document): document.seek(name)
        }
    }
}
