/// Where a server is: `http://host[:port][/prefix]`, or the same with `https`.
///
/// A prefix is what a proxy puts before the server's own paths. User information, a query and a fragment have no
/// meaning here and are refused.
public struct ServerURL: Equatable, Sendable {
    /// Where `pollux serve` listens by default: `http://127.0.0.1:8080`.
    public static let standard = ServerURL(isSecure: false, host: "127.0.0.1", port: 8080, prefix: "")

    /// Whether it is spoken to by TLS: `https`.
    public let isSecure: Bool

    /// A name or an address; one of IPv6 without its brackets.
    public let host: String
    /// 1 to 65,535; default 80, or 443 with TLS.
    public let port: Int
    /// Empty, or a path that begins with `/` and does not end with one; percent-encoded as it was given.
    public let prefix: String
    /// The token or key that the server is shown with each request; `nil` for none. It is no part of the text.
    public var credential: String?

    private init(isSecure: Bool, host: String, port: Int, prefix: String) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.prefix = prefix
    }

    /// Reads a URL that a user typed.
    ///
    /// - Throws: ``InvalidServerURL``, saying what would do.
    public init(parsing text: String) throws(InvalidServerURL) {
        let (isSecure, rest) = try Self.scheme(text)
        let pathStart = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let (host, port) = try Self.hostAndPort(rest[..<pathStart])
        self.init(
            isSecure: isSecure, host: host, port: port ?? (isSecure ? 443 : 80),
            prefix: try Self.prefix(rest[pathStart...]))
    }

    private static func scheme(_ text: String) throws(InvalidServerURL) -> (isSecure: Bool, rest: Substring) {
        let parts = text.firstRange(of: "://").map { (text[..<$0.lowerBound].lowercased(), text[$0.upperBound...]) }
        switch parts {
        case ("http", let rest)?: return (false, rest)
        case ("https", let rest)?: return (true, rest)
        default: throw InvalidServerURL("it must begin with http:// or https://")
        }
    }

    private static func hostAndPort(_ authority: Substring) throws(InvalidServerURL) -> (String, Int?) {
        guard !authority.contains("@") else { throw InvalidServerURL("a user name or password must not stand in it") }
        guard authority.first == "[" else {
            let colon = authority.firstIndex(of: ":") ?? authority.endIndex
            return (try Self.host(authority[..<colon], isAddress: false), try Self.port(authority[colon...]))
        }
        guard let bracket = authority.firstIndex(of: "]") else { throw InvalidServerURL("a ']' is missing") }
        let address = authority[..<bracket].dropFirst()
        return (try Self.host(address, isAddress: true), try Self.port(authority[bracket...].dropFirst()))
    }

    private static func host(_ text: Substring, isAddress: Bool) throws(InvalidServerURL) -> String {
        guard !text.isEmpty else { throw InvalidServerURL("the host is missing") }
        let others = isAddress ? ":." : "-._"
        guard text.utf8.allSatisfy({ $0.isLetterOrDigit || others.utf8.contains($0) }) else {
            throw InvalidServerURL("'\(text)' is no host")
        }
        return String(text)
    }

    /// - Parameter text: Empty, or a colon and the number.
    private static func port(_ text: Substring) throws(InvalidServerURL) -> Int? {
        guard !text.isEmpty else { return nil }
        let digits = text.dropFirst()
        guard text.first == ":", digits.utf8.allSatisfy(\.isDigit), let port = Int(digits), 1...65_535 ~= port else {
            throw InvalidServerURL("the port must be a number from 1 to 65535")
        }
        return port
    }

    private static func prefix(_ path: Substring) throws(InvalidServerURL) -> String {
        guard path.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw InvalidServerURL("its path must be percent-encoded")
        }
        guard !path.contains(where: { "?#".contains($0) }) else {
            throw InvalidServerURL("it must have neither a query nor a fragment")
        }
        let end = path.lastIndex { $0 != "/" }
        return end.map { String(path[...$0]) } ?? ""
    }
}

extension ServerURL: CustomStringConvertible {
    /// Host and port as the field `Host` has them (RFC 9110, section 7.2).
    package var authority: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        return self.port == (self.isSecure ? 443 : 80) ? host : "\(host):\(self.port)"
    }

    public var description: String { "\(self.isSecure ? "https" : "http")://\(self.authority)\(self.prefix)" }
}

/// Why a text is no URL of a server.
public struct InvalidServerURL: Error, Equatable, CustomStringConvertible {
    /// What is wrong, and what would do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
