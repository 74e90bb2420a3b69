import Channels
import HTTPServing
import JSON

extension Form<Bool> {
    static var flag: Form {
        Form(
            expectation: "true or false",
            read: { $0.boolValue ?? $0.stringValue.flatMap { Bool($0) } },
            write: { String($0) })
    }
}

extension Form<String> {
    /// Where to listen.
    static var host: Form {
        Form(
            expectation: "an address or a name",
            read: { $0.stringValue.flatMap { $0.isEmpty || $0.contains(where: \.isWhitespace) ? nil : $0 } },
            write: { $0 })
    }
}

extension Form<String> {
    /// A file's path.
    static var file: Form {
        Form(
            expectation: "a file",
            read: { $0.stringValue.flatMap { $0.isEmpty || $0.utf8.contains(0) ? nil : $0 } },
            write: { $0 })
    }
}

extension Form<String?> {
    /// A folder's path; an empty text or `null` is no folder.
    static var folder: Form {
        Form(
            expectation: "a folder, or \"\" for none",
            read: { value in
                guard !value.isNull else { return .some(nil) }
                return value.stringValue.map { $0.isEmpty ? nil : $0 }
            },
            write: { $0 ?? "" })
    }
}

extension Form<String?> {
    /// A cookie's name (RFC 6265, section 4.1.1); an empty text or `null` is none.
    static var cookieName: Form {
        Form(
            expectation: "the name of a cookie, such as __Host-token, or \"\" for none",
            read: { value in
                guard !value.isNull, value.stringValue != "" else { return .some(nil) }
                return value.stringValue.flatMap { $0.isFieldName ? .some($0) : nil }
            },
            write: { $0 ?? "" })
    }
}

extension Form<[String]> {
    /// Origins of pages. `null` stands for pages that have none (RFC 6454, section 6.2).
    static var origins: Form {
        .list("origins as browsers send them, such as https://example.org") { $0 == "null" ? $0 : Self.origin($0) }
    }

    /// Origins of the server.
    static var ownOrigins: Form {
        .list("origins of the server, such as https://push.example.org") { text in
            ["http://", "https://"].contains(where: text.hasPrefix) ? Self.origin(text) : nil
        }
    }

    /// As browsers write it. No name has `*` or a comma, though a URL may: whoever writes them means something else.
    private static func origin(_ text: String) -> String? {
        text.contains { "*,".contains($0) } ? nil : Origin(text)?.description
    }

    fileprivate static var networks: Form {
        .list("networks such as 10.0.0.0/8 or 2001:db8::/32, without bits behind their length") {
            Network($0)?.description
        }
    }

    /// Names of header fields (RFC 9110, section 5.1).
    static var fieldNames: Form {
        .list("names of header fields, such as X-Tenant") { $0.isFieldName ? $0 : nil }
    }

    /// Texts in an array or with commas between them; an empty text is none.
    ///
    /// - Parameter read: What a text means; `nil` if it does not fit.
    private static func list(_ expectation: String, read: @escaping @Sendable (String) -> String?) -> Form {
        Form(
            expectation: "\(expectation), with commas between them",
            read: { value in
                let texts = value.stringValue.map(Self.parts) ?? value.elements?.compactMap(\.stringValue)
                guard let texts, texts.count == value.elements?.count ?? texts.count else { return nil }
                let values = texts.compactMap(read)
                return values.count == texts.count ? values : nil
            },
            write: { $0.joined(separator: ",") })
    }

    private static func parts(_ text: String) -> [String] { text.split(separator: ",").map { String($0).trimmed } }
}

extension Form<[Network]> {
    static var networks: Form {
        Form<[String]>.networks.map({ $0.compactMap { Network($0) } }, back: { $0.map(\.description) })
    }
}

extension Form<ChannelName> {
    static var channel: Form {
        Form(
            expectation: "a channel name: 1 to \(ChannelName.maximumLength) bytes without control characters",
            read: { $0.stringValue.flatMap { try? ChannelName($0) } },
            write: { $0.description })
    }
}
