public import Channels
public import JSON

/// What somebody may do, as it was given to him: by a token, or beside a key or a certificate in the configuration.
public struct Grants: Equatable, Sendable {
    private var templates: [Action: [NameTemplate]] = [:]

    public init() {}

    /// - Parameter object: `{"read": ["orders.*"], "publish": ["orders.{sub}"], "admin": ["*"]}`: for each action a pattern, or an array of
    ///   patterns. Members that are no action are passed over, so that a token may be older or newer than this server.
    /// - Parameter isStrict: Whether a member that is no action is an error all the same.
    /// - Throws: ``InvalidGrants`` with the member that is wrong.
    public init(_ object: JSONValue, isStrict: Bool = false) throws(InvalidGrants) {
        guard let members = object.members else { throw InvalidGrants(member: nil) }
        for member in members {
            guard let action = Action(rawValue: member.name) else {
                if isStrict { throw InvalidGrants(member: member.name) }
                continue
            }
            self.templates[action] = try Self.templates(member)
        }
    }

    /// - Parameter scope: Grants as words, each an action and a pattern: `read:orders.* publish:orders.7`; or an array of such words. Other
    ///   words are passed over.
    /// - Throws: ``InvalidGrants`` for anything else.
    public init(scope: JSONValue) throws(InvalidGrants) {
        let texts = scope.elements?.compactMap(\.stringValue) ?? scope.stringValue.map { [$0] }
        guard let texts else { throw InvalidGrants(member: "scope") }
        for word in texts.flatMap({ $0.split(separator: " ") }) {
            let parts = word.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let action = Action(rawValue: String(parts[0])) else { continue }
            guard let template = try? NameTemplate(String(parts[1])) else { throw InvalidGrants(member: "scope") }
            self.templates[action, default: []].append(template)
        }
    }

    private static func templates(_ member: JSONValue.Member) throws(InvalidGrants) -> [NameTemplate] {
        var templates: [NameTemplate] = []
        for value in member.value.elements ?? [member.value] {
            guard let text = value.stringValue, let template = try? NameTemplate(text) else {
                throw InvalidGrants(member: member.name)
            }
            templates.append(template)
        }
        return templates
    }

    /// Whether they allow something with a channel. Who may administer a channel may do everything with it.
    public func cover(_ action: Action, _ channel: ChannelName, claims: Claims) -> Bool {
        self.has(action, channel, claims) || self.has(.admin, channel, claims)
    }

    /// Whether they allow everything with every channel.
    var coverEverything: Bool { self.templates[.admin]?.contains { $0.text == "*" } ?? false }

    private func has(_ action: Action, _ channel: ChannelName, _ claims: Claims) -> Bool {
        self.templates[action]?.contains { $0.matches(channel, claims: claims) } ?? false
    }
}

/// Something that should be grants and is not.
public struct InvalidGrants: Error, Equatable, CustomStringConvertible {
    /// The member that is wrong; `nil` if it is no object.
    public let member: String?

    public var description: String {
        guard let member else { return "grants must be an object, as in {\"read\": [\"orders.*\"]}" }
        guard Action(rawValue: member) != nil || member == "scope" else {
            return "\(member) is none of \(Action.allCases.map(\.rawValue).joined(separator: ", "))"
        }
        return "\(member) must be a pattern for channels or an array of them, as in [\"orders.*\"]"
    }
}
