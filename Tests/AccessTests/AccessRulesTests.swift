import Channels
import JSON
import TestSupport
import Testing

@testable import Access

@Suite struct AccessRulesTests {
    private static func rule(_ pattern: String, _ who: [Action: [Who]]) throws -> AccessRule {
        AccessRule(try NameTemplate(pattern), who)
    }

    private static func token(_ subject: String, _ grants: String? = nil) throws -> Principal {
        let claims = Claims(.object([.init("sub", .string(subject))]))
        let grants = try grants.map { try Grants(try JSONValue(parsing: Array($0.utf8))) }
        return .token(VerifiedToken(claims: claims, end: nil, grants: grants))
    }

    private let rules: AccessRules

    init() throws {
        self.rules = try AccessRules([
            try Self.rule("news.*", [.read: [.anyone], .publish: [.key("editor")]]),
            try Self.rule("user.{sub}.*", [.read: [.token], .publish: [.key("app"), .token]]),
            try Self.rule("news.secret", [.read: [.grant], .publish: [.nobody]]),
            try Self.rule("machines.*", [.read: [.certificate("printer"), .grant]]),
        ])
    }

    private func decide(_ action: Action, _ channel: String, _ principal: Principal) throws -> Decision {
        self.rules.decide(action, try ChannelName(channel), for: principal)
    }

    @Test func `The most literal rule that fits a name is the only one that counts`() throws {
        #expect(try decide(.read, "news.a", .anonymous) == .allowed)
        #expect(try decide(.read, "news.secret", .anonymous) == .unauthenticated)
        #expect(try decide(.read, "news.secret", try Self.token("ann")) == .forbidden)
        #expect(try decide(.read, "news.secret", try Self.token("ann", #"{"read": "news.*"}"#)) == .allowed)
    }

    @Test func `Where no rule fits, nobody may do anything, and a missing action is nobody's`() throws {
        for action in [Action.read, .publish, .drop] {
            #expect(try decide(action, "other", .anonymous) == .forbidden)
            #expect(try decide(action, "other", try Self.token("ann")) == .forbidden)
        }
        #expect(try decide(.drop, "news.a", .key("editor", Grants())) == .forbidden)
        #expect(try decide(.publish, "news.secret", .anonymous) == .forbidden, "no credential would help")
    }

    @Test func `A placeholder is whose token has that claim; a key may write to all that the rule is for`() throws {
        #expect(try decide(.read, "user.ann.x", try Self.token("ann")) == .allowed)
        #expect(try decide(.read, "user.bob.x", try Self.token("ann")) == .forbidden)
        #expect(try decide(.read, "user.a%2Eb.x", try Self.token("a.b")) == .allowed)
        #expect(try decide(.read, "user.ann.x", .anonymous) == .unauthenticated)
        #expect(try decide(.publish, "user.bob.x", .key("app", Grants())) == .allowed)
        #expect(try decide(.publish, "user.bob.x", .key("editor", Grants())) == .forbidden)
    }

    @Test func `A token with grants must have them for the channel too`() throws {
        #expect(try decide(.read, "user.ann.x", try Self.token("ann", #"{"read": ["user.ann.x"]}"#)) == .allowed)
        #expect(try decide(.read, "user.ann.y", try Self.token("ann", #"{"read": ["user.ann.x"]}"#)) == .forbidden)
        #expect(try decide(.read, "user.ann.x", try Self.token("ann", #"{"publish": ["*"]}"#)) == .forbidden)
        #expect(try decide(.read, "user.ann.x", try Self.token("ann", "{}")) == .forbidden)
        #expect(try decide(.read, "user.ann.z", try Self.token("ann", #"{"read": "user.{sub}.*"}"#)) == .allowed)
    }

