import JSON

/// One thing that can be configured: what reads it, finds unknown keys and prints help knows it from here.
public struct Setting: Sendable {
    /// Its name in the file and on the command line, with a dot between group and name: `limits.eventSize`.
    public let key: String
    /// What its value must be, in words: "a whole number from 0 to 65535".
    public let expectation: String
    /// The value that holds when none is given, as it would be written, or in words.
    public let defaultText: String
    /// What it does, in words.
    public let meaning: String
    /// A value in the one way that ``set`` takes; `nil` if it does not fit.
    let text: @Sendable (JSONValue) -> String?
    /// Sets a text that ``text`` gave.
    let set: @Sendable (String, inout ServerConfiguration) -> Void
    /// Sets what another configuration has.
    let adopt: @Sendable (ServerConfiguration, inout ServerConfiguration) -> Void
    /// What is set.
    let current: @Sendable (ServerConfiguration) -> String

    /// - Parameters:
    ///   - path: Where the value is held. The default is what a new configuration has there.
    ///   - unset: How to call a default that is no value.
    init<Value>(
        _ key: String, _ form: Form<Value>, _ path: any WritableKeyPath<ServerConfiguration, Value> & Sendable,
        unset: String = "none", _ meaning: String
    ) {
        let text = form.write(ServerConfiguration()[keyPath: path])
        self.key = key
        self.expectation = form.expectation
        self.defaultText = text.isEmpty ? unset : text
        self.meaning = meaning
        self.text = { form.read($0).map(form.write) }
        self.set = { text, configuration in
            if let value = form.read(.string(text)) { configuration[keyPath: path] = value }
        }
        self.adopt = { $1[keyPath: path] = $0[keyPath: path] }
        self.current = { form.write($0[keyPath: path]) }
    }

    /// The groups of settings, by the part of the key before the dot, that a running server takes on at SIGHUP.
    public static let liveGroups = [
        "access", "cors", "publicOrigins", "proxies", "forwarded", "drain", "limits", "stream", "poll",
    ]

    /// Whether a new value holds as soon as the configuration is read anew, and not only from the next start on.
    var isLive: Bool { Self.liveGroups.contains(String(self.key.prefix { $0 != "." })) }

    /// Its name in the environment: `POLLUX_LIMITS_EVENT_SIZE` for `limits.eventSize`. swift-configuration's provider
    /// looks for it under the same name.
    public var environmentVariable: String {
        self.key.reduce(into: "POLLUX_") { name, character in
            if character.isUppercase { name += "_" }
            name += character == "." ? "_" : character.uppercased()
        }
    }
}
