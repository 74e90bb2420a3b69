import Testing

@testable import Access

@Suite struct AccessKeyTests {
    @Test func `A key is long, random, and known by its hash`() throws {
        let (one, other) = (AccessKey.random(), AccessKey.random())
        #expect(one.text != other.text && one.text.hasPrefix("pollux_key_") && one.text.utf8.count == 54)
        let ring = KeyRing([
            KeyRing.Entry(name: "other", hash: other.hash),
            KeyRing.Entry(name: "one", hash: try #require(AccessKeyHash("\(one.hash)"))),
        ])
        #expect(ring.principal(for: AccessKeyHash(of: Array(one.text.utf8))) == .key("one", Grants()))
        #expect(ring.principal(for: AccessKeyHash(of: Array((one.text + "x").utf8))) == nil)
        #expect(ring.principal(for: AccessKeyHash(of: Array(AccessKey.random().text.utf8))) == nil)
    }

    @Test func `The hash is SHA-256`() {
        let hash = AccessKeyHash(of: Array("abc".utf8))
        #expect("\(hash)" == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test(arguments: [
        "", "sha256:", "sha256:zz", "ba7816bf", "sha256:" + String(repeating: "+1", count: 32),
        "sha1:" + String(repeating: "ab", count: 32),
    ])
    func `What is no hash is none`(text: String) {
        #expect(AccessKeyHash(text) == nil)
    }
}