    @Test func `Who administers a channel may do everything with it, by whatever rule`() throws {
        let admin = try Self.token("root", #"{"admin": "news.*"}"#)
        for action in [Action.read, .publish, .drop] { #expect(try decide(action, "news.secret", admin) == .allowed) }
        #expect(try decide(.drop, "other", admin) == .forbidden)
    }

    @Test func `Certificates are known by their name, and their grants`() throws {
        let grants = try Grants(try JSONValue(parsing: Array(#"{"read": "machines.7"}"#.utf8)))
        #expect(try decide(.read, "machines.1", .certificate("printer", Grants())) == .allowed)
        #expect(try decide(.read, "machines.1", .certificate("scanner", grants)) == .forbidden)
        #expect(try decide(.read, "machines.7", .certificate("scanner", grants)) == .allowed)
    }

    @Test(arguments: [
        ("a.*", "*.b", true), ("user.{sub}", "user.{id}", true), ("a.*", "b.*", false), ("a.*", "a.b", false),
    ])
    func `Two rules of which nobody could say which one counts are refused`(one: String, other: String, isRefused: Bool)
        throws
    {
        let rules = [try Self.rule(one, [:]), try Self.rule(other, [:])]
        if isRefused {
            #expect(throws: AmbiguousRules.self) { try AccessRules(rules) }
        } else {
            _ = try AccessRules(rules)
        }
    }

    // MARK: A plain model

    /// Decides by the words of the documentation, as slowly as can be.
    private struct Model {
        var rules: [(pattern: String, who: [Action: [String]])]

        func allows(_ action: Action, _ name: String, subject: String?, key: String?) -> Bool {
            let fitting = self.rules.filter { fits($0.pattern, name, placeholder: nil) }
            let literal = { (pattern: String) in
                pattern.replacingPlaceholder(with: "").count { $0 != "*" }
            }
            guard let rule = fitting.max(by: { literal($0.pattern) < literal($1.pattern) }) else { return false }
            return (rule.who[action] ?? []).contains { who in
                switch who {
                case "anyone": true
                case "token": subject.map { fits(rule.pattern, name, placeholder: $0) } ?? false
                default: key.map { who == "key:\($0)" } ?? false
                }
            }
        }

        /// Tries every way to divide a name.
        func fits(_ pattern: String, _ name: String, placeholder: String?) -> Bool {
            if pattern.isEmpty { return name.isEmpty }
            if pattern.hasPrefix("{sub}") {
                let rest = String(pattern.dropFirst(5))
                if let placeholder {
                    return name.hasPrefix(placeholder)
                        && fits(rest, String(name.dropFirst(placeholder.count)), placeholder: placeholder)
                }
                return (1...max(1, name.count)).contains { count in
                    count <= name.count && !name.prefix(count).contains(".")
                        && fits(rest, String(name.dropFirst(count)), placeholder: nil)
                }
            }
            if pattern.hasPrefix("*") {
                return (0...name.count).contains {
                    fits(String(pattern.dropFirst()), String(name.dropFirst($0)), placeholder: placeholder)
                }
            }
            return pattern.first == name.first
                && fits(String(pattern.dropFirst()), String(name.dropFirst()), placeholder: placeholder)
        }
    }

    @Test(arguments: freshSeeds(20))
    func `Random rules decide as a plain model does`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let pieces = ["a", "b", ".", "*", "{sub}"]
        var model = Model(rules: [])
        for _ in 0..<6 {
            let pattern = (0..<Int.random(in: 1...4, using: &random)).compactMap { _ in
                pieces.randomElement(using: &random)
            }.joined()
            var who: [Action: [String]] = [:]
            for action in [Action.read, .publish] where Bool.random(using: &random) {
                who[action] = [["anyone", "token", "nobody", "key:k"].randomElement(using: &random) ?? "nobody"]
            }
            let rules = (model.rules + [(pattern, who)]).map {
                ($0.pattern, $0.who.mapValues { $0.compactMap { Who($0) } })
            }
            guard (try? AccessRules(rules.map { try Self.rule($0.0, $0.1) })) != nil else { continue }
            model.rules.append((pattern, who))
        }
        let rules = try AccessRules(
            model.rules.map { rule in try Self.rule(rule.pattern, rule.who.mapValues { $0.compactMap { Who($0) } }) })
        for _ in 0..<300 {
            let name = (0..<Int.random(in: 1...5, using: &random)).compactMap { _ in
                ["a", "b", "."].randomElement(using: &random)
            }.joined()
            guard let channel = try? ChannelName(name) else { continue }
            let action = [Action.read, .publish, .drop].randomElement(using: &random) ?? .read
            let asks: [(Principal, String?, String?)] = [
                (.anonymous, nil, nil), (try Self.token("a"), "a", nil), (try Self.token("ab"), "ab", nil),
                (.key("k", Grants()), nil, "k"), (.key("l", Grants()), nil, "l"),
            ]
            for (principal, subject, key) in asks {
                let isAllowed = rules.decide(action, channel, for: principal) == .allowed
                #expect(
                    isAllowed == model.allows(action, name, subject: subject, key: key),
                    "\(principal) \(action) \(name) by \(model.rules)")
            }
        }
    }
}

extension String {
    fileprivate func replacingPlaceholder(with text: String) -> String { self.replacing("{sub}", with: text) }
}
