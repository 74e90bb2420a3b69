import JSON

/// The three parts of a token (RFC 7515, section 7.1), nothing of which is verified yet.
struct CompactJWS {
    let head: JSONValue
    let payload: [UInt8]
    let signature: [UInt8]
    /// What is signed: head and payload as they were sent.
    let signed: ArraySlice<UInt8>

    init(_ token: [UInt8]) throws(TokenError) {
        let dots = token.indices.filter { token[$0] == UInt8(ascii: ".") }
        guard dots.count == 2 else { throw .malformed("it has \(dots.count + 1) parts in place of three") }
        guard let head = Base64URL.decode(token[..<dots[0]]),
            let payload = Base64URL.decode(token[(dots[0] + 1)..<dots[1]]),
            let signature = Base64URL.decode(token[(dots[1] + 1)...])
        else { throw .malformed("a part is no base64url") }
        self.head = try Self.object(head, "the head")
        self.payload = payload
        self.signature = signature
        self.signed = token[..<dots[1]]
    }

    /// An object of which no member stands twice (RFC 7515, section 4; RFC 7519, section 4).
    static func object(_ bytes: [UInt8], _ part: String) throws(TokenError) -> JSONValue {
        guard let value = try? JSONValue(parsing: bytes, maximumDepth: 16), let members = value.members,
            bytes.starts(with: [UInt8(ascii: "{")])
        else { throw .malformed("\(part) is no JSON object") }
        guard Set(members.map(\.name)).count == members.count else { throw .malformed("\(part) has a member twice") }
        return value
    }
}
