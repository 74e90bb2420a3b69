public import Access
import Channels
public import Doors
import JSON

/// Who may do what, as the configuration says.
public struct AccessConfiguration: Sendable {
    /// Whether everybody may do everything, where there are no rules; default `false`.
    public var open = false
    /// `nil` if there are none.
    public var rules: AccessRules?
    public var keys = KeyRing()
    public var certificates: [CertificateEntry] = []
    public var issuers: [TokenIssuer] = []
    /// Where requests may have tokens, besides the field `Authorization`; default nowhere.
    public var places = TokenPlaces()
    /// How far the clocks of issuers may be apart from ours; default 30 s.
    public var leeway = Duration.seconds(30)
    /// The most bytes of a token; default 8 KiB.
    public var tokenSize = 8 << 10
    /// How many tokens are remembered that were verified; default 10,000.
    public var cached = 10_000
    /// How long a ticket may wait for its first use; default 30 s.
    public var ticketLifetime = Duration.seconds(30)
    /// How the application is asked, where a rule says `callback`.
    public var callback = CallbackSettings()
    /// How much each address, principal and channel may take.
    public var limits = AccessLimits.Configuration()
    /// How many wrong credentials an address may show; default 10 a minute, and at first 30.
    public var failureRate = Rate.failures
    public var failureBurst = 30
    /// What it was made of, to be compared with another one.
    var document: [JSONValue] = []
    /// The files of keys and secrets that were read for it.
    var files: [String] = []

    public init() {}

    /// What anybody may change, in words: it may be meant so, and is seldom.
    public var holes: [String] {
        guard let rules = self.rules else {
            return self.open ? ["anyone may read, publish and drop everything (access.open)"] : []
        }
        return rules.rules.flatMap { rule in
            [Action.publish, .drop].filter { rule.who[$0]?.contains(.anyone) ?? false }.map {
                "anyone may \($0.rawValue) \(rule.template.text)"
            }
        }
    }

    /// By what the rules are applied; `nil` if there are none.
    ///
    /// - Parameters:
    ///   - revocations: What was taken back.
    ///   - callback: Who is asked where a rule says so.
    public func gate(_ revocations: Revocations = Revocations(), _ callback: Callback? = nil) -> Gate? {
        guard let rules = self.rules else { return nil }
        var tokens = TokenVerifier(self.issuers)
        tokens.leeway = self.leeway.milliseconds
        tokens.tokenSize = self.tokenSize
        return Gate(
            rules: rules, keys: self.keys, tokens: tokens, certificates: self.certificates,
            failures: TokenBucket(self.failureRate, burst: self.failureBurst), revocations: revocations,
            callback: callback, cached: self.cached)
    }
}
