import Channels
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

extension Form<[String]> {
    /// Origins, in an array or with commas between them; an empty text is none.
    static var origins: Form {
        Form(
            expectation: "origins as browsers send them, such as https://example.org, with commas between them",
            read: { value in
                let texts = value.stringValue.map(Self.parts) ?? value.elements?.compactMap(\.stringValue)
                guard let texts, texts.count == value.elements?.count ?? texts.count else { return nil }
                return texts.allSatisfy(Self.isOrigin) ? texts : nil
            },
            write: { $0.joined(separator: ",") })
    }

    private static func parts(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.split(separator: " ").joined(separator: " ") }
    }

    /// Whether a browser would send this: a scheme and a host in small letters, perhaps a port, nothing behind; or
    /// `null`, which stands for pages without an origin (RFC 6454 §6.2).
    private static func isOrigin(_ text: String) -> Bool {
        guard text != "null" else { return true }
        guard let colon = text.firstRange(of: "://"), colon.lowerBound > text.startIndex else { return false }
        let authority = text[colon.upperBound...]
        return !authority.isEmpty && !authority.contains("/") && text == text.lowercased()
            && !text.contains { $0 == "," || $0 == "*" || $0.isWhitespace }
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
