internal import CJansson

/// One value of jansson's, with all that it contains. Nothing outside this type calls jansson.
///
/// Owns one reference and gives it back. Every return code is looked at here: parsing fails with a ``JSONError``;
/// building and encoding fail only when memory is exhausted, and then stop the process, as Swift itself does.
struct JanssonValue: ~Copyable {
    /// A value that jansson counts references to. Who owns the reference is said at each call.
    typealias Reference = UnsafeMutablePointer<json_t>

    private let json: Reference

    deinit {
        json_decref(json)
    }

    /// Parses one value and nothing behind it; its objects have no name twice.
    ///
    /// - Parameters:
    ///   - document: Untrusted, but ``JSON/checkShape(of:maximumDepth:)`` has seen it.
    ///   - integersAsReals: Whether integers are converted to `Double`, which holds larger ones.
    /// - Throws: ``JSONError`` of any kind.
    init(parsing document: [UInt8], integersAsReals: Bool = false) throws(JSONError) {
        var flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL
        if integersAsReals {
            flags |= JSON_DECODE_INT_AS_REAL
        }
        var error = json_error_t()
        // A new reference, or NULL and the error. The document is only read during the call.
        let json = Self.withCharacters(of: document) { json_loadb($0, $1, Int(flags), &error) }
        guard let json else { throw JSONError(error) }
        self.json = json
    }

    /// Makes a string; what is not UTF-8 in the text is replaced with U+FFFD.
    init(text: [UInt8]) {
        // Copies the text. A new reference, or NULL when the text is not UTF-8.
        let json = Self.withCharacters(of: text) { json_stringn($0, $1) }
        self.json = json ?? Self.newString(String(decoding: text, as: UTF8.self))
    }

    /// Makes a value of jansson's from one of ours.
    init(_ value: JSONValue) {
        json = Self.newReference(to: value)
    }

    /// The value as one of ours.
    func decoded() -> JSONValue {
        Self.value(of: json)
    }

    /// The value as JSON text without whitespace.
    ///
    /// - Parameter expectedCount: A guess at its length in bytes. One that is too low costs a second run.
    func encoded(expectedCount: Int = 256) -> [UInt8] {
        var needed = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: expectedCount) { buffer, count in
            needed = encode(into: buffer)
            count = needed <= buffer.count ? needed : 0
        }
        return bytes.count == needed ? bytes : encoded(expectedCount: needed)
    }

    /// The length of the whole text; the buffer holds it only if that is not more than its size.
    private func encode(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let length = buffer.withMemoryRebound(to: CChar.self) {
            json_dumpb(json, $0.baseAddress, $0.count, Int(JSON_COMPACT | JSON_ENCODE_ANY))
        }
        precondition(length > 0, "jansson could not encode a value: out of memory")
        return length
    }

    /// Lends bytes to a function of jansson's, which takes NULL for a mistake even where there are no bytes.
    static func withCharacters<Result>(of bytes: [UInt8], _ body: (UnsafePointer<CChar>, Int) -> Result) -> Result {
        bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return body("", 0) }
            return body(start.assumingMemoryBound(to: CChar.self), buffer.count)
        }
    }
}
