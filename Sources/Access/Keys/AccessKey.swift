import COpenSSL

/// A key for servers: 32 random bytes, as a text by which scanners for secrets find it where it does not belong.
///
/// The server keeps its SHA-256 alone. A slow hash, as for passwords, would be of no use: nobody can try 2²⁵⁶ keys.
public struct AccessKey: Sendable {
    /// How the text of each key begins.
    public static let prefix = "pollux_key_"

    /// The key itself, to be shown once.
    public let text: String

    public static func random() -> AccessKey {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return AccessKey(text: self.prefix + String(decoding: Base64URL.encode(bytes), as: UTF8.self))
    }

    /// What is kept of it.
    public var hash: AccessKeyHash { AccessKeyHash(of: Array(self.text.utf8)) }
}

/// The SHA-256 of a key's text.
public struct AccessKeyHash: Hashable, Sendable {
    let bytes: [UInt8]

    /// What keys, and their hashes, are compared by, bytes of any kind.
    public init(of text: [UInt8]) {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256(text, text.count, &digest)
        self.bytes = digest
    }

    /// - Parameter text: `sha256:` and 64 hexadecimal digits, as ``description`` writes them; `nil` for anything else.
    public init?(_ text: String) {
        let digits = Array(text.utf8)
        guard text.hasPrefix(Self.prefix), digits.count == Self.prefix.utf8.count + 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: Self.prefix.utf8.count, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16),
                digits[index] != UInt8(ascii: "+"), digits[index] != UInt8(ascii: "-")
            else { return nil }
            bytes.append(byte)
        }
        self.bytes = bytes
    }

    private static let prefix = "sha256:"

    /// As 64 digits.
    var hexadecimal: String { self.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    /// Whether this is that of another key; takes as long whatever they are.
    func equals(_ other: AccessKeyHash) -> Bool {
        self.bytes.count == other.bytes.count && CRYPTO_memcmp(self.bytes, other.bytes, self.bytes.count) == 0
    }
}

extension AccessKeyHash: CustomStringConvertible {
    public var description: String { Self.prefix + self.hexadecimal }
}

/// The keys that a server knows.
public struct KeyRing: Sendable {
    /// A key by its name, and what it may do.
    public struct Entry: Sendable {
        public let name: String
        public let hash: AccessKeyHash
        public let grants: Grants

        public init(name: String, hash: AccessKeyHash, grants: Grants = Grants()) {
            self.name = name
            self.hash = hash
            self.grants = grants
        }
    }

    private var entries: [Entry]

    public init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    /// More keys, of other names.
    public mutating func add(_ entries: [Entry]) {
        self.entries += entries
    }

    /// Whether it has a key of a name.
    public func contains(_ name: String) -> Bool { self.entries.contains { $0.name == name } }

    /// What is kept of the key of a name; `nil` if there is none.
    public func hash(of name: String) -> AccessKeyHash? { self.entries.first { $0.name == name }?.hash }

    /// Whose key it is; `nil` if nobody's.
    func principal(for hash: AccessKeyHash) -> Principal? {
        self.entries.first { $0.hash.equals(hash) }.map { .key($0.name, $0.grants) }
    }
}
