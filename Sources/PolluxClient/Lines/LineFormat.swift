import JSON

/// How a follower's events are written, each as a line.
public struct LineFormat: Sendable {
    /// Whether each line is a JSON object, for programs; else it is text, for people.
    public var isJSON: Bool
    /// Whether the text goes to a terminal: it begins with the id, dimmed, and holds no other control sequence.
    public var isForTerminal: Bool
    /// Whether the text names the channel, because there are several.
    public var namesChannel: Bool

    /// Sets a format up.
    public init(isJSON: Bool, isForTerminal: Bool, namesChannel: Bool) {
        self.isJSON = isJSON
        self.isForTerminal = isForTerminal
        self.namesChannel = namesChannel
    }

    /// An event: `type: data`, or `{"id":..,"channel":..,"event":..,"data":..}`.
    ///
    /// In text, further lines of the data are indented, so that each line that is not begins an event.
    public func line(_ event: FollowedEvent) -> String {
        guard !self.isJSON else { return Self.text(event.json) }
        let channel = self.namesChannel ? event.channel + " " : ""
        let text = "\(channel)\(event.type): \(event.data)".replacing("\n", with: "\n  ")
        return self.isForTerminal ? "\u{1B}[2m\(event.id.printable)\u{1B}[0m \(text.printable)" : text
    }

    /// A gap as a line of JSON: `{"gap":{"reason":..,"after":..,"resumedAt":..}}`; `nil` in text, where it is no event.
    public func line(_ gap: Gap) -> String? {
        self.isJSON ? Self.text(.object([.init("gap", gap.json)])) : nil
    }

    private static func text(_ value: JSONValue) -> String { String(decoding: value.encoded(), as: UTF8.self) }
}

extension FollowedEvent {
    fileprivate var json: JSONValue {
        .object([
            .init("id", .string(self.id)),
            .init("channel", .string(self.channel)),
            .init("event", .string(self.type)),
            .init("data", .string(self.data)),
        ])
    }
}

extension Gap: CustomStringConvertible {
    /// In a sentence.
    public var description: String {
        let cause =
            switch self.reason {
            case "trimmed": "events after \(self.after) are no longer kept"
            case "lost": "the server was set back, and what came after \(self.after) in its last life is lost"
            case "epoch": "\(self.after) is of a server with another past"
            default: "\(self.after) is no event id of this server"
            }
        return "\(cause); going on " + (self.resumedAt.map { "at \($0)" } ?? "with what comes")
    }
}

extension String {
    /// With pictures for control characters: text from outside must not command a terminal.
    package var printable: String {
        String(String.UnicodeScalarView(self.unicodeScalars.map(\.printable)))
    }
}

extension Unicode.Scalar {
    fileprivate var printable: Unicode.Scalar {
        switch self.value {
        case 0x09, 0x0A: self
        case ..<0x20: Unicode.Scalar(0x2400 + self.value) ?? self
        case 0x7F...0x9F: "\u{FFFD}"
        default: self
        }
    }
}
