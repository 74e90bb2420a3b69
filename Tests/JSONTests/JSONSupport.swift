import JSON

/// The compacted document, as text.
func compacted(_ document: [UInt8]) throws -> String {
    String(decoding: try JSON.compact(document), as: UTF8.self)
}

/// Why a document is refused; `nil` if it is not.
func refusal(of document: [UInt8]) -> JSONError? {
    do {
        _ = try JSON.compact(document)
        return nil
    } catch {
        return error
    }
}

/// A document of arrays in arrays.
func nested(_ depth: Int) -> [UInt8] {
    Array(repeating: UInt8(ascii: "["), count: depth) + Array(repeating: UInt8(ascii: "]"), count: depth)
}
