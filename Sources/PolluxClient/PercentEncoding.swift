extension String {
    /// The bytes of a text, as one segment of a path or one value of a query.
    ///
    /// All but the unreserved characters (RFC 3986, section 2.3) are encoded: what is read back are the same bytes,
    /// whether `+` is taken for a blank or not.
    init(percentEncoding bytes: some Sequence<UInt8>) {
        var encoded: [UInt8] = []
        for byte in bytes {
            if byte.isLetterOrDigit || "-._~".utf8.contains(byte) {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "%"))
                encoded.append(Self.hexadecimalDigits[Int(byte >> 4)])
                encoded.append(Self.hexadecimalDigits[Int(byte & 15)])
            }
        }
        self.init(decoding: encoded, as: UTF8.self)
    }

    private static let hexadecimalDigits = Array("0123456789ABCDEF".utf8)
}

extension UInt8 {
    /// An ASCII digit.
    var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }

    /// An ASCII letter or digit.
    var isLetterOrDigit: Bool { self.isDigit || UInt8(ascii: "a")...UInt8(ascii: "z") ~= self | 0x20 }
}
