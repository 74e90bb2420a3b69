import Channels
import JSON
import Sources

/// `sources`: what publishes by itself.
struct SourcesSection {
    private static let names = ["channel", "kind", "every", "from", "to"]
    private static let every = Form<Duration>.time(from: 10)
    private static let bound = Form<Int>.count(-1_000_000_000...1_000_000_000)

    /// What is given, in the order of the file.
    private(set) var sources: [SourceConfiguration] = []

    /// - Parameter value: An array with an object for each source.
    init(_ value: JSONValue, in place: Place, _ findings: inout Findings) {
        guard let elements = value.elements else {
            findings.misfit(place, "sources", value, mustBe: "an array with an object for each source")
            return
        }
        for (index, element) in elements.enumerated() {
            let path = "sources[\(index)]"
            guard let object = SectionObject(element, at: path, names: Self.names, in: place, &findings) else {
                continue
            }
            let channel = object.requiredValue("channel", .channel, &findings)
            let kind = object.requiredValue("kind", Form<SourceConfiguration.Kind>.word, &findings)
            let every = object.requiredValue("every", Self.every, &findings)
            let from = object.value("from", Self.bound, &findings) ?? 0
            let to = object.value("to", Self.bound, &findings) ?? max(100, from + 100)
            guard from < to else {
                findings.add(place, "\(path).from is \(from), but must be less than \(path).to, which is \(to)")
                continue
            }
            guard let channel, let kind, let every else { continue }
            self.sources.append(SourceConfiguration(channel: channel, kind: kind, every: every, range: from...to))
        }
    }

    /// A source in words.
    static func text(_ source: SourceConfiguration) -> String {
        let range = source.kind == .randomWalk ? " from \(source.range.lowerBound) to \(source.range.upperBound)" : ""
        let every = Self.every.write(source.every)
        return "\(source.kind.rawValue)\(range) on \(source.channel), every \(every)"
    }
}
