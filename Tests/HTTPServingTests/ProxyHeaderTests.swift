import Testing

@testable import HTTPServing

@Suite struct ProxyHeaderTests {
    /// A header of version 2; its length is that of what follows unless another is given.
    private static func v2(
        _ family: UInt8, _ body: [UInt8], command: UInt8 = 0x21, length: Int? = nil
    ) -> [UInt8] {
        let length = length ?? body.count
        return ProxyHeaderV2.signature + [command, family, UInt8(length >> 8), UInt8(length & 0xFF)] + body
    }

    private static let v4: [UInt8] = [192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x34, 0, 80]
    private static let v6: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1] + Array(repeating: 0, count: 16) + [0, 1, 0, 2]

    private static func value(_ type: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        [type, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
    }

    /// With the right checksum behind the addresses, and `flipped` in it.
    private static func summed(flipped: UInt8 = 0) -> [UInt8] {
        let zeroed = v2(0x11, v4 + value(0x03, [0, 0, 0, 0]))
        let sum = CRC32C.of(zeroed)
        let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
        return zeroed.dropLast(4) + bytes.dropLast() + [(bytes.last ?? 0) ^ flipped]
    }

    private static let good: [(bytes: [UInt8], source: String?, isSecure: Bool)] = [
        (Array("PROXY TCP4 192.0.2.1 10.0.0.1 4711 80\r\n".utf8), "192.0.2.1", false),
        (Array("PROXY TCP4 192.0.2.1 10.0.0.1 0 65535\r\n".utf8), "192.0.2.1", false),
        (Array("PROXY TCP6 2001:db8::1 ::1 4711 80\r\n".utf8), "2001:db8::1", false),
        (Array("PROXY TCP6 ::ffff:192.0.2.1 ::1 4711 80\r\n".utf8), "192.0.2.1", false),
        (Array("PROXY UNKNOWN\r\n".utf8), nil, false),
        (Array("PROXY UNKNOWN ffff:: whatever it says\r\n".utf8), nil, false),
        (v2(0x11, v4), "192.0.2.1", false), (v2(0x21, v6), "2001:db8::1", false),
        (v2(0x31, Array(repeating: 65, count: 216)), nil, false), (v2(0x00, []), nil, false),
        (v2(0x00, value(0xE0, [1, 2])), nil, false), (v2(0x11, v4, command: 0x20), nil, false),
        (v2(0xFF, [1, 2, 3], command: 0x20), nil, false), (v2(0x00, [], command: 0x20), nil, false),
        (v2(0x11, v4 + value(0x04, []) + value(0xEA, Array("vpce-1".utf8))), "192.0.2.1", false),
        (v2(0x11, v4 + value(0x20, [1, 0, 0, 0, 0])), "192.0.2.1", true),
        (v2(0x11, v4 + value(0x20, [0, 0, 0, 0, 0])), "192.0.2.1", false),
        (v2(0x11, v4 + value(0x04, Array(repeating: 0, count: 4_065))), "192.0.2.1", false),
        (summed(), "192.0.2.1", false),
    ]

    @Test(arguments: Self.good.indices)
    func `A header is known when it is whole, however it is cut, and what follows is left`(index: Int) {
        let (bytes, source, isSecure) = Self.good[index]
        for count in bytes.indices { #expect(ProxyHeader.parse(bytes.prefix(count)) == .incomplete) }
        let header = ProxyHeader(source: source.flatMap { PeerAddress(text: $0) }, isSecure: isSecure)
        #expect(ProxyHeader.parse(bytes) == .header(header, size: bytes.count))
        #expect(ProxyHeader.parse(bytes + Array("GET /".utf8)) == .header(header, size: bytes.count))
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "proxy TCP4", "PROXY  TCP4\r\n", "PROXY TCP4 192.0.2.1 10.0.0.1 4711 80\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 4711 80\r\r\n", "PROXY TCP4 192.0.2.1 10.0.0.1 4711\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 4711 80 \r\n", "PROXY TCP4 192.0.2.1  10.0.0.1 4711 80\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 04711 80\r\n", "PROXY TCP4 192.0.2.1 10.0.0.1 65536 80\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 +1 80\r\n", "PROXY TCP4 192.0.2.01 10.0.0.1 1 80\r\n",
        "PROXY TCP4 ::1 ::1 1 80\r\n", "PROXY TCP6 192.0.2.1 10.0.0.1 1 80\r\n",
        "PROXY TCP5 192.0.2.1 10.0.0.1 1 80\r\n",
        "PROXY tcp4 192.0.2.1 10.0.0.1 1 80\r\n", "PROXY \r\n", "PROXY UNKNOWN\n", "\r\n\r\n\r",
    ])
    func `What is no header is known as that`(text: String) {
        #expect(ProxyHeader.parse(Array(text.utf8)) == .invalid)
    }

    @Test func `A line of version 1 has at most 107 bytes`() {
        let line = { (count: Int) in Array("PROXY UNKNOWN \(String(repeating: "x", count: count - 16))\r\n".utf8) }
        #expect(ProxyHeader.parse(line(107)) == .header(ProxyHeader(), size: 107))
        #expect(ProxyHeader.parse(line(108)) == .invalid)
        #expect(ProxyHeader.parse(line(200).prefix(107)) == .invalid)
    }

    private static let bad: [[UInt8]] = [
        v2(0x11, v4, command: 0x22), v2(0x11, v4, command: 0x11), v2(0x11, v4, command: 0x31), v2(0x12, v4),
        v2(0x22, v6), v2(0x41, v4), v2(0x10, v4),
        v2(0x11, v4, length: 11), v2(0x21, v6, length: 35), v2(0x31, v6),
        v2(0x11, v4 + [0x04]), v2(0x11, v4 + [0x04, 0, 1]), v2(0x11, v4 + [0x04, 0xFF, 0xFF, 0]),
        v2(0x11, v4, length: 65_535), v2(0x11, v4, length: 4_081), v2(0x11, v4 + value(0x03, [1, 2, 3])),
        summed(flipped: 1),
        v2(0x11, v4 + value(0x03, [0, 0, 0, 0]) + value(0x03, [0, 0, 0, 0])),
    ]

    @Test(arguments: Self.bad.indices)
    func `A broken header of version 2 is refused`(index: Int) {
        #expect(ProxyHeader.parse(Self.bad[index]) == .invalid)
    }

    @Test func `The checksum is that of RFC 3720`() {
        #expect(CRC32C.of(Array(repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.of(Array("123456789".utf8)) == 0xE306_9283)
    }

    @Test func `No bytes whatever harm`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            var bytes = Self.good[Int.random(in: Self.good.indices, using: &random)].bytes
            for _ in 0..<3 {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = ProxyHeader.parse(bytes)
        }
    }
}
