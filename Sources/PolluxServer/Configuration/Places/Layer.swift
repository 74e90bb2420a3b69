import Configuration
import JSON

/// The settings that one place gives, as a provider for swift-configuration. It has only what is known and fits.
struct Layer: Sendable {
    /// A setting and what it is to be, as its ``Setting/text`` wrote it.
    private typealias Given = (setting: Setting, text: String)

    let place: Place
    let provider: any ConfigProvider

    /// - Parameter entries: What is given, by the names that are used there; untrusted.
    init(_ place: Place, _ entries: [(name: String, value: JSONValue)], _ findings: inout Findings) {
        let given = Self.checked(entries, in: place, &findings)
        self.place = place
        self.provider = place == .environment ? Self.variables(given) : Self.values(given)
    }

    /// Whether a setting is given here.
    func gives(_ setting: Setting) -> Bool {
        let result = try? self.provider.value(forKey: AbsoluteConfigKey(ConfigKey(setting.key)), type: .string)
        return result?.value != nil
    }

    private static func checked(
        _ entries: [(name: String, value: JSONValue)], in place: Place, _ findings: inout Findings
    ) -> [Given] {
        var given: [Given] = []
        for (name, value) in entries {
            guard let setting = Setting.all.first(where: { place.name(of: $0) == name }) else {
                findings.unknown(place, name, among: place.names)
                continue
            }
            guard !given.contains(where: { $0.setting.key == setting.key }) else {
                findings.add(place, "\(name) is given twice")
                continue
            }
            guard let text = setting.text(value) else {
                findings.misfit(place, place.title(of: setting), value, mustBe: setting.expectation)
                continue
            }
            given.append((setting, text))
        }
        return given
    }

    private static func variables(_ given: [Given]) -> any ConfigProvider {
        let variables = Dictionary(uniqueKeysWithValues: given.map { ($0.setting.environmentVariable, $0.text) })
        return EnvironmentVariablesProvider(environmentVariables: variables).prefixKeys(with: "pollux")
    }

    private static func values(_ given: [Given]) -> any ConfigProvider {
        let values = given.map { (AbsoluteConfigKey(ConfigKey($0.setting.key)), ConfigValue(stringLiteral: $0.text)) }
        return InMemoryProvider(values: Dictionary(uniqueKeysWithValues: values))
    }
}
