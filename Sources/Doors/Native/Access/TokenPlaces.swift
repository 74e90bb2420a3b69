import Access
import HTTPServing
import NIOHTTP1

/// Where a request may have its token, besides the field `Authorization`.
public struct TokenPlaces: Sendable {
    /// The name of a cookie; `nil` for none.
    public var cookie: String?
    /// Whether the parameter `access_token` of the query counts (RFC 6750, section 2.3). It may end up in logs and histories of others.
    public var query = false

    public init() {}

    /// What a request shows of who has sent it: a token that it names, else a cookie, else its connection's certificate.
    ///
    /// A browser sends the last two for whatever page asks, so they count only for pages that are trusted.
    ///
    /// - Throws: ``Problem``: 400 for two that differ, 401 for a field that cannot be read.
    func shown(by request: Request, _ cors: CORS) throws(Problem) -> ShownCredential {
        let named = try request.bearer()
        if self.query, let parameter = try request.tokenParameter() {
            guard named == nil else {
                throw .badRequest("a request has one token: in Authorization or in access_token, not in both")
            }
            return .text(parameter)
        }
        if let named { return .text(named) }
        if let cookie = self.cookie, let text = try request.cookie(cookie) {
            return cors.trustsCookies(of: request) ? .text(text) : .withheld
        }
        guard request.peer.certificate != nil else { return .nothing }
        return cors.trustsPage(of: request) ? .certificate : .withheld
    }
}

/// What a request shows of who has sent it, as it came.
enum ShownCredential {
    case nothing
    /// The browser has brought something along for a page that is not trusted with it.
    case withheld
    case text(ArraySlice<UInt8>)
    /// That of its connection.
    case certificate

    var isNothing: Bool {
        switch self {
        case .nothing, .withheld: true
        case .text, .certificate: false
        }
    }
}

extension Request {
    /// The credential of the field `Authorization` (RFC 6750, section 2.1); `nil` if there is none of this kind.
    fileprivate func bearer() throws(Problem) -> ArraySlice<UInt8>? {
        // One of another scheme is meant for somebody else, such as a proxy in front.
        guard let text = try self.credential(of: "bearer") else { return nil }
        guard !text.isEmpty, !text.has(.blank) else {
            throw .invalidCredential(
                "Authorization must be Bearer and a token or key, as in Authorization: Bearer eyJ...")
        }
        return text
    }

    /// The token of the query; `nil` if there is none.
    fileprivate func tokenParameter() throws(Problem) -> ArraySlice<UInt8>? {
        let values = FormFields(self.query).fields.filter { $0.name.elementsEqual("access_token".utf8) }.map(\.value)
        guard let value = values.first else { return nil }
        guard values.count == 1, let text = PercentEncoding.decode(value, plusIsBlank: true), !text.isEmpty else {
            throw .invalidCredential("access_token must be one token or key")
        }
        return text[...]
    }

    /// The value of a cookie (RFC 6265, section 5.4); `nil` if there is none of this name, or it is empty.
    fileprivate func cookie(_ name: String) throws(Problem) -> ArraySlice<UInt8>? {
        guard self.hasCookies else { return nil }
        var found: ArraySlice<UInt8>?
        for field in self.bytes(of: "Cookie") {
            for pair in field.split(separator: UInt8(ascii: ";")) {
                let pair = pair.drop { $0 == .blank }
                guard let sign = pair.firstIndex(of: UInt8(ascii: "=")), pair[..<sign].elementsEqual(name.utf8) else {
                    continue
                }
                let value = pair[(sign + 1)...]
                guard found.map({ $0.elementsEqual(value) }) ?? true else {
                    // Which one is the user's nobody could say: another host of the site may have planted one.
                    throw .badRequest("there are two cookies \(name) that differ; take one of them away")
                }
                found = value
            }
        }
        return found.flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension CORS {
    /// Whether the cookies of a request count. For what changes something the browser must say which page asks: one that says nothing
    /// may be any.
    func trustsCookies(of request: Request) -> Bool {
        guard request.method == .GET || request.method == .HEAD || request.namesPage else { return false }
        return self.trustsPage(of: request)
    }
}

extension UInt8 {
    fileprivate static let blank = UInt8(ascii: " ")
}
