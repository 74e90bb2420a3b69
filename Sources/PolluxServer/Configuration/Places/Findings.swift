import Files
import JSON

/// What is wrong with a configuration, gathered so that all of it can be told at once.
struct Findings {
    /// One line for each.
    private(set) var problems: [String] = []
    /// The files that were read, or should have been, besides the configuration's own.
    private(set) var files: [String] = []

    /// The content of a file that a value names, at most so many bytes; `nil` is noted.
    mutating func content(of file: String, most: Int, for name: String, _ place: Place) -> [UInt8]? {
        self.files.append(file)
        do throws(SmallFile.Unreadable) { return try SmallFile.bytes(of: file, most: most) } catch {
            self.add(place, "\(name): \(file) cannot be read: \(error)")
            return nil
        }
    }

    /// - Parameter place: Where it is wrong: the file, the environment, the command line.
    mutating func add(_ place: Place, _ problem: String) {
        self.problems.append(Self.withoutControls("\(place): \(problem)"))
    }

    /// Where a secret may stand, which no message must show.
    private static let secretive = ["access.issuers", "access.keys", "access.callback.url"]

    /// A value that does not fit.
    mutating func misfit(_ place: Place, _ name: String, _ found: JSONValue, mustBe expectation: String) {
        guard !Self.secretive.contains(where: name.hasPrefix) else {
            return self.add(place, "\(name) must be \(expectation)")
        }
        let text = Self.head(of: String(decoding: found.encoded(), as: UTF8.self))
        self.add(place, "\(name) is \(text), but must be \(expectation)")
    }

    /// A name that means nothing, for which one of `names` may have been meant.
    ///
    /// - Parameter group: What stands before both, where it is not in question.
    mutating func unknown(_ place: Place, _ name: String, in group: String = "", among names: [String]) {
        let members = names.filter { $0.hasPrefix(name + ".") }
        guard members.isEmpty else {
            return self.add(place, "\(name) is a group, not a key; its keys are \(members.joined(separator: ", "))")
        }
        let hint = Spelling.nearest(to: name, among: names).map { "; did you mean \(group)\($0)?" } ?? ""
        self.add(place, "\(group)\(Self.head(of: name)) is not known\(hint)")
    }

    /// What was found comes from outside: it must not fill the screen, ...
    private static func head(of text: String) -> String {
        text.unicodeScalars.count > 80 ? String(text.unicodeScalars.prefix(80)) + "…" : text
    }

    /// ... nor break the line.
    private static func withoutControls(_ text: String) -> String {
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : String($0) }.joined()
    }
}
