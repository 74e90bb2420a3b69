import Files
import JSON

/// The JSON file: settings, in groups, and the sections. Members whose names begin with
/// `//` are comments.
struct ConfigurationFile {
    /// The names of what is no setting.
    static let sections = ["listen", "retention", "sources"] + AccessSection.names
    private static let mostBytes = 1 << 20

    let place: Place
    private let members: [JSONValue.Member]

    /// Reads the file; what is wrong with it as a whole is a finding, and then it is empty.
    init(_ path: String, _ findings: inout Findings) {
        self.place = .file(path)
        self.members = Self.members(path, &findings) ?? []
    }

    private static func members(_ path: String, _ findings: inout Findings) -> [JSONValue.Member]? {
        do {
            let document = try JSONValue(parsing: try SmallFile.bytes(of: path, most: Self.mostBytes))
            if let members = document.members { return members.filter { !$0.isComment } }
            findings.misfit(.file(path), "the configuration", document, mustBe: "an object")
        } catch let error as JSONError {
            findings.add(.file(path), "this is not JSON: \(error)")
        } catch {
            findings.add(.file(path), "cannot be read: \(error)")
        }
        return nil
    }

    /// All that is set outside of the sections, with the names of the groups in front.
    var entries: [(name: String, value: JSONValue)] {
        self.members.flatMap { Self.entries(at: $0.name, $0.value) }
    }

    private static func entries(at path: String, _ value: JSONValue) -> [(name: String, value: JSONValue)] {
        guard !Self.sections.contains(path) else { return [] }
        guard Setting.named(path) == nil, let all = value.members else { return [(path, value)] }
        let members = all.filter { !$0.isComment }
        let isGroup = Setting.all.contains { $0.key.hasPrefix(path + ".") }
        guard isGroup || !members.isEmpty else { return [(path, value)] }
        return members.flatMap { Self.entries(at: "\(path).\($0.name)", $0.value) }
    }

    /// A section, if the file has it.
    func section(_ name: String) -> JSONValue? {
        let path = name.split(separator: ".").map(String.init)
        return path.reduce(.object(self.members)) { (value: JSONValue?, name) in value?[name] }
    }
}

extension JSONValue.Member {
    /// Whether this stands in the file for people only.
    var isComment: Bool { self.name.hasPrefix("//") }
}
