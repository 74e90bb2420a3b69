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
        guard let members = object.members else { throw .noObject }
        for member in members {
            guard let action = Action(rawValue: member.name) else {
                if isStrict { throw .noAction(member.name) }
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
        guard let texts else { throw .noWords("scope") }
        for word in texts.flatMap({ $0.split(separator: " ") }) {
            let parts = word.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let action = Action(rawValue: String(parts[0])) else { continue }
            guard let template = try? NameTemplate(String(parts[1])) else { throw .noPattern("scope") }
            self.templates[action, default: []].append(template)
        }
    }

    /// - Parameters:
    ///   - words: A text or an array of texts.
    ///   - claim: Where it stands, for the error.
    ///   - grants: What each of them grants.
    /// - Throws: ``InvalidGrants`` for anything else.
    init(words: JSONValue, of claim: String, _ grants: [String: Grants]) throws(InvalidGrants) {
        let texts = words.elements?.compactMap(\.stringValue) ?? words.stringValue.map { [$0] }
        guard let texts, texts.count == words.elements?.count ?? 1 else { throw .noWords(claim) }
        // Each once, however often a token repeats it.
        for text in Set(texts) {
            guard let granted = grants[text] else { continue }
            self.templates.merge(granted.templates) { $0 + $1 }
        }
    }

    private static func templates(_ member: JSONValue.Member) throws(InvalidGrants) -> [NameTemplate] {
        var templates: [NameTemplate] = []
        for value in member.value.elements ?? [member.value] {
            guard let text = value.stringValue, let template = try? NameTemplate(text) else {
                throw .noPattern(member.name)
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
public enum InvalidGrants: Error, Equatable {
    case noObject
    /// A member, that is none.
    case noAction(String)
    /// A member of which something is no pattern.
    case noPattern(String)
    /// A claim that is neither a word nor an array of words.
    case noWords(String)
}

extension InvalidGrants: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noObject: "grants must be an object, as in {\"read\": [\"orders.*\"]}"
        case .noAction(let member):
            "\(member) is none of \(Action.allCases.map(\.rawValue).joined(separator: ", "))"
        case .noPattern(let member):
            "\(member) must be a pattern for channels or an array of them, as in [\"orders.*\"]"
        case .noWords(let claim): "\(claim) must be a text or an array of texts"
        }
    }
}
