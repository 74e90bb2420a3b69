/// Where settings can be given.
enum Place: Sendable, Equatable, CustomStringConvertible {
    case file(String)
    case environment
    case commandLine

    /// As it stands in front of what is wrong there.
    var description: String {
        switch self {
        case .file(let path): path
        case .environment: "environment"
        case .commandLine: "command line"
        }
    }

    /// What a setting is called there.
    func name(of setting: Setting) -> String {
        switch self {
        case .file, .commandLine: setting.key
        case .environment: setting.environmentVariable
        }
    }

    /// The same, so that the key can be seen too.
    func title(of setting: Setting) -> String {
        self == .environment ? "\(setting.environmentVariable) (\(setting.key))" : self.name(of: setting)
    }

    /// All names that mean something there.
    var names: [String] {
        let settings = Setting.all.map { self.name(of: $0) }
        return if case .file = self { settings + ConfigurationFile.sections } else { settings }
    }

    /// Where to look for a setting that is given there.
    func origin(of setting: Setting) -> String {
        switch self {
        case .file(let path): path
        case .environment: setting.environmentVariable
        case .commandLine: "the command line"
        }
    }
}
