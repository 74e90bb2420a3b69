extension JSON {
    /// A document without the byte order mark that some programs write at the beginning. It is no part of the text, and a
    /// parser may pass over it (RFC 8259 §8.1).
    ///
    /// - Throws: ``JSONError/Kind/notUTF8`` for UTF-16 and UTF-32, which would be told as something odder otherwise.
    static func withoutByteOrderMark(_ document: [UInt8]) throws(JSONError) -> [UInt8] {
        if let encoding = otherEncoding(of: document) {
            throw JSONError(.notUTF8, "\(encoding), not UTF-8", at: 0, of: document)
        }
        return document.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(document.dropFirst(3)) : document
    }

    /// By a byte order mark, or by where NUL stands beside the first characters, which are ASCII in nearly every document.
    private static func otherEncoding(of document: [UInt8]) -> String? {
        guard document.count >= 2, document[0] == 0 || document[1] == 0 || document[0] >= 0xFE else { return nil }
        let isNUL = document.prefix(4).map { $0 == ASCII.null }
        if document.starts(with: [0xFF, 0xFE, 0, 0]) || isNUL == [false, true, true, true] { return "UTF-32" }
        if document.starts(with: [0, 0, 0xFE, 0xFF]) || isNUL == [true, true, true, false] { return "UTF-32" }
        if document.starts(with: [0xFF, 0xFE]) || isNUL == [false, true, false, true] { return "UTF-16" }
        if document.starts(with: [0xFE, 0xFF]) || isNUL == [true, false, true, false] { return "UTF-16" }
        return nil
    }
}
