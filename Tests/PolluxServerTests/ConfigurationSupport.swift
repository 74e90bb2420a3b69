import FoundationEssentials
import PolluxServer
import Testing

/// Loads a configuration whose file has this text; in what is thrown the file is called `pollux.json`.
func load(
    _ text: String? = nil, environment: [String: String] = [:], flags: [String: String] = [:]
) throws -> LoadedConfiguration {
    guard let text else {
        return try LoadedConfiguration(environment: environment, flags: flags.map { (key: $0.key, value: $0.value) })
    }
    let path = FileManager.default.temporaryDirectory.appending(path: "pollux-\(UUID().uuidString).json").path
    try Data(text.utf8).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try LoadedConfiguration(
        file: path, environment: environment, flags: flags.map { (key: $0.key, value: $0.value) })
}

/// What is wrong with a configuration.
func problems(
    _ text: String? = nil, environment: [String: String] = [:], flags: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
) -> [String] {
    let error = #expect(throws: ConfigurationError.self, sourceLocation: sourceLocation) {
        try load(text, environment: environment, flags: flags)
    }
    return (error?.problems ?? []).map { problem in
        guard problem.hasPrefix("/"), let end = problem.firstRange(of: ".json: ") else { return problem }
        return "pollux.json: " + problem[end.upperBound...]
    }
}

/// A file of the repository.
func repositoryPath(_ path: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../\(path)").standardized.path
}
