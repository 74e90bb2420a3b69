import HTTPServing

/// What a client says in the query and in the form body: the pairs by their names in lower case without `-` and `_`. Of several
/// of one name the first counts that is not empty.
///
/// A value is decoded when it is asked for: what nobody reads cannot be wrong.
struct Parameters {
    private struct Value {
        /// As the client wrote it.
        let name: String
        let encoded: ArraySlice<UInt8>
    }

    private var values: [String: Value] = [:]
    /// What stands behind each `channel`, still encoded, in their order.
    private var channels: [ArraySlice<UInt8>] = []
    /// Whether there is a parameter of amvtek's polyfill (`evs_...`).
    private(set) var isPolyfill = false

    /// - Parameter texts: Queries and forms; an earlier one wins.
    init(_ texts: [UInt8]...) {
        for text in texts where !text.isEmpty { self.take(FormFields(text)) }
    }

    private mutating func take(_ form: FormFields) {
        for field in form.fields {
            let plain = Self.plain(field.name)
            if plain == "channel" {
                self.channels.append(field.value)
            } else if !field.value.isEmpty, self.values[plain] == nil {
                self.values[plain] = Value(name: field.name, encoded: field.value)
            }
            // The polyfill is known by the names that it sends, which nobody else does: without a cursor it sends an empty one.
            if field.name.lowercased().hasPrefix("evs_") { self.isPolyfill = true }
        }
    }

    /// A name as it is compared: without regard to case, `-` and `_`.
    static func plain(_ name: String) -> String { name.lowercased().filter { $0 != "-" && $0 != "_" } }

    /// Whether there is a value.
    func has(_ name: String) -> Bool { self.values[name] != nil }

    /// - Throws: ``Problem`` (400) if the value cannot be decoded.
    func bytes(_ name: String) throws(Problem) -> [UInt8]? {
        guard let value = self.values[name] else { return nil }
        return try Self.decoded(value.encoded, of: value.name)
    }

    /// - Throws: ``Problem`` (400) if the value cannot be decoded.
    func text(_ name: String) throws(Problem) -> String? {
        try self.bytes(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// - Parameters:
    ///   - most: What a larger number is cut to.
    ///   - others: What else would do, for the message.
    /// - Throws: ``Problem`` (400) if the value is no number.
    func number(_ name: String, most: Int, or others: String = "") throws(Problem) -> Int? {
        guard let text = try self.text(name), let value = self.values[name] else { return nil }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw .badRequest("\(value.name)=\(text): must be \(others)a number of decimal digits")
        }
        return text.utf8.count > 18 ? most : min(most, Int(text) ?? most)
    }

    /// The channels named by `channel`.
    ///
    /// - Throws: ``Problem`` (400) if one of them cannot be decoded.
    func channelNames() throws(Problem) -> [[UInt8]] {
        var names: [[UInt8]] = []
        for channel in self.channels { names.append(try Self.decoded(channel, of: "channel")) }
        return names
    }

    private static func decoded(_ encoded: ArraySlice<UInt8>, of name: String) throws(Problem) -> [UInt8] {
        guard let bytes = PercentEncoding.decode(encoded, plusIsBlank: true) else {
            throw .badRequest("\(name): cannot be decoded: \(MalformedEncoding())")
        }
        return bytes
    }
}
