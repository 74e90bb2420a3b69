import Channels
import JSON
import TestSupport
import Testing

@testable import Access

/// What was taken back, and what is kept of it.
@Suite struct RevocationsTests {
    private static let hash = AccessKeyHash(of: [1])

    private static func token(
        sub: String? = "ann", jti: String? = nil, iss: String? = nil, iat: JSONValue? = .integer(100)
    ) -> VerifiedToken {
        var members: [JSONValue.Member] = []
        if let sub { members.append(.init("sub", .string(sub))) }
        if let jti { members.append(.init("jti", .string(jti))) }
        if let iss { members.append(.init("iss", .string(iss))) }
        if let iat { members.append(.init("iat", iat)) }
        return VerifiedToken(claims: Claims(.object(members)), end: nil, grants: nil)
    }

    @Test(arguments: [
        (Revocation(.subject("ann"), at: 100_000, until: nil), token(), true),
        (Revocation(.subject("ann"), at: 100_000, until: nil), token(iat: .real(100.5)), false),
        (Revocation(.subject("ann"), at: 100_000, until: nil), token(iat: nil), true),
        (Revocation(.subject("ann"), at: 100_000, until: nil), token(iat: .real(1e300)), true),
        (Revocation(.subject("ann"), at: 100_000, until: nil), token(iat: .string("later")), true),
        (Revocation(.subject("ann"), at: 100_000, until: nil), token(sub: "bob"), false),
        (Revocation(.subject("ann"), at: 100_000, until: nil), token(sub: nil), false),
        (Revocation(.subject("ann"), at: 100_000, until: nil), token(iss: "any"), true),
        (Revocation(.subject("ann"), of: "one", at: 100_000, until: nil), token(iss: "one"), true),
        (Revocation(.subject("ann"), of: "one", at: 100_000, until: nil), token(iss: "other"), false),
        (Revocation(.subject("ann"), of: "one", at: 100_000, until: nil), token(), false),
        (Revocation(.token("x"), at: 0, until: nil), token(jti: "x"), true),
        (Revocation(.token("x"), at: 0, until: nil), token(sub: "x"), false),
        (Revocation(.token("x"), of: "one", at: 0, until: nil), token(jti: "x", iss: "one"), true),
        (Revocation(.key(hash), at: 0, until: nil), token(), false),
    ])
    func `A token is taken back by its subject or its id, of its issuer`(
        revocation: Revocation, token: VerifiedToken, isCovered: Bool
    ) {
        let revocations = Revocations()
        #expect(!revocations.cover(token))
        revocations.add(revocation)
        #expect(revocations.cover(token) == isCovered)
        #expect(revocations.cover(Self.hash) == (revocation.target == .key(Self.hash)))
    }

    @Test(arguments: [
        Revocation(.subject("ann"), at: 1, until: 2),
        Revocation(.subject("\u{0}\u{1F600}"), of: "i", at: 1, until: nil),
        Revocation(.token(String(repeating: "x", count: 8 << 10)), at: 1, until: 2),
        Revocation(.key(hash), at: 1, until: nil),
    ])
    func `What is kept of one is that one again`(revocation: Revocation) throws {
        let record = try #require(revocation.record)
        #expect(Revocation(record) == revocation)
        #expect(record.name.text.hasPrefix(Revocation.prefix) && record.end == revocation.end)
    }

    @Test func `One that is over is forgotten, and the others stay`() {
        let revocations = Revocations()
        revocations.add(Revocation(.token("short"), at: 0, until: 10))
        revocations.add(Revocation(.token("long"), at: 0, until: nil))
        revocations.sweep(at: 10)
        #expect(!revocations.cover(Self.token(jti: "short")))
        #expect(revocations.cover(Self.token(jti: "long")))
    }

    @Test func `All that the ledger keeps are loaded, however many`() async throws {
        let bridge = try await Bridge.open(MemoryLedger())
        let all = (0..<2_500).map { Revocation(.token("\($0)"), at: 0, until: nil) }
        try await bridge.write(all.compactMap(\.record).map { .put($0) })
        let revocations = Revocations()
        try await revocations.load(from: bridge)
        #expect((0..<2_500).filter { !revocations.cover(Self.token(jti: "\($0)")) }.isEmpty)
        #expect(revocations.generation == 2_500)
    }
}
