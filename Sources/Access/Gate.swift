public import Channels
public import HTTPServing

/// Who asks, and what he may do: what a request is judged by.
///
/// It is replaced as a whole where rules, keys or issuers change.
public final class Gate: Sendable {
    public let rules: AccessRules
    public let keys: KeyRing
    public let revocations: Revocations
    /// Who is asked where a rule says so; `nil` where there is nobody.
    public let callback: Callback?
    private let tokens: TokenVerifier
    private let cache: TokenCache
    private let failures: TokenBuckets
    /// Client certificates, by the names that the rules use.
    private let certificates: [CertificateEntry]

    public init(
        rules: AccessRules, keys: KeyRing = KeyRing(), tokens: TokenVerifier = TokenVerifier([]),
        certificates: [CertificateEntry] = [], failures: TokenBucket = .failures,
        revocations: Revocations = Revocations(), callback: Callback? = nil, cached: Int = 10_000
    ) {
        self.callback = callback
        self.cache = TokenCache(limit: cached)
        self.revocations = revocations
        self.rules = rules
        self.keys = keys
        self.tokens = tokens
        self.certificates = certificates
        self.failures = TokenBuckets(failures)
    }

    /// Who it is that has shown something; nobody in particular, where that is nothing, or a certificate that is not known here.
    ///
    /// A token that was verified before is good whatever else came from there, so that a neighbour behind the same address is not kept out.
    ///
    /// - Parameters:
    ///   - address: From where it comes; `nil` if that is of no account.
    ///   - now: Milliseconds since 1970.
    ///   - uptime: Nanoseconds of a clock that only goes forward.
    /// - Throws: ``TokenError`` for a text that is not valid. It is never taken as if there were none: a client would not notice.
    public func principal(
        of credential: Credential?, from address: PeerAddress? = nil, at now: Int64, uptime: UInt64 = 0
    ) throws(TokenError) -> Principal {
        switch credential {
        case nil: .anonymous
        case .text(let text): try self.principal(withText: text, from: address, at: now, uptime: uptime)
        case .certificate(let subject, let names): self.principal(withCertificate: subject, names)
        }
    }

    private func principal(
        withText text: [UInt8], from address: PeerAddress?, at now: Int64, uptime: UInt64
    ) throws(TokenError) -> Principal {
        if self.leavesTokensToOthers, !text.starts(with: AccessKey.prefix.utf8) { return .anonymous }
        if let token = self.cache.token(text, at: now) { return .token(try self.unlessRevoked(token)) }
        try self.requireFewFailures(from: address, at: uptime)
        do throws(TokenError) { return try self.principal(verifying: text, at: now) } catch {
            if !error.isPassing { self.noteFailure(from: address, at: uptime) }
            throw error
        }
    }

    /// Whether tokens are the application's own: it is asked, and sees them, and nobody else is known who issues any.
    private var leavesTokensToOthers: Bool {
        self.tokens.isEmpty && self.callback?.settings.fields.contains { $0.lowercased() == "authorization" } == true
    }

    /// - Throws: ``TokenError`` where too much that was wrong came from an address: what comes now is not even looked at.
    public func requireFewFailures(from address: PeerAddress?, at uptime: UInt64) throws(TokenError) {
        guard let address, let wait = self.failures.wait(of: AddressGroup(address), at: uptime) else { return }
        throw .tooManyFailures(retryAfter: Int(wait / 1_000_000_000) + 1)
    }

    /// Something that was wrong came from an address.
    public func noteFailure(from address: PeerAddress?, at uptime: UInt64) {
        if let address { _ = self.failures.take(of: AddressGroup(address), at: uptime) }
    }

    private func principal(verifying text: [UInt8], at now: Int64) throws(TokenError) -> Principal {
        if text.starts(with: AccessKey.prefix.utf8) {
            let hash = AccessKeyHash(of: text)
            guard let principal = self.keys.principal(for: hash) else {
                throw .unknownAccessKey
            }
            guard !self.revocations.cover(hash) else { throw .revoked }
            return principal
        }
        let token = try self.tokens.verify(text, at: now)
        self.cache.keep(token, text)
        return .token(try self.unlessRevoked(token))
    }

    private func unlessRevoked(_ token: VerifiedToken) throws(TokenError) -> VerifiedToken {
        guard !self.revocations.cover(token) else { throw .revoked }
        return token
    }

    private func principal(withCertificate subject: String, _ names: [String]) -> Principal {
        // An authority may write into a name what a client wants: one that looks like a subject is none.
        let entry = self.certificates.first {
            $0.subject.contains("=") ? $0.subject == subject : names.contains($0.subject)
        }
        return entry.map { .certificate($0.name, $0.grants) } ?? .anonymous
    }

    /// Whether somebody may do everything: what is about no channel needs that.
    public func isAdministrator(_ principal: Principal) -> Bool { principal.grants?.coverEverything ?? false }

    /// Whether somebody may do something with all of some channels, as far as that is known here.
    public func verdict(_ action: Action, _ channels: [ChannelName], for principal: Principal) -> AccessVerdict {
        var asked: [ChannelName] = []
        for channel in channels {
            switch self.rules.decide(action, channel, for: principal) {
            case .allowed: break
            case .asked: asked.append(channel)
            case .unauthenticated: return .refused(channel, .unauthenticated)
            case .forbidden: return .refused(channel, .forbidden)
            }
        }
        return asked.isEmpty ? .allowed : .asked(asked)
    }
}

/// What has become of a wish about some channels.
public enum AccessVerdict: Equatable, Sendable {
    case allowed
    /// The application is to be asked about these.
    case asked([ChannelName])
    /// The first that he may not, and why.
    case refused(ChannelName, Decision)
}

/// A client certificate that the configuration names.
public struct CertificateEntry: Equatable, Sendable {
    public let name: String
    /// The subject as RFC 4514 writes it, or one of the alternative names.
    public let subject: String
    public let grants: Grants

    public init(name: String, subject: String, grants: Grants = Grants()) {
        self.name = name
        self.subject = subject
        self.grants = grants
    }
}
