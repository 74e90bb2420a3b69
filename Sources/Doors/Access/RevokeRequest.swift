import Access
import Channels
import HTTPServing
import JSON
import NIOCore

/// What a client wants to have taken back: `{"sub": "ann"}`, `{"jti": "..."}`, each with `iss` if it is of one issuer alone, or
/// `{"key": "editor"}`; with `until`, if tokens of it live for longer than a year.
struct RevokeRequest {
    private static let names = ["sub", "jti", "key", "iss", "until"]
    /// For how long it is remembered if nothing is said, in milliseconds: a year, and a day more.
    private static let memory: Int64 = 366 * 86_400_000

    let revocation: Revocation

    /// - Throws: ``Problem``: 400 for what is no JSON, 422 that names the member.
    init(_ request: Request, _ keys: KeyRing) throws(Problem) {
        try request.requireNoEncoding()
        let object: JSONValue
        do throws(JSONError) { object = try JSONValue(parsing: Array(request.body.readableBytesView)) } catch {
            throw .badRequest("not JSON: \(error)")
        }
        guard let members = object.members else {
            throw .unprocessable("the content must be an object such as {\"sub\": \"ann\"}")
        }
        for member in members where !Self.names.contains(member.name) {
            throw .unprocessable(
                "the member \(member.name) is not known; there are \(Self.names.joined(separator: ", "))")
        }
        let named = ["sub", "jti", "key"].filter { object[$0] != nil }
        guard named.count == 1, let name = named.first else {
            throw .unprocessable("exactly one of sub, jti and key says what is to be revoked")
        }
        let target = try Self.target(name, try Self.text(name, of: object), keys)
        let issuer = try object["iss"].map { _ throws(Problem) in try Self.text("iss", of: object) }
        if issuer != nil, name == "key" { throw .unprocessable("iss goes with sub or jti: a key has no issuer") }
        let now = WallClock.system.milliseconds()
        // A key is known for as long as it is configured.
        let end = name == "key" ? nil : try Self.end(of: object, after: now)
        self.revocation = Revocation(target, of: issuer, at: now, until: end)
    }

    private static func target(_ name: String, _ text: String, _ keys: KeyRing) throws(Problem) -> Revocation.Target {
        switch name {
        case "sub": return .subject(text)
        case "jti": return .token(text)
        default:
            guard let hash = keys.hash(of: text) else {
                throw .unprocessable("key: there is no \(text) in access.keys")
            }
            return .key(hash)
        }
    }

    private static func text(_ name: String, of object: JSONValue) throws(Problem) -> String {
        guard let text = object[name]?.stringValue, !text.isEmpty, text.utf8.count <= 8 << 10 else {
            throw .unprocessable("\(name): must be a text")
        }
        return text
    }

    private static func end(of object: JSONValue, after now: Int64) throws(Problem) -> Int64 {
        guard let until = object["until"] else { return now + Self.memory }
        guard let seconds = until.integerValue, (now / 1_000...9_000_000_000_000).contains(seconds) else {
            throw .unprocessable("until: must be a time to come in seconds since 1970, when the last token of it ends")
        }
        return seconds * 1_000
    }
}
