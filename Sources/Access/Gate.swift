public import Channels
public import HTTPServing

/// Who asks, and what he may do: what a request is judged by.
///
/// It is replaced as a whole where rules, keys or issuers change.
public final class Gate: Sendable {
    public let rules: AccessRules
    private let keys: KeyRing
    private let tokens: TokenVerifier
    private let cache = TokenCache()
    private let failures: TokenBuckets
    /// Client certificates, by the names that the rules use.
    private let certificates: [CertificateEntry]

    public init(
        rules: AccessRules, keys: KeyRing = KeyRing(), tokens: TokenVerifier = TokenVerifier([]),
        certificates: [CertificateEntry] = [], failures: TokenBucket = .failures
    ) {
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
        if let token = self.cache.token(text, at: now) { return .token(token) }
        let origin = address.map { AddressGroup($0) }
        if let wait = origin.flatMap({ self.failures.wait(of: $0, at: uptime) }) {
            throw .tooManyFailures(retryAfter: Int(wait / 1_000_000_000) + 1)
        }
        do throws(TokenError) { return try self.principal(verifying: text, at: now) } catch {
            if let origin { _ = self.failures.take(of: origin, at: uptime) }
            throw error
        }
    }

    private func principal(verifying text: [UInt8], at now: Int64) throws(TokenError) -> Principal {
        if text.starts(with: AccessKey.prefix.utf8) {
            guard let principal = self.keys.principal(for: text) else {
                throw .malformed("it is a key that is not known here")
            }
            return principal
        }
        let token = try self.tokens.verify(text, at: now)
        self.cache.keep(token, text)
        return .token(token)
    }

    private func principal(withCertificate subject: String, _ names: [String]) -> Principal {
        // An authority may write into a name what a client wants: one that looks like a subject is none.
        let entry = self.certificates.first {
            $0.subject.contains("=") ? $0.subject == subject : names.contains($0.subject)
        }
        return entry.map { .certificate($0.name, $0.grants) } ?? .anonymous
    }

    /// Whether somebody may do something with all of some channels.
    ///
    /// - Returns: The first that he may not, and why; `nil` if he may.
    public func refusal(
        _ action: Action, _ channels: [ChannelName], for principal: Principal
    ) -> (channel: ChannelName, decision: Decision)? {
        for channel in channels {
            let decision = self.rules.decide(action, channel, for: principal)
            if decision != .allowed { return (channel, decision) }
        }
        return nil
    }
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
