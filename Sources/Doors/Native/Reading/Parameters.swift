import HTTPServing

/// What a client says in the query and in the form body. Of several parameters of one name the first counts that is not empty.
///
/// A value is decoded when it is asked for: what nobody reads cannot be wrong.
struct Parameters {
    /// The names that mean something, as they are compared: without regard to case, `-` and `_`.
    enum Name: String {
        case after, budget, callback, channel, data, envelope, event, heartbeat, limit, open, padding, session, since,
            ticket, transport,
            wait
        case evsBufferSizeLimit = "evsbuffersizelimit"
        case evsLastEventID = "evslasteventid"
        case evsPreamble = "evspreamble"
        case heartbeatForm = "heartbeatform"
        case lastEventID = "lasteventid"

        init?(written name: ArraySlice<UInt8>) {
            // Of up to 15 bytes a string takes no memory of its own.
            let plain = String(unsafeUninitializedCapacity: name.count) { plain in
                var count = 0
                for byte in name where byte != UInt8(ascii: "-") && byte != UInt8(ascii: "_") {
                    plain[count] = Self.lowercase(byte)
                    count += 1
                }
                return count
            }
            self.init(rawValue: plain)
        }

        static func lowercase(_ byte: UInt8) -> UInt8 {
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
        }
    }

    private struct Value {
        /// As the client wrote it.
        let writtenName: ArraySlice<UInt8>
        let encoded: ArraySlice<UInt8>

        var nameText: String { String(decoding: self.writtenName, as: UTF8.self) }
    }

    /// The names of the values, in their order: a handful, so that looking through them beats hashing.
    private var names: [Name] = []
    private var values: [Value] = []
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
            // The polyfill is known by the names that it sends, which nobody else does: without a cursor it sends an empty one.
            if field.name.prefix(4).lazy.map(Name.lowercase).elementsEqual("evs_".utf8) { self.isPolyfill = true }
            guard let name = Name(written: field.name) else { continue }
            if name == .channel {
                self.channels.append(field.value)
            } else if !field.value.isEmpty, !self.has(name) {
                self.names.append(name)
                self.values.append(Value(writtenName: field.name, encoded: field.value))
            }
        }
    }

    private func value(_ name: Name) -> Value? { self.names.firstIndex(of: name).map { self.values[$0] } }

    /// Whether there is a value.
    func has(_ name: Name) -> Bool { self.names.contains(name) }

    /// - Throws: ``Problem`` (400) if the value cannot be decoded.
    func bytes(_ name: Name) throws(Problem) -> [UInt8]? {
        guard let value = self.value(name) else { return nil }
        return Array(try Self.decoded(value.encoded, of: value.nameText))
    }

    /// - Throws: ``Problem`` (400) if the value cannot be decoded.
    func text(_ name: Name) throws(Problem) -> String? {
        guard let value = self.value(name) else { return nil }
        return String(decoding: try Self.decoded(value.encoded, of: value.nameText), as: UTF8.self)
    }

    /// - Parameters:
    ///   - most: What a larger number is cut to.
    ///   - others: What else would do, for the message.
    /// - Throws: ``Problem`` (400) if the value is no number.
    func number(_ name: Name, most: Int, or others: String = "") throws(Problem) -> Int? {
        guard let text = try self.text(name) else { return nil }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            let written = self.value(name)?.nameText ?? name.rawValue
            throw .badRequest("\(written)=\(text): must be \(others)a number of decimal digits")
        }
        return text.utf8.count > 18 ? most : min(most, Int(text) ?? most)
    }

    /// The channels named by `channel`.
    ///
    /// - Throws: ``Problem`` (400) if one of them cannot be decoded.
    func channelNames() throws(Problem) -> [[UInt8]] {
        var names: [[UInt8]] = []
        for channel in self.channels { names.append(Array(try Self.decoded(channel, of: "channel"))) }
        return names
    }

    private static func decoded(
        _ encoded: ArraySlice<UInt8>, of name: @autoclosure () -> String
    ) throws(Problem) -> ArraySlice<UInt8> {
        guard PercentEncoding.isUsed(in: encoded, plusIsBlank: true) else { return encoded }
        guard let bytes = PercentEncoding.decode(encoded, plusIsBlank: true) else {
            throw .badRequest("\(name()): cannot be decoded: \(MalformedEncoding())")
        }
        return bytes[...]
    }
}
