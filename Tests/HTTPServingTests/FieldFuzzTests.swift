import TestSupport
import Testing

@testable import HTTPServing

/// The parsers of fields with random and half-good values, against what the RFCs say, written down as plainly as can
/// be.
@Suite struct FieldFuzzTests {
    @Test(arguments: freshSeeds(50))
    func `A host and port are what RFC 3986 says, and are written as they were read`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let text = FieldSamples.authority(&random)
            let authority = Authority(text)
            let isValid = Array(text.utf8).withUnsafeBytes { Authority.isValid($0) }
            #expect(isValid == (authority != nil), "\(text.debugDescription)")
            let expected = ReferenceFields.authority(Array(text.utf8))
            #expect(authority?.host == expected?.host && authority?.port == expected?.port, "\(text.debugDescription)")
            guard let authority else { continue }
            #expect(Authority(authority.description) == authority, "\(text.debugDescription)")
            #expect(authority.host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "\(text.debugDescription)")
        }
    }

    @Test(arguments: freshSeeds(50))
    func `An origin is a scheme and a host, and is written as it was read`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let text = FieldSamples.origin(&random)
            let origin = Origin(text)
            let expected = ReferenceFields.origin(text)
            #expect(origin?.description == expected, "\(text.debugDescription)")
            #expect(origin.flatMap { Origin($0.description) } == origin, "\(text.debugDescription)")
        }
    }

    @Test(arguments: freshSeeds(50))
    func `The members of a list are those of the reference, and again those of the list that they make`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let list = FieldSamples.list(&random)
            let members = members(of: list)
            #expect(members == ReferenceFields.members(of: list), "\(text(list))")
            #expect(self.members(of: Array(members.joined(separator: ", ".utf8))) == members, "\(text(list))")
        }
    }

    @Test(arguments: freshSeeds(50))
    func `A member's value and parameters are the same when they are written anew`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let list = FieldSamples.list(&random)
            let item = list.withUnsafeBytes { FieldItem($0) }
            #expect(item.weight.map { (0...1_000).contains($0) } != false, "\(text(list))")
            guard !item.value.contains("\"") else { continue }
            let written = item.value + item.parameters.map { ";\($0.name)=\(quoted($0.value))" }.joined()
            #expect(Array(written.utf8).withUnsafeBytes { FieldItem($0) } == item, "\(text(list))")
        }
    }

    @Test(arguments: freshSeeds(50))
    func `A weight is what the grammar allows`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let weight = FieldSamples.weight(&random)
            let item = Array("a;q=\(weight)".utf8).withUnsafeBytes { FieldItem($0) }
            #expect(item.weight == ReferenceFields.weight(weight), "\(weight)")
        }
    }

    @Test(arguments: freshSeeds(50))
    func `What was percent-encoded is decoded to what it was, and nothing else is`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let bytes = FieldSamples.bytes(&random)
            let encoded = FieldSamples.encoded(bytes, &random)
            #expect(PercentEncoding.decode(encoded[...], plusIsBlank: true) == bytes, "\(text(encoded))")
            for plusIsBlank in [true, false] {
                let decoded = PercentEncoding.decode(bytes[...], plusIsBlank: plusIsBlank)
                #expect(decoded == ReferenceFields.decoded(bytes, plusIsBlank: plusIsBlank), "\(text(bytes))")
            }
        }
    }

    @Test(arguments: freshSeeds(50))
    func `Of a range there are the bytes that it names`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let size = Int.random(in: 0...12, using: &random)
            let range = FieldSamples.range(&random)
            switch ByteRange(range, of: size) {
            case .whole: break
            case .unsatisfiable: #expect(ReferenceFields.positions(range, of: size) == [], "\(range) of \(size)")
            case .part(let part):
                #expect(ReferenceFields.positions(range, of: size) == Set(part), "\(range) of \(size)")
            }
        }
    }

    @Test(arguments: freshSeeds(50))
    func `Entity tags are read from any list that is made of them`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let tags = (0..<Int.random(in: 0...4, using: &random)).map { _ in FieldSamples.entityTag(&random) }
            let separator = [",", ", ", " ,\t", ",,", " , , "].randomElement(using: &random) ?? ","
            let list = tags.map(\.description).joined(separator: separator)
            #expect(EntityTag.list(list) == tags, "\(list.debugDescription)")
        }
    }

    @Test(arguments: freshSeeds(50))
    func `A date is read as it was written, and a damaged one is at worst another date`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let second = Int.random(in: 0...253_402_300_799, using: &random)
            let text = HTTPDate.text(second)
            #expect(HTTPDate.second(text) == second)
            let damaged = FieldSamples.damaged(Array(text.utf8), &random)
            guard let read = HTTPDate.second(String(decoding: damaged, as: UTF8.self)) else { continue }
            #expect((-62_200_000_000..<253_410_000_000).contains(read), "\(self.text(damaged))")
        }
    }

    private func members(of list: [UInt8]) -> [[UInt8]] {
        var members: [[UInt8]] = []
        list.withUnsafeBytes { $0.forEachMember { members.append(Array($0)) } }
        return members
    }

    private func quoted(_ value: String) -> String {
        "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self).debugDescription }
}
