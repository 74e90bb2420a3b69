public import Channels

/// What some channels ask of whoever wants something with them.
public struct AccessRule: Equatable, Sendable {
    public let template: NameTemplate
    /// Whom it lets do what, any of them; nobody what is not in it.
    public let who: [Action: [Who]]

    public init(_ template: NameTemplate, _ who: [Action: [Who]]) {
        self.template = template
        self.who = who
    }

    func whom(_ action: Action) -> [Who] { self.who[action] ?? [.nobody] }
}

/// The rules of a server. For each channel one counts: that whose pattern fits its name and has the most literal bytes.
public struct AccessRules: Equatable, Sendable {
    /// The most literal first.
    public let rules: [AccessRule]

    /// - Parameter rules: In any order.
    /// - Throws: ``AmbiguousRules`` where two are as literal, and there is a name that fits both.
    public init(_ rules: [AccessRule]) throws(AmbiguousRules) {
        self.rules = rules.sorted { $0.template.literalCount > $1.template.literalCount }
        for (index, rule) in self.rules.enumerated() {
            for other in self.rules[(index + 1)...] {
                guard other.template.literalCount == rule.template.literalCount else { break }
                if rule.template.overlaps(other.template) {
                    throw AmbiguousRules(one: rule.template.text, other: other.template.text)
                }
            }
        }
    }

    /// Whether the application must be asked for some of them.
    public var asksApplication: Bool { self.rules.contains { $0.who.values.contains { $0.contains(.callback) } } }

    /// The rule that counts for a channel; `nil` if none fits it, and so nobody may do anything with it.
    public func rule(for channel: ChannelName) -> AccessRule? {
        self.rules.first { $0.template.couldMatch(channel) }
    }

    /// Whether somebody may do something with a channel.
    public func decide(_ action: Action, _ channel: ChannelName, for principal: Principal) -> Decision {
        guard let rule = self.rule(for: channel) else {
            return principal.grants?.cover(.admin, channel, claims: principal.claims) == true ? .allowed : .forbidden
        }
        let whom = rule.whom(action)
        if whom.contains(where: { rule.lets($0, principal, action, channel) }) { return .allowed }
        if principal.grants?.cover(.admin, channel, claims: principal.claims) == true { return .allowed }
        if whom.contains(.callback) { return .asked }
        if principal == .anonymous, whom.contains(where: \.isByCredential) { return .unauthenticated }
        return .forbidden
    }
}

extension AccessRule {
    fileprivate func lets(_ who: Who, _ principal: Principal, _ action: Action, _ channel: ChannelName) -> Bool {
        switch (who, principal) {
        case (.anyone, _): true
        case (.token, .token(let token)):
            self.template.matches(channel, claims: token.claims)
                && (token.grants?.cover(action, channel, claims: token.claims) ?? true)
        case (.grant, .token(let token)):
            self.template.matches(channel, claims: token.claims)
                && token.grants?.cover(action, channel, claims: token.claims) == true
        case (.grant, .key(_, let grants)), (.grant, .certificate(_, let grants)):
            grants.cover(action, channel, claims: .none)
        case (.key(let name), .key(let own, _)): own == name
        case (.certificate(let name), .certificate(let own, _)): own == name
        case (.nobody, _), (.token, _), (.grant, _), (.key, _), (.certificate, _), (.callback, _): false
        }
    }
}

/// What has become of a wish.
public enum Decision: Equatable, Sendable {
    case allowed
    /// Who says who he is might be allowed.
    case unauthenticated
    case forbidden
    /// The application is to be asked.
    case asked
}

/// Two rules of which nobody could say which one counts.
public struct AmbiguousRules: Error, Equatable, CustomStringConvertible {
    public let one: String
    public let other: String

    public var description: String {
        "\"\(self.one)\" and \"\(self.other)\" have as many literal bytes, and there are channels that fit both; make one more literal"
    }
}
