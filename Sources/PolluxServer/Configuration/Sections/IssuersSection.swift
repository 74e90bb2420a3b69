import Access
import HTTPServing
import JSON
import Outbound

/// `access.issuers`: who gives out tokens, and the keys by which they are verified.
struct IssuersSection {
    private static let names = ["issuer", "audience", "algorithms", "types", "grants", "keys", "jwks"]
    private static let keyNames = ["id", "secret", "pem", "jwk"]
    private static let mostBytes = 1 << 20

    private(set) var issuers: [TokenIssuer] = []
    private let place: Place

    /// - Parameter value: An array with an object for each issuer.
    init(_ value: JSONValue, in place: Place, _ findings: inout Findings) {
        self.place = place
        guard let elements = value.elements else {
            findings.add(place, "access.issuers must be an array with an object for each issuer")
            return
        }
        for (index, element) in elements.enumerated() {
            let path = "access.issuers[\(index)]"
            guard let object = SectionObject(element, at: path, names: Self.names, in: place, &findings) else {
                continue
            }
            guard let issuer = self.issuer(object, path, &findings) else { continue }
            if self.issuers.contains(where: { $0.issuer == issuer.issuer }) {
                findings.add(place, "\(path) has the same issuer as one before it; only one can be meant")
            }
            self.issuers.append(issuer)
        }
    }

    private func issuer(_ object: SectionObject, _ path: String, _ findings: inout Findings) -> TokenIssuer? {
        guard let algorithms = object.requiredValue("algorithms", .algorithms, &findings) else { return nil }
        var keys: [VerificationKey] = []
        let elements = object.member("keys").map { value in
            if value.elements == nil { findings.misfit(self.place, "\(path).keys", value, mustBe: "an array of keys") }
            return value.elements ?? []
        }
        for (index, element) in (elements ?? []).enumerated() {
            if let key = self.key(element, "\(path).keys[\(index)]", algorithms, &findings) { keys.append(key) }
        }
        var source: KeySource?
        if let text = object.value("jwks", Form<String>.file, &findings) {
            if text.contains("://") {
                guard let url = self.url(text, "\(path).jwks", algorithms, &findings) else { return nil }
                source = .document(KeyDocument(url, allowed: algorithms, besides: keys))
            } else {
                keys += self.keySet(text, "\(path).jwks", algorithms, &findings)
            }
        }
        if keys.isEmpty, source == nil {
            findings.add(
                self.place, "\(path) has no key that can be used; give keys, or jwks with the path or URL of a JWK set")
        }
        var issuer = TokenIssuer(
            issuer: object.value("issuer", .text, &findings), algorithms: algorithms,
            keys: source ?? .fixed(KeySet(keys)))
        issuer.audience = object.value("audience", .words, &findings) ?? []
        if let types = object.value("types", .words, &findings) { issuer.types = types.map(TokenIssuer.type) }
        if let value = object.member("grants"), let grants = self.grants(value, "\(path).grants", &findings) {
            issuer.grants = grants
        }
        return issuer
    }

    private func grants(_ value: JSONValue, _ path: String, _ findings: inout Findings) -> GrantsSource? {
        guard value.members != nil else {
            guard let claim = Form<String>.text.read(value) else {
                findings.misfit(
                    self.place, path, value, mustBe: "the name of a claim, scope, or an object with claim and values")
                return nil
            }
            return claim == "scope" ? .scope : .claim(claim)
        }
        let names = ["claim", "values"]
        guard let object = SectionObject(value, at: path, names: names, in: self.place, &findings),
            let claim = object.requiredValue("claim", .text, &findings)
        else { return nil }
        guard let words = object.member("values")?.members else {
            findings.add(self.place, "\(path).values must be an object with the grants of each word")
            return nil
        }
        var grants: [String: Grants] = [:]
        for word in words where !word.isComment {
            do throws(InvalidGrants) { grants[word.name] = try Grants(word.value, isStrict: true) } catch {
                findings.add(self.place, "\(path).values.\(word.name): \(error)")
            }
        }
        return .words(claim: claim, grants)
    }

    private func key(
        _ value: JSONValue, _ path: String, _ algorithms: [SignatureAlgorithm], _ findings: inout Findings
    ) -> VerificationKey? {
        guard let object = SectionObject(value, at: path, names: Self.keyNames, in: self.place, &findings) else {
            return nil
        }
        let id = object.value("id", .text, &findings)
        do throws(UnusableKey) {
            if let value = object.member("secret") {
                guard let secret = Secret(value, at: "\(path).secret", in: self.place, &findings) else { return nil }
                return try VerificationKey(secret: secret.bytes, id: id, allowed: algorithms)
            }
            if let value = object.member("pem") {
                guard let pem = Secret(value, at: "\(path).pem", in: self.place, &findings) else { return nil }
                return try VerificationKey(pem: pem.bytes, id: id, allowed: algorithms)
            }
            if let jwk = object.member("jwk") { return try VerificationKey(jwk: jwk, allowed: algorithms) }
            findings.add(self.place, "\(path) needs secret, pem or jwk")
        } catch {
            findings.add(self.place, "\(path): \(error)")
        }
        return nil
    }

    private func url(
        _ text: String, _ path: String, _ algorithms: [SignatureAlgorithm], _ findings: inout Findings
    ) -> OutboundURL? {
        do throws(InvalidURL) {
            let url = try OutboundURL(text)
            if !url.isSecure, !Loopback.has(url.host) {
                findings.add(
                    self.place,
                    "\(path) is of http, where others could put keys of theirs; only https will do, or this machine")
                return nil
            }
            guard algorithms.contains(where: { !$0.isSymmetric }) else {
                findings.add(
                    self.place, "\(path) is public, and HS256, HS384 and HS512 need a secret; give it in keys")
                return nil
            }
            return url
        } catch {
            findings.add(self.place, "\(path): \(error)")
            return nil
        }
    }

    private func keySet(
        _ file: String, _ path: String, _ algorithms: [SignatureAlgorithm], _ findings: inout Findings
    ) -> [VerificationKey] {
        guard let bytes = findings.content(of: file, most: Self.mostBytes, for: path, self.place) else { return [] }
        do {
            let document = try JSONValue(parsing: bytes)
            return try DocumentKeys(document, allowed: algorithms).keys
        } catch {
            findings.add(self.place, "\(path): \(file) cannot be used: \(error)")
            return []
        }
    }
}

extension Form<[SignatureAlgorithm]> {
    static var algorithms: Form {
        Form(
            expectation: "an array of \(SignatureAlgorithm.allCases.map(\.rawValue).joined(separator: ", "))",
            read: { value in
                let texts = value.elements?.compactMap(\.stringValue) ?? value.stringValue.map { [$0] } ?? []
                let algorithms = texts.compactMap { SignatureAlgorithm($0) }
                return algorithms.isEmpty || algorithms.count != texts.count ? nil : algorithms
            },
            write: { $0.map(\.rawValue).joined(separator: ",") })
    }
}

extension Form<String> {
    static var text: Form {
        Form(
            expectation: "a text", read: { $0.stringValue.flatMap { $0.isEmpty ? nil : $0 } }, write: { $0 })
    }
}

extension Form<[String]> {
    /// One text that is not empty, or an array of them.
    static var words: Form {
        Form(
            expectation: "a text, or an array of texts",
            read: { value in
                let texts = value.elements?.compactMap(\.stringValue) ?? value.stringValue.map { [$0] } ?? []
                return texts.isEmpty || texts.contains("") || texts.count != value.elements?.count ?? 1 ? nil : texts
            },
            write: { $0.joined(separator: ",") })
    }
}
