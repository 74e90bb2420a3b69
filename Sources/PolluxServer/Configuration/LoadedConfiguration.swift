import Access
import Channels
import Configuration
import JSON

/// A configuration as an operator gave it, and where each part of it comes from.
///
/// A setting is taken from the command line, else from the environment, else from the file, else it has its default.
/// A wrong value is refused even where another place overrides it: one day it would not be.
public struct LoadedConfiguration: Sendable {
    /// Something that is not as by default.
    public struct Change: Sendable, Equatable, CustomStringConvertible {
        /// The key of a ``Setting``, or the place in a section: `retention.orders.*`, `sources[0]`.
        public let key: String
        /// As it could have been written, whatever it was written like.
        public let value: String
        /// Where it comes from: "from config/pollux.json", "from POLLUX_PORT", "follows limits.batchSize".
        public let origin: String

        /// All on one line: "port = 8081 (from POLLUX_PORT)".
        public var description: String { "\(self.key) = \(self.value.isEmpty ? "none" : self.value) (\(self.origin))" }
    }

    /// What the server is to be told.
    public private(set) var server = ServerConfiguration()
    /// What is not as by default, in the order of ``Setting/all``, then the sections.
    public private(set) var changes: [Change] = []

    /// Reads all places, each of which is checked as a whole.
    ///
    /// - Parameters:
    ///   - path: The JSON file, of at most 1 MiB; `nil` for none.
    ///   - environment: All variables; those that do not begin with `POLLUX_` are passed over.
    ///   - flags: What the command line says, by key (`limits.eventSize`), of which a later one wins.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    public init(
        file path: String? = nil, environment: [String: String] = [:],
        flags: [(key: String, value: String)] = []
    ) throws(ConfigurationError) {
        var findings = Findings()
        let file = path.map { ConfigurationFile($0, &findings) }
        let winning = Dictionary(flags.map { ($0.key, $0.value) }) { _, last in last }
        // One that is overridden must fit all the same.
        for flag in flags where winning[flag.key] != flag.value {
            _ = Layer(.commandLine, Self.entries([flag.key: flag.value]), &findings)
        }
        let layers = [
            Layer(.commandLine, Self.entries(winning), &findings),
            Layer(.environment, Self.entries(environment.filter { Self.isSetting($0.key) }), &findings),
            file.map { Layer($0.place, $0.entries, &findings) },
        ]
        let places = self.takeSettings(layers.compactMap(\.self))
        self.tellSettings(places, following: self.keepBounds(places, &findings))
        if let file { self.takeSections(file, &findings) }
        if !self.server.listen.isEmpty {
            for key in ["host", "port"] {
                guard let place = places[key] else { continue }
                findings.add(place, "\(key) is given, and listen too; one of them says where to listen")
            }
        }
        guard findings.problems.isEmpty else { throw ConfigurationError(problems: findings.problems) }
    }

    /// Whether a variable is meant for the server. `POLLUX_TOKEN` is for its clients on the command line.
    private static func isSetting(_ variable: String) -> Bool {
        variable.hasPrefix("POLLUX_") && variable != "POLLUX_TOKEN"
    }

    private static func entries(_ texts: [String: String]) -> [(name: String, value: JSONValue)] {
        texts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }
    }

    /// Sets what is given; returns by key where that is.
    ///
    /// - Parameter layers: The one that wins first.
    private mutating func takeSettings(_ layers: [Layer]) -> [String: Place] {
        let reader = ConfigReader(providers: layers.map(\.provider))
        var places: [String: Place] = [:]
        for setting in Setting.all {
            guard let text = reader.string(forKey: ConfigKey(setting.key)) else { continue }
            setting.set(text, &self.server)
            places[setting.key] = layers.first { $0.gives(setting) }?.place
        }
        return places
    }

    /// Lets settings that are not given follow those that bound them; returns by key which ones.
    private mutating func keepBounds(_ places: [String: Place], _ findings: inout Findings) -> [String: String] {
        var leaders: [String: String] = [:]
        // A wrong value is not there to compare with.
        guard findings.problems.isEmpty else { return leaders }
        for bound in Bound.all where !bound.holds(self.server) {
            if let place = places[bound.key] {
                findings.add(place, bound.problem(in: place, self.server))
            } else {
                bound.follow(&self.server)
                leaders[bound.key] = bound.leader
            }
        }
        return leaders
    }

    private mutating func tellSettings(_ places: [String: Place], following leaders: [String: String]) {
        let defaults = ServerConfiguration()
        for setting in Setting.all where setting.current(self.server) != setting.current(defaults) {
            let origin = places[setting.key].map { "from \($0.origin(of: setting))" }
            let leader = leaders[setting.key].map { "follows \($0)" }
            self.add(setting.key, setting.current(self.server), origin ?? leader ?? "")
        }
    }

    private mutating func takeSections(_ file: ConfigurationFile, _ findings: inout Findings) {
        if let section = file.section("listen") {
            self.server.listen = ListenSection(section, in: file.place, &findings).listeners
            for (index, listener) in self.server.listen.enumerated() {
                self.add("listen[\(index)]", ListenSection.text(listener), "from \(file.place)")
            }
        }
        if let section = file.section("retention") {
            let retention = RetentionSection(section, in: file.place, &findings)
            self.server.ledgerSettings.retention = retention.rules
            for (pattern, kept) in retention.changes { self.add("retention.\(pattern)", kept, "from \(file.place)") }
        }
        self.takeAccess(file, &findings)
        if let section = file.section("sources") {
            self.server.sources = SourcesSection(section, in: file.place, &findings).sources
            for (index, source) in self.server.sources.enumerated() {
                self.add("sources[\(index)]", SourcesSection.text(source), "from \(file.place)")
            }
        }
    }

    private mutating func takeAccess(_ file: ConfigurationFile, _ findings: inout Findings) {
        let taken = AccessSection(file, &findings).access
        self.server.access.rules = taken.rules
        self.server.access.keys = taken.keys
        self.server.access.certificates = taken.certificates
        self.server.access.issuers = taken.issuers
        self.server.access.document = taken.document
        self.server.access.files = findings.files
        if self.server.access.callback.url == nil, taken.rules?.asksApplication == true {
            findings.add(file.place, "access.rules: a rule says callback; access.callback.url must say whom to ask")
        }
        for rule in taken.rules?.rules ?? [] {
            self.add("access.rules.\(rule.template.text)", rule.text, "from \(file.place)")
        }
    }

    private mutating func add(_ key: String, _ value: String, _ origin: String) {
        self.changes.append(Change(key: key, value: value, origin: origin))
    }

    /// What is not as by default, a line each; empty if all is.
    public func describe() -> String {
        self.changes.map(\.description).joined(separator: "\n")
    }
}
