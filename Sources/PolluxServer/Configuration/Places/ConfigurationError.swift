/// Why a configuration cannot be used.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// All that is wrong, a line each: where it is, which key, what was found and what would do. Never empty.
    public let problems: [String]

    public init(problems: [String]) {
        self.problems = problems
    }

    /// The problems, one a line.
    public var description: String { self.problems.joined(separator: "\n") }
}
