import Channels
import Testing

@Suite struct FingerprintTests {
    private func fingerprint(_ drafts: [Draft], others: [ChannelName] = []) -> Fingerprint {
        Fingerprint(Publication(channel: name("orders"), others: others, drafts: drafts))
    }

    @Test func `Other channels and attributes make another one, in any order of the channels`() throws {
        let attributes = try #require(Attributes(["k": [1]]))
        let drafts = [try Draft(data: [], attributes: attributes)]
        let channels = [name("a"), name("b")]
        let fingerprints = [
            fingerprint([draft("")]), fingerprint(drafts), fingerprint([draft("")], others: channels),
            fingerprint(drafts, others: channels),
        ]
        #expect(Set(fingerprints).count == 4)
        #expect(fingerprint(drafts, others: channels.reversed()) == fingerprints[3])
    }

    @Test func `The same events have the same fingerprint`() {
        let drafts = [draft("a", type: "t"), draft("b")]
        #expect(fingerprint(drafts) == fingerprint(Array(drafts)))
    }

    @Test func `Other events have another, even where the same bytes follow one another`() {
        let publications: [[Draft]] = [
            [], [draft("")], [draft(""), draft("")], [draft("ab")], [draft("a"), draft("b")], [draft("b"), draft("a")],
            [draft("b", type: "a")], [draft("", type: "ab")], [draft("a", type: "b")], [draft("ba")], [draft("abc")],
            [draft("\0")], [draft("\0\0")], [draft("", type: "a"), draft("b")], [draft("a"), draft("", type: "b")],
        ]
        let fingerprints = publications.map { fingerprint($0) }
        #expect(Set(fingerprints).count == publications.count)
        #expect(Set(fingerprints.map(\.high)).count == publications.count)
        #expect(Set(fingerprints.map(\.low)).count == publications.count)
    }

    /// A ledger writes fingerprints to disk: these values must stay.
    @Test func `It is the same in every process and version`() {
        let fingerprint = fingerprint([draft("hello\nworld", type: "greeting"), draft("")])
        #expect(fingerprint.high == 0xb58a_e7d9_22da_5969)
        #expect(fingerprint.low == 0x018c_7f38_101d_8389)
    }

    @Test func `Each bit of the data counts`() {
        let text = Array("0123456789".utf8)
        var seen: Set<Fingerprint> = []
        for index in text.indices {
            for bit in 0..<7 {
                var changed = text
                changed[index] ^= 1 << bit
                guard let draft = try? Draft(data: changed), draft.data == changed else { continue }
                seen.insert(fingerprint([draft]))
            }
        }
        #expect(seen.count == 70)
        #expect(!seen.contains(fingerprint([draft("0123456789")])))
    }
}
