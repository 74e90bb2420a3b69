/// A path of a URL that may name a file: made of names that cannot lead out of a folder.
///
/// All that a client sends goes through here; what comes out is safe to give to the system, up to symbolic links.
struct FilePath: Equatable {
    /// Percent-decoded; none for the folder itself.
    let names: [String]
    /// Whether it ends with `/`.
    let isFolder: Bool

    /// - Parameter path: As it was sent.
    /// - Returns: `nil` for a path with a segment that is no visible name: empty, beginning with `.` (thus `..` and
    ///   hidden files, but not `.well-known`, RFC 8615), with a `/`, `\` or NUL once decoded, or not UTF-8.
    init?(_ path: [UInt8]) {
        var segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard segments.count > 1, segments.removeFirst().isEmpty else { return nil }
        self.isFolder = segments.last?.isEmpty == true
        if self.isFolder { segments.removeLast() }
        var names: [String] = []
        for segment in segments {
            guard let name = Self.name(segment) else { return nil }
            names.append(name)
        }
        self.names = names
    }

    private static let forbidden: Set<UInt8> = [0, UInt8(ascii: "/"), UInt8(ascii: "\\")]

    private static func name(_ segment: ArraySlice<UInt8>) -> String? {
        guard let bytes = PercentEncoding.decode(segment, plusIsBlank: false),
            let first = bytes.first, !bytes.contains(where: Self.forbidden.contains),
            let name = String(validating: bytes, as: UTF8.self), first != UInt8(ascii: ".") || name == ".well-known"
        else { return nil }
        return name
    }

    /// Below the folder, without a `/` at its beginning or end.
    var relative: String { self.names.joined(separator: "/") }

    /// The same path with a `/` at its end, as a URL has it: encoded anew, so that nothing of what a client sent gets
    /// into a field.
    var asFolder: String {
        "/" + self.names.map { Self.encoded($0) + "/" }.joined()
    }

    private static func encoded(_ name: String) -> String {
        name.utf8.reduce(into: "") { text, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
