import ArgumentParser
import Files

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The tokens and keys that a command shows a server. They never stand among the arguments, which other users of the machine see.
enum Credentials {
    /// The variable of the environment that has one.
    static let variable = "POLLUX_TOKEN"
    /// What they may take in a file. A server takes tokens of 8 KB.
    private static let mostBytes = 64 << 20

    /// All that the file has, one a line; without a file that of the environment. Empty lines count for nothing.
    ///
    /// - Throws: `ValidationError` if the file cannot be read, or one of them cannot stand in a field of a request; `[]` means
    ///   that there is neither a file nor a variable.
    static func read(file: String?) throws(ValidationError) -> [String] {
        guard let file else {
            let text = ProcessInfo.processInfo.environment[Self.variable]
            guard let text else { return [] }
            return try Self.lines(of: text, in: Self.variable)
        }
        let bytes: [UInt8]
        do throws(SmallFile.Unreadable) {
            bytes = try SmallFile.bytes(of: file, most: Self.mostBytes)
        } catch {
            throw ValidationError("--token-file \(file): \(error)")
        }
        return try Self.lines(of: String(decoding: bytes, as: UTF8.self), in: file)
    }

    /// The one that the file or the environment has; `nil` for none.
    ///
    /// - Throws: `ValidationError` as ``read(file:)``, and if there are more.
    static func readOne(file: String?) throws(ValidationError) -> String? {
        let credentials = try Self.read(file: file)
        guard credentials.count <= 1 else {
            throw ValidationError(
                "\(file ?? Self.variable) has \(credentials.count) lines; it must have one, the token or key to show")
        }
        return credentials.first
    }

    private static func lines(of text: String, in place: String) throws(ValidationError) -> [String] {
        let lines = text.split(whereSeparator: \.isNewline).map(\.trimmingBlanks).filter { !$0.isEmpty }
        guard !lines.isEmpty, lines.allSatisfy({ $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } }) else {
            throw ValidationError(
                "\(place) has no token or key: it must be a line of printable ASCII, without blanks in it")
        }
        return lines
    }
}

extension Substring {
    fileprivate var trimmingBlanks: String {
        var text = self
        while let last = text.last, last.isWhitespace { text.removeLast() }
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        return String(text)
    }
}
