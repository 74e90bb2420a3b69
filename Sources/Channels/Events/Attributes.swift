/// What an event carries besides its type and data: a few names with some bytes each, none for most events. Clients of the native
/// door do not see them.
public struct Attributes: Hashable, Sendable {
    /// The most bytes that all of them may take.
    public static let maximumSize = 4_096

    /// The most bytes that a name may have.
    public static let maximumNameLength = 64

    /// As ledgers keep them, in the order of the names: the length of the name (one byte), the name, the length of the value (two
    /// bytes, the higher first), the value. Empty for none.
    public let bytes: [UInt8]

    /// None.
    public init() {
        self.bytes = []
    }

    /// `nil` unless every name is 1 to 64 printable ASCII characters and all together fit.
    public init?(_ values: [String: [UInt8]]) {
        var bytes: [UInt8] = []
        for (name, value) in values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            guard (1...Self.maximumNameLength).contains(name.utf8.count),
                name.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), value.count <= Self.maximumSize
            else { return nil }
            bytes.append(UInt8(name.utf8.count))
            bytes.append(contentsOf: name.utf8)
            bytes.append(UInt8(value.count >> 8))
            bytes.append(UInt8(value.count & 0xFF))
            bytes.append(contentsOf: value)
        }
        guard bytes.count <= Self.maximumSize else { return nil }
        self.bytes = bytes
    }

    /// Takes what was kept; `nil` for anything that ``bytes`` would not be.
    public init?(parsing bytes: [UInt8]) {
        guard !bytes.isEmpty else {
            self.init()
            return
        }
        guard let values = Self.values(in: bytes), let attributes = Attributes(values), attributes.bytes == bytes else {
            return nil
        }
        self = attributes
    }

    public var isEmpty: Bool { self.bytes.isEmpty }

    /// All of them.
    public var values: [String: [UInt8]] { Self.values(in: self.bytes) ?? [:] }

    private static func values(in bytes: [UInt8]) -> [String: [UInt8]]? {
        var values: [String: [UInt8]] = [:]
        var rest = bytes[...]
        while let nameLength = rest.popFirst() {
            guard rest.count >= Int(nameLength) + 2 else { return nil }
            let name = String(decoding: rest.prefix(Int(nameLength)), as: UTF8.self)
            rest.removeFirst(Int(nameLength))
            let length = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
            guard rest.count >= length else { return nil }
            values[name] = Array(rest.prefix(length))
            rest.removeFirst(length)
        }
        return values
    }
}
