/// Version 1 of the PROXY protocol: one line of text (section 2.1).
enum ProxyHeaderV1 {
    /// With its CRLF.
    private static let maximumSize = 107

    /// - Parameter bytes: Beginning with `PROXY` and a blank.
    static func parse(_ bytes: [UInt8]) -> ProxyHeader.Parsing {
        let line = bytes.prefix(Self.maximumSize)
        guard let end = line.firstIndex(where: { $0 == 0x0D || $0 == 0x0A }) else {
            return line.count < Self.maximumSize ? .incomplete : .invalid
        }
        guard line[end] == 0x0D else { return .invalid }
        guard end + 1 < line.count else { return line.count < Self.maximumSize ? .incomplete : .invalid }
        guard line[end + 1] == 0x0A, let header = Self.header(String(decoding: line[..<end], as: UTF8.self)) else {
            return .invalid
        }
        return .header(header, size: end + 2)
    }

    private static func header(_ line: String) -> ProxyHeader? {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false).map { String($0) }
        // What follows `UNKNOWN` is not to be looked at.
        if parts.count >= 2, parts[1] == "UNKNOWN" { return ProxyHeader() }
        guard parts.count == 6, let length = ["TCP4": 32, "TCP6": 128][parts[1]],
            let source = Self.address(parts[2], length), Self.address(parts[3], length) != nil,
            Self.isPort(parts[4]), Self.isPort(parts[5])
        else { return nil }
        return ProxyHeader(source: source)
    }

    /// An address of the kind that the line names; one of IPv6 may stand for one of IPv4.
    private static func address(_ text: String, _ length: Int) -> PeerAddress? {
        guard text.contains(":") == (length == 128) else { return nil }
        return PeerAddress(text: text)
    }

    /// 0 to 65,535 without leading zeros.
    private static func isPort(_ text: String) -> Bool {
        guard let port = UInt16(text) else { return false }
        return "\(port)" == text
    }
}
