import Access
import JSON

/// `access.rules`, `access.keys`, `access.keyFile` and `access.certificates`: what channels ask of whoever wants something with them, and who is known
/// by name. `access.issuers` is ``IssuersSection``.
struct AccessSection {
    static let names = ["access.rules", "access.keys", "access.keyFile", "access.certificates", "access.issuers"]
    private static let mostBytes = 1 << 20
    private static let actions: [Action] = [.read, .publish, .drop]

    private(set) var access = AccessConfiguration()
    private let place: Place

    init(_ file: ConfigurationFile, _ findings: inout Findings) {
        self.place = file.place
        if let value = file.section("access.keys") { self.takeKeys(value, "access.keys", &findings) }
        if let value = file.section("access.keyFile") { self.takeKeyFile(value, &findings) }
        if let value = file.section("access.certificates") { self.takeCertificates(value, &findings) }
        if let value = file.section("access.issuers") {
            self.access.issuers = IssuersSection(value, in: file.place, &findings).issuers
        }
        if let value = file.section("access.rules") { self.takeRules(value, &findings) }
        self.access.document = Self.names.map { file.section($0) ?? .null }
    }

    private func members(
        _ value: JSONValue, _ name: String, mustBe expectation: String, _ findings: inout Findings
    ) -> [JSONValue.Member] {
        if let members = value.members { return members.filter { !$0.isComment } }
        findings.misfit(self.place, name, value, mustBe: expectation)
        return []
    }

    // MARK: Rules

    private mutating func takeRules(_ value: JSONValue, _ findings: inout Findings) {
        let members = self.members(value, "access.rules", mustBe: "an object with a member for each pattern", &findings)
        let rules = members.compactMap { self.rule($0, &findings) }
        do throws(AmbiguousRules) { self.access.rules = try AccessRules(rules) } catch {
            findings.add(self.place, "access.rules: \(error)")
        }
    }

    private func rule(_ member: JSONValue.Member, _ findings: inout Findings) -> AccessRule? {
        let path = "access.rules.\(member.name)"
        guard let template = try? NameTemplate(member.name) else {
            findings.add(self.place, "\(path): \(InvalidNameTemplate())")
            return nil
        }
        let names = Self.actions.map(\.rawValue)
        guard let object = SectionObject(member.value, at: path, names: names, in: self.place, &findings) else {
            return nil
        }
        var who: [Action: [Who]] = [:]
        for action in Self.actions {
            guard let value = object.member(action.rawValue) else { continue }
            who[action] = (value.elements ?? [value]).compactMap {
                self.who($0, "\(path).\(action.rawValue)", &findings)
            }
        }
        return AccessRule(template, who)
    }

    private func who(_ value: JSONValue, _ path: String, _ findings: inout Findings) -> Who? {
        guard let who = value.stringValue.flatMap({ Who($0) }) else {
            findings.misfit(
                self.place, path, value,
                mustBe: "anyone, nobody, token, grant, callback, key:NAME, certificate:NAME, or an array of these")
            return nil
        }
        switch who {
        case .key(let name) where !self.access.keys.contains(name):
            findings.add(self.place, "\(path): there is no \(name) in access.keys")
        case .certificate(let name) where !self.access.certificates.contains { $0.name == name }:
            findings.add(self.place, "\(path): there is no \(name) in access.certificates")
        default: break
        }
        return who
    }

    // MARK: Names

    /// A file with a JSON object as ``access.keys`` is one.
    private mutating func takeKeyFile(_ value: JSONValue, _ findings: inout Findings) {
        guard let file = Form<String>.file.read(value) else {
            return findings.misfit(self.place, "access.keyFile", value, mustBe: "a file")
        }
        let content = findings.content(of: file, most: Self.mostBytes, for: "access.keyFile", self.place)
        guard let content else { return }
        do throws(JSONError) {
            self.takeKeys(try JSONValue(parsing: content), "access.keyFile: \(file)", &findings)
        } catch {
            findings.add(self.place, "access.keyFile: \(file) is not JSON: \(error)")
        }
    }

    private mutating func takeKeys(_ value: JSONValue, _ name: String, _ findings: inout Findings) {
        let members = self.members(value, name, mustBe: "an object with a member for each key", &findings)
        for member in members where self.access.keys.contains(member.name) {
            findings.add(self.place, "\(name): \(member.name) is in access.keys already")
        }
        self.access.keys.add(
            members.compactMap { member in
                let path = "\(name).\(member.name)"
                let names = ["hash", "grants"]
                guard let object = SectionObject(member.value, at: path, names: names, in: self.place, &findings),
                    let hash = object.requiredValue("hash", .keyHash, &findings)
                else { return nil }
                let grants = self.grants(object.member("grants"), path, &findings)
                return KeyRing.Entry(name: member.name, hash: hash, grants: grants)
            })
    }

    private mutating func takeCertificates(_ value: JSONValue, _ findings: inout Findings) {
        let members = self.members(
            value, "access.certificates", mustBe: "an object with a member for each certificate", &findings)
        for member in members {
            let path = "access.certificates.\(member.name)"
            let names = ["subject", "grants"]
            guard let object = SectionObject(member.value, at: path, names: names, in: self.place, &findings),
                let subject = object.requiredValue("subject", .certificateName, &findings)
            else { continue }
            let grants = self.grants(object.member("grants"), path, &findings)
            self.access.certificates.append(CertificateEntry(name: member.name, subject: subject, grants: grants))
        }
    }

    private func grants(_ value: JSONValue?, _ path: String, _ findings: inout Findings) -> Grants {
        guard let value else { return Grants() }
        do throws(InvalidGrants) { return try Grants(value, isStrict: true) } catch {
            findings.add(self.place, "\(path).grants: \(error)")
            return Grants()
        }
    }
}

extension AccessRule {
    /// In words: "read by anyone, publish by key:editor".
    var text: String {
        let parts = Action.allCases.compactMap { action in
            self.who[action].map { "\(action.rawValue) by \($0.map(\.description).joined(separator: " or "))" }
        }
        return parts.isEmpty ? "nobody" : parts.joined(separator: ", ")
    }
}

extension Form<AccessKeyHash> {
    static var keyHash: Form {
        Form(
            expectation: "a hash that pollux access key has printed, such as sha256:9f86d0...",
            read: { $0.stringValue.flatMap { AccessKeyHash($0) } }, write: { "\($0)" })
    }
}

extension Form<String> {
    static var certificateName: Form {
        Form(
            expectation: "a subject such as CN=printer-7,O=Example, or a DNS name of the certificate",
            read: { $0.stringValue.flatMap { $0.isEmpty ? nil : $0 } }, write: { $0 })
    }
}
