import Glibc

@testable import HTTPServing

/// The values of fields as the RFCs define them, written for plainness and not for speed.
enum ReferenceFields {
    /// RFC 3986, section 3.2, without user information; a port has at most 18 digits here.
    static func authority(_ bytes: [UInt8]) -> (host: String, port: Int?)? {
        guard bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
        let characters = bytes.map { Character(Unicode.Scalar($0)) }
        let isLiteral = characters.first == "["
        let end =
            isLiteral
            ? characters.firstIndex(of: "]").map { $0 + 1 } : characters.firstIndex(of: ":") ?? characters.count
        guard let end, end > 0 else { return nil }
        let host = String(characters[..<end]).lowercased()
        let rest = String(characters[end...])
        guard isLiteral ? isIPv6(String(host.dropFirst().dropLast())) : isName(Array(host)) else { return nil }
        let digits = rest.dropFirst()
        guard rest.isEmpty || rest.first == ":", digits.allSatisfy("0123456789".contains), digits.count <= 18 else {
            return nil
        }
        let port = Int(digits)
        guard port ?? 0 <= 65_535 else { return nil }
        return (isLiteral ? canonical(String(host.dropFirst().dropLast())) : host, port)
    }

    /// RFC 5952, section 4, as the system writes it: that is not what is tested here.
    private static func canonical(_ address: String) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_pton(AF_INET6, address, &bytes)
        inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `reg-name`.
    private static func isName(_ text: [Character]) -> Bool {
        guard let first = text.first else { return true }
        if first == "%" {
            return text.count >= 3 && text[1...2].allSatisfy(\.isHexDigit) && isName(Array(text.dropFirst(3)))
        }
        return "abcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=".contains(first) && isName(Array(text.dropFirst()))
    }

    /// `IPv6address`: eight groups, the last two of which may be an IPv4 address; `::` stands for one group of zeros or
    /// more.
    private static func isIPv6(_ text: String) -> Bool {
        let halves = parts(of: text, separator: "::")
        switch halves.count {
        case 1: return groups(halves[0], endsAddress: true) == 8
        case 2:
            guard let first = groups(halves[0], endsAddress: false), let last = groups(halves[1], endsAddress: true)
            else {
                return false
            }
            return first + last <= 7
        default: return false
        }
    }

    private static func parts(of text: String, separator: String) -> [String] {
        guard let range = text.firstRange(of: separator) else { return [text] }
        return [String(text[..<range.lowerBound])] + parts(of: String(text[range.upperBound...]), separator: separator)
    }

    private static func groups(_ text: String, endsAddress: Bool) -> Int? {
        if text.isEmpty { return 0 }
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        var count = 0
        for (index, group) in groups.enumerated() {
            if (1...4).contains(group.count), group.allSatisfy(\.isHexDigit) {
                count += 1
            } else if endsAddress, index == groups.count - 1, isIPv4(group) {
                count += 2
            } else {
                return nil
            }
        }
        return count
    }

    private static func isIPv4(_ text: Substring) -> Bool {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers.allSatisfy { number in (0...255).contains { String($0) == number } }
    }

    /// RFC 6454, section 6.2: as an origin is written.
    static func origin(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        let separator = Array("://".utf8)
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: separator) }),
            let authority = authority(Array(bytes[(end + 3)...]))
        else { return nil }
        let scheme = String(decoding: bytes[..<end], as: UTF8.self)
        guard scheme.utf8.allSatisfy({ $0 < 0x80 }), scheme.first?.isLetter == true,
            scheme.allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) })
        else { return nil }
        let host = authority.host.contains(":") ? "[\(authority.host)]" : authority.host
        let standard = ["http": 80, "https": 443][scheme.lowercased()]
        let port = authority.port == standard ? nil : authority.port
        return "\(scheme.lowercased())://\(host)" + (port.map { ":\($0)" } ?? "")
    }

    /// RFC 9110, section 5.6.1: what stands between commas outside of quoted strings, without blanks, and not empty.
    static func members(of list: [UInt8]) -> [[UInt8]] {
        var (members, isQuoted, isEscaped) = ([[UInt8]()], false, false)
        for byte in list {
            if byte == 0x2C, !isQuoted {
                members.append([])
                continue
            }
            members[members.count - 1].append(byte)
            if isEscaped {
                isEscaped = false
            } else if byte == 0x22 {
                isQuoted.toggle()
            } else if byte == 0x5C, isQuoted {
                isEscaped = true
            }
        }
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        return members.map { $0.drop(while: isBlank).reversed().drop(while: isBlank).reversed() }.filter { !$0.isEmpty }
    }

    /// RFC 9110, section 12.4.2: each of the weights that there are, in all their spellings.
    static func weight(_ text: String) -> Int? { self.weights[text.trimmed] }

    private static let weights: [String: Int] = {
        var weights = ["1": 1_000, "1.": 1_000, "1.0": 1_000, "1.00": 1_000, "1.000": 1_000, "0": 0, "0.": 0]
        for number in 0..<1_000 {
            let digits = String(String(1_000 + number).dropFirst())
            weights["0." + digits] = number
            if number % 10 == 0 { weights["0." + digits.prefix(2)] = number }
            if number % 100 == 0 { weights["0." + digits.prefix(1)] = number }
        }
        return weights
    }()

    /// RFC 3986, section 2.1.
    static func decoded(_ bytes: [UInt8], plusIsBlank: Bool) -> [UInt8]? {
        guard let first = bytes.first else { return [] }
        if first == UInt8(ascii: "%") {
            guard bytes.count >= 3, bytes[1...2].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }),
                let byte = UInt8(String(decoding: bytes[1...2], as: UTF8.self), radix: 16),
                let rest = decoded(Array(bytes[3...]), plusIsBlank: plusIsBlank)
            else { return nil }
            return [byte] + rest
        }
        let byte = first == UInt8(ascii: "+") && plusIsBlank ? UInt8(ascii: " ") : first
        return decoded(Array(bytes.dropFirst()), plusIsBlank: plusIsBlank).map { [byte] + $0 }
    }

    /// RFC 9110, section 14.1.2: the positions that one range names; `nil` for anything else than one range.
    static func positions(_ field: String, of size: Int) -> Set<Int>? {
        let specs = field.dropFirst("bytes=".count).split(separator: ",").map { String($0).trimmed }.filter {
            !$0.isEmpty
        }
        guard specs.count == 1, let dash = specs[0].firstIndex(of: "-") else { return nil }
        let first = Double(specs[0][..<dash])
        let last = Double(specs[0][dash...].dropFirst())
        let positions = (0..<size).filter { position in
            let position = Double(position)
            guard let first else { return last.map { position >= Double(size) - $0 } ?? false }
            return position >= first && position <= last ?? .infinity
        }
        return Set(positions)
    }
}
