/// The name of one ledger's life: a ledger that lost its past gets a new one, so that no event id is used twice.
public struct Epoch: Hashable, Sendable, CustomStringConvertible {
    /// The most letters and digits that an epoch may have.
    public static let maximumLength = 32

    /// Lower-case ASCII letters and digits.
    public let bytes: [UInt8]

    /// Takes an epoch that was written before; `nil` if it is not 1 to 32 lower-case ASCII letters and digits.
    public init?(_ bytes: ArraySlice<UInt8>) {
        guard (1...Self.maximumLength).contains(bytes.count), bytes.allSatisfy(Self.isAllowed) else { return nil }
        self.bytes = Array(bytes)
    }

    /// A new epoch: eight random letters and digits, about 41 bits.
    public static func random() -> Epoch {
        var generator = SystemRandomNumberGenerator()
        return Self.random(using: &generator)
    }

    /// A new epoch out of a given source of chance.
    public static func random(using generator: inout some RandomNumberGenerator) -> Epoch {
        let alphabet = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
        return Epoch(trusted: (0..<8).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
    }

    private init(trusted bytes: [UInt8]) {
        self.bytes = bytes
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    public var description: String { String(decoding: self.bytes, as: UTF8.self) }
}
