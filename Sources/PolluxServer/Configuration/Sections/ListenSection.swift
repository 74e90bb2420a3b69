import JSON
import TLS

/// `listen`: addresses, and what is spoken there.
struct ListenSection {
    private static let names = ["address", "tls", "redirect", "proxyProtocol"]
    private static let tlsNames = [
        "certificate", "key", "certificates", "policy", "clientCA", "clientCertificates", "hsts",
    ]
    private static let redirect = Form<String>(
        expectation: "\"https\"", read: { $0.stringValue == "https" ? "https" : nil }, write: { $0 })

    /// What is given, in the order of the file.
    private(set) var listeners: [ListenConfiguration] = []

    /// - Parameter value: An array with an object for each address.
    init(_ value: JSONValue, in place: Place, _ findings: inout Findings) {
        guard let elements = value.elements, !elements.isEmpty else {
            findings.misfit(place, "listen", value, mustBe: "an array with an object for each address")
            return
        }
        for (index, element) in elements.enumerated() {
            let path = "listen[\(index)]"
            guard let object = SectionObject(element, at: path, names: Self.names, in: place, &findings),
                let address = object.requiredValue("address", .address, &findings)
            else { continue }
            var listener = ListenConfiguration(host: address.host, port: address.port)
            listener.redirects = object.value("redirect", Self.redirect, &findings) != nil
            listener.proxyProtocol = object.value("proxyProtocol", Form<Bool>.flag, &findings) ?? false
            if let tls = object.member("tls") { listener.tls = Self.tls(tls, "\(path).tls", place, &findings) }
            if listener.redirects, object.member("tls") != nil {
                findings.add(place, "\(path) has both tls and redirect; a listener that redirects is plain")
            }
            self.listeners.append(listener)
        }
        if self.listeners.contains(where: \.redirects), !elements.contains(where: { $0["tls"] != nil }) {
            findings.add(place, "listen redirects to https, but no listener has tls")
        }
    }

    private static func tls(
        _ value: JSONValue, _ path: String, _ place: Place, _ findings: inout Findings
    ) -> TLSFiles? {
        guard let object = SectionObject(value, at: path, names: Self.tlsNames, in: place, &findings) else {
            return nil
        }
        var files = TLSFiles(identities: Self.identities(object, path, place, &findings))
        files.policy = object.value("policy", Form<TLSPolicy>.word, &findings) ?? files.policy
        files.clientAuthorities = object.value("clientCA", .file, &findings)
        files.transportSecurity = object.value("hsts", Form<Duration>.time(from: 1_000), &findings)
        if let word = object.value(
            "clientCertificates", Form<TLSServerConfiguration.ClientCertificates>.word, &findings)
        {
            files.clientCertificates = word
            if files.clientAuthorities == nil { findings.add(place, "\(path).clientCertificates needs clientCA") }
        }
        return files
    }

    private static func identities(
        _ object: SectionObject, _ path: String, _ place: Place, _ findings: inout Findings
    ) -> [TLSFiles.Identity] {
        guard let list = object.member("certificates") else {
            return [Self.identity(object, &findings)].compactMap(\.self)
        }
        if object.member("certificate") != nil || object.member("key") != nil {
            findings.add(place, "\(path) has both certificate and certificates; one of them is enough")
        }
        guard let elements = list.elements, !elements.isEmpty else {
            findings.misfit(place, "\(path).certificates", list, mustBe: "an array of objects with certificate and key")
            return []
        }
        return elements.enumerated().compactMap { index, element in
            let names = ["certificate", "key"]
            let path = "\(path).certificates[\(index)]"
            return SectionObject(element, at: path, names: names, in: place, &findings).flatMap {
                Self.identity($0, &findings)
            }
        }
    }

    private static func identity(_ object: SectionObject, _ findings: inout Findings) -> TLSFiles.Identity? {
        guard let certificate = object.requiredValue("certificate", .file, &findings) else { return nil }
        return TLSFiles.Identity(certificate: certificate, key: object.value("key", .file, &findings) ?? certificate)
    }

    /// A listener in words.
    static func text(_ listener: ListenConfiguration) -> String {
        let address =
            Form.address.write((listener.host, listener.port)) + (listener.proxyProtocol ? ", PROXY protocol" : "")
        if listener.redirects { return "\(address), redirects to https" }
        guard let tls = listener.tls else { return address }
        return "\(address), tls (\(tls.policy)) with \(tls.identities.map(\.certificate).joined(separator: ", "))"
    }
}

extension Form<(host: String, port: Int)> {
    /// Where to listen, in one text.
    static var address: Form {
        Form(
            expectation: "an address with a port: \"0.0.0.0:443\", \"[::]:443\"",
            read: { value in
                guard let text = value.stringValue, let colon = text.lastIndex(of: ":"),
                    let port = Int(text[text.index(after: colon)...]), 0...65_535 ~= port
                else { return nil }
                var host = text[..<colon]
                if host.hasPrefix("["), host.hasSuffix("]") {
                    host = host.dropFirst().dropLast()
                } else if host.contains(":") {
                    return nil
                }
                guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
                return (String(host), port)
            },
            write: { $0.host.contains(":") ? "[\($0.host)]:\($0.port)" : "\($0.host):\($0.port)" })
    }
}
