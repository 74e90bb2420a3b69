import TestSupport

@testable import HTTPServing

/// Values of fields for the parsers: made of pieces that are good in some place.
enum FieldSamples {
    private static func text(of pieces: [String], upTo count: Int, _ random: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0...count, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }

    private static let authorityPieces = [
        "a", "Z", "9", "example", ".", "-", "_", "~", "%41", "%", "%4", "!", "$", "&", "'", "(", ")", "*", "+", ",",
        ";", "=",
        ":", ":80", ":65535", ":65536", ":0", ":00080", ":999999999999999999999999", "[", "]", "[::1]", "[", "::", ":1",
        "1.2.3.4", "fe80", "2001:db8:0:0:0:0:0:1", "@", "/", "?", "#", "\\", " ", "\t", "\0", "\r\n", "\u{7F}", "é",
        "\u{212A}",
        "[::1\0", "[v1.a]", "%25eth0",
    ]

    static func authority(_ random: inout SeededGenerator) -> String {
        let pieces = text(of: self.authorityPieces, upTo: 4, &random)
        return Bool.random(using: &random) ? pieces : "[\(address(&random))]\(pieces.prefix(3))"
    }

    /// Something like an IPv6 address.
    private static func address(_ random: inout SeededGenerator) -> String {
        text(
            of: ["0", "1:", "FF:", "abcd:", ":", "::", "12345", "1.2.3.4", "01.2.3.4", "g", "%", "\0", " "], upTo: 9,
            &random)
    }

    static func origin(_ random: inout SeededGenerator) -> String {
        let schemes = ["http", "HTTPS", "chrome-extension", "a+b.c-1", "1http", "", "ht tp", "\u{212A}", "é", "http:"]
        let scheme = schemes.randomElement(using: &random) ?? ""
        let separators = ["://", "://", "://", ":/", ":", "//", ":\u{301}//", "://\u{301}"]
        return scheme + (separators.randomElement(using: &random) ?? "") + authority(&random)
    }

    static func list(_ random: inout SeededGenerator) -> [UInt8] {
        let pieces = [
            "a", "B", "text/html", ",", ",", ", ", " ", "\t", ";", "; ", "q=", "0.5", "=", "\"", "\"", "\\",
            "x=\"1,2\"", "\0",
            "é", "charset=\"a\\\"b\"", "K", "*/*",
        ]
        return Array(text(of: pieces, upTo: 12, &random).utf8)
    }

    static func weight(_ random: inout SeededGenerator) -> String {
        text(of: ["0", "1", "0.", "1.", ".", "5", "00", "000", "9", "-", "+", "e", "٣", " "], upTo: 4, &random)
    }

    static func bytes(_ random: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: 0...12, using: &random)).map { _ in
            let chosen = Array("%%%%+41afAFgG".utf8).randomElement(using: &random) ?? 0
            return Bool.random(using: &random) ? chosen : UInt8.random(in: 0...255, using: &random)
        }
    }

    /// What must be is encoded, and some of the rest.
    static func encoded(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            if byte.isLetterOrDigit, Bool.random(using: &random) { return [byte] }
            if byte == UInt8(ascii: " "), Bool.random(using: &random) { return [UInt8(ascii: "+")] }
            let digits = String(byte, radix: 16, uppercase: Bool.random(using: &random))
            return Array("%\(byte < 16 ? "0" : "")\(digits)".utf8)
        }
    }

    static func range(_ random: inout SeededGenerator) -> String {
        let pieces = ["0", "1", "3", "9", "12", "-", "-", ",", " ", "99999999999999999999", "+", "x"]
        return "bytes=" + text(of: pieces, upTo: 5, &random)
    }

    static func entityTag(_ random: inout SeededGenerator) -> EntityTag {
        EntityTag(
            text(of: ["a", "1", ",", "W/", "\\", " ", "é", "*", "'"], upTo: 5, &random),
            isWeak: Bool.random(using: &random))
    }

    /// With a byte or two changed, taken out or doubled.
    static func damaged(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: index)
            default: bytes.insert(bytes[index], at: index)
            }
        }
        return bytes
    }
}
