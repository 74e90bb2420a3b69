import Testing

@testable import HTTPServing

/// Bytes that are looked at eight at a time.
@Suite struct HTTPBytesTests {
    @Test(arguments: 0...UInt8.max)
    func `Each byte is found in each place among each kind of others`(byte: UInt8) {
        for length in [1, 7, 8, 9, 16, 23] {
            for other in [UInt8](arrayLiteral: 0x20, 0x09, 0x7E, 0x80, 0xFF, 0x61) {
                for place in 0..<length {
                    var bytes = [UInt8](repeating: other, count: length)
                    bytes[place] = byte
                    bytes.withUnsafeBytes { bytes in
                        #expect(bytes.isFieldText(in: 0..<length) == bytes.allSatisfy(\.isFieldText))
                        #expect(bytes.isFieldText(in: place + 1..<length) && bytes.isFieldText(in: 0..<place))
                        #expect(bytes.index(of: byte, in: 0..<length) == (byte == other ? 0 : place))
                        #expect(bytes.index(of: byte, in: place..<place) == nil)
                    }
                }
            }
        }
    }

    @Test func `The same bytes are the same wherever they stand`() {
        let bytes: [UInt8] = [9, 1, 2, 3, 1, 2, 3, 1, 2]
        #expect(bytes[1..<4].isSame(as: bytes[4..<7]))
        #expect(!bytes[1..<4].isSame(as: bytes[0..<3]) && !bytes[1..<4].isSame(as: bytes[1..<3]))
        #expect(bytes[2..<2].isSame(as: []))
    }
}
