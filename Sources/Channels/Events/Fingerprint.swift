/// 128 bits that tell whether two publications hold the same events.
///
/// The same in every process and version, so that a ledger may write it to disk. It guards against a mistake of the one
/// who holds the key, not against an attack: two lanes of FNV-1a, the second over bytes that are turned around.
public struct Fingerprint: Hashable, Sendable {
    public private(set) var high: UInt64 = 0xcbf2_9ce4_8422_2325
    public private(set) var low: UInt64 = 0x6c62_272e_07bb_0142

    public init(_ publication: Publication) {
        for draft in publication.drafts {
            self.combine(draft.type)
            self.combine(draft.data)
            // What most publications do not have changes nothing for them: their fingerprints are on disks.
            if !draft.attributes.isEmpty { self.combine(draft.attributes.bytes) }
        }
        for channel in publication.others { self.combine(channel.bytes) }
    }

    /// Takes in the length as well, so that where one field ends and the next begins counts.
    private mutating func combine(_ bytes: [UInt8]) {
        for shift in stride(from: 0, to: 64, by: 8) {
            self.combine(UInt8(truncatingIfNeeded: bytes.count >> shift))
        }
        for byte in bytes { self.combine(byte) }
    }

    private mutating func combine(_ byte: UInt8) {
        let prime: UInt64 = 0x0000_0100_0000_01b3
        self.high = (self.high ^ UInt64(byte)) &* prime
        self.low = (self.low ^ UInt64(~byte)) &* prime
        self.low = (self.low << 23) | (self.low >> 41)
    }
}
