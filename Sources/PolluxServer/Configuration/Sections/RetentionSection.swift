import Channels
import JSON

/// `retention`: patterns for channel names, and how much of the channels is kept.
struct RetentionSection {
    private static let names = ["events", "age", "bytes"]
    private static let everything = "*"
    private static let events = Form<Int>.count(1...1_000_000_000)
    private static let age = Form<Duration>.time(from: 1)
    private static let bytes = Form<Int>.size(1...1 << 50)

    /// What is given: `*` first, the others in the order of the file.
    private var entries: [(pattern: String, retention: Retention)] = []

    /// - Parameter value: An object with a member for each pattern. What a pattern leaves out is as for `*`, and what
    ///   that leaves out has its default.
    init(_ value: JSONValue, in place: Place, _ findings: inout Findings) {
        guard let members = value.members?.filter({ !$0.isComment }) else {
            findings.misfit(place, "retention", value, mustBe: "an object with a member for each pattern")
            return
        }
        var common = Retention()
        if let member = members.first(where: { $0.name == Self.everything }) {
            common = Self.retention(member, common, in: place, &findings)
            self.entries.append((member.name, common))
        }
        for member in members where member.name != Self.everything {
            self.entries.append((member.name, Self.retention(member, common, in: place, &findings)))
        }
    }

    private static func retention(
        _ member: JSONValue.Member, _ common: Retention, in place: Place, _ findings: inout Findings
    ) -> Retention {
        let path = "retention.\(member.name)"
        guard let object = SectionObject(member.value, at: path, names: Self.names, in: place, &findings) else {
            return common
        }
        return Retention(
            events: object.value("events", Self.events, &findings) ?? common.events,
            age: object.value("age", Self.age, &findings) ?? common.age,
            bytes: object.value("bytes", Self.bytes, &findings) ?? common.bytes)
    }

    /// What is not as by default, as text.
    var changes: [(pattern: String, text: String)] {
        self.entries.filter { $0.pattern != Self.everything || $0.retention != Retention() }.map { entry in
            let kept = entry.retention
            let (age, bytes) = (Self.age.write(kept.age), Self.bytes.write(kept.bytes))
            return (entry.pattern, "\(kept.events) events, \(age), \(bytes)")
        }
    }

    /// What the ledger is given.
    var rules: RetentionRules {
        RetentionRules(
            self.entries.map { RetentionRules.Rule(pattern: NamePattern($0.pattern), retention: $0.retention) })
    }
}
