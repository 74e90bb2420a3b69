import JSON

/// Something that must not stand where everybody reads: given as a text all the same, or by the name of a file or of an environment
/// variable that has it.
struct Secret {
    let bytes: [UInt8]

    private static let mostBytes = 64 << 10

    /// - Parameter value: A text, `{"file": "..."}` or `{"environment": "..."}`; `nil` is noted as a finding. White space at the end of
    ///   a file is no part of it.
    init?(_ value: JSONValue, at path: String, in place: Place, _ findings: inout Findings) {
        if let text = value.stringValue {
            self.bytes = Array(text.utf8)
        } else if let name = value["file"]?.stringValue, value.members?.count == 1 {
            guard let bytes = Self.content(of: name, path, place, &findings) else { return nil }
            self.bytes = bytes
        } else if let name = value["environment"]?.stringValue, value.members?.count == 1 {
            guard let text = Environment.value(of: name), !text.isEmpty else {
                findings.add(place, "\(path): the environment has no \(name)")
                return nil
            }
            self.bytes = Array(text.utf8)
        } else {
            findings.add(place, "\(path) must be a text, {\"file\": \"...\"} or {\"environment\": \"...\"}")
            return nil
        }
    }

    private static func content(
        of file: String, _ path: String, _ place: Place, _ findings: inout Findings
    ) -> [UInt8]? {
        guard var bytes = findings.content(of: file, most: Self.mostBytes, for: path, place) else { return nil }
        while let last = bytes.last, [0x0A, 0x0D, 0x20, 0x09].contains(last) { bytes.removeLast() }
        return bytes
    }
}
