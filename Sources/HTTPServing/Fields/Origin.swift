/// Of which scheme, host and port a page is (RFC 6454, section 4). Two spellings of one origin are equal: the case, and
/// the scheme's own port, do not count.
package struct Origin: Hashable, Sendable, CustomStringConvertible {
    private let scheme: String
    private let authority: Authority

    /// - Returns: `nil` for what names no scheme or no host, or more than an origin has; also for `null`, by which a browser
    ///   says that it will not tell.
    package init?(_ text: some StringProtocol) {
        guard let end = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<end.lowerBound]
        guard Self.isScheme(scheme), let authority = Authority(text[end.upperBound...]) else { return nil }
        self.init(scheme: scheme.lowercased(), authority)
    }

    init(scheme: String, _ authority: Authority) {
        self.scheme = scheme
        self.authority = authority.port == Self.standardPorts[scheme] ? authority.withoutPort : authority
    }

    private static let standardPorts = ["http": 80, "https": 443]

    /// RFC 3986, section 3.1. Pages of browsers' extensions and of applications have schemes of their own.
    private static func isScheme(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, first.isLetterOrDigit, !first.isDigit else { return false }
        return text.utf8.allSatisfy { $0.isLetterOrDigit || "+-.".utf8.contains($0) }
    }

    package var host: String { self.authority.host }
    package var isAddress: Bool { self.authority.isAddress }

    /// As browsers write it: in lower case, without the port that the scheme has anyway (RFC 6454, section 6.2).
    package var description: String { "\(self.scheme)://\(self.authority)" }
}
