import CCurl

/// Where a request goes: an URL of `http` or `https`, as libcurl itself reads it, so that nobody else reads another host in it.
public struct OutboundURL: Hashable, Sendable {
    /// As it was given.
    public let text: String
    /// Whether it is of `https`.
    public let isSecure: Bool
    /// A name or an address; one of IPv6 without brackets.
    public let host: String

    private static let mostBytes = 8 << 10

    /// - Throws: ``InvalidURL`` for anything but a whole URL of `http` or `https` with a host, and for one with a user or a password:
    ///   these would end up in logs.
    public init(_ text: String) throws(InvalidURL) {
        guard text.utf8.count <= Self.mostBytes else { throw .tooLong(most: Self.mostBytes) }
        guard !text.utf8.contains(0), let url = curl_url() else { throw .malformed }
        defer { curl_url_cleanup(url) }
        guard curl_url_set(url, CURLUPART_URL, text, CUnsignedInt(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK,
            let scheme = Self.part(CURLUPART_SCHEME, of: url)
        else { throw .malformed }
        guard ["http", "https"].contains(scheme) else { throw .scheme }
        guard let host = Self.part(CURLUPART_HOST, of: url) else { throw .malformed }
        guard Self.part(CURLUPART_USER, of: url) == nil, Self.part(CURLUPART_PASSWORD, of: url) == nil else {
            throw .user
        }
        self.text = text
        self.isSecure = scheme == "https"
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    }

    private static func part(_ part: CURLUPart, of url: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

extension OutboundURL: CustomStringConvertible {
    public var description: String { self.text }
}

/// Why a text is no URL that is asked.
public enum InvalidURL: Error, Equatable, Sendable {
    case tooLong(most: Int)
    case malformed
    case scheme
    case user
}

extension InvalidURL: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLong(let most): "an URL has at most \(most) bytes"
        case .malformed: "it is no URL such as https://example.org/path"
        case .scheme: "only URLs of http and https are asked"
        case .user: "an URL with a user or a password is not asked: it would be seen in logs"
        }
    }
}
