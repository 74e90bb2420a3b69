/// How our parser and NIO's decoder take the same bytes.
struct Comparison {
    private let bytes: [UInt8]
    private let ours: Reading
    private let theirs: Reading

    init(of bytes: [UInt8]) {
        self.bytes = bytes
        var ours = Reading([bytes[...]])
        // Behind a request that is the last on its connection nothing is looked at.
        if let last = ours.requests.firstIndex(where: { $0.isLast && $0.isComplete }) {
            ours.requests.removeSubrange((last + 1)...)
            ours.refusal = nil
        }
        self.ours = ours
        self.theirs = Reading.byNIO(bytes)
    }

    /// What must not be: a request that NIO sees otherwise than we do, or one that only one of us takes, for no reason
    /// in the lists below.
    var fault: String? {
        for (index, request) in self.ours.requests.enumerated() {
            guard index < self.theirs.requests.count else { return self.isLaxer ? nil : "only we see \(request)" }
            if let fault = self.fault(in: request, self.theirs.requests[index]) { return self.isLaxer ? nil : fault }
        }
        if self.ours.requests.last?.isLast == true { return nil }
        if let refusal = self.ours.refusal, self.isTakenByNIO {
            return self.reasonToBeStricter == nil ? "only we refuse: \(refusal)" : nil
        }
        guard self.ours.refusal != nil || self.theirs.requests.count <= self.ours.requests.count else {
            return "only NIO sees \(self.theirs.requests[self.ours.requests.count])"
        }
        return nil
    }

    /// Why we refuse what NIO takes; `nil` if we do not, or for no reason in the list.
    var reasonToBeStricter: String? {
        guard let refusal = self.ours.refusal, self.isTakenByNIO else { return nil }
        return Self.reasonsToBeStricter.first { refusal.contains($0) }
    }

    private func fault(in ours: Reading.SeenRequest, _ theirs: Reading.SeenRequest) -> String? {
        guard ours.hasHead(of: theirs) else { return "the heads differ: we \(ours), NIO \(theirs)" }
        // NIO ends with the head of CONNECT.
        if ours.method == "CONNECT" { return nil }
        let isSame = ours.content == theirs.content && ours.isComplete == theirs.isComplete
        let mayDiffer = !ours.isComplete && (self.ours.refusal != nil || self.theirs.refusal != nil)
        let isPrefix = ours.content.starts(with: theirs.content) || theirs.content.starts(with: ours.content)
        return isSame || (mayDiffer && isPrefix) ? nil : "the contents differ: we \(ours), NIO \(theirs)"
    }

    /// Whether NIO goes on where we have refused. It may not have seen yet what is wrong with a head that is not all
    /// there.
    private var isTakenByNIO: Bool {
        guard self.theirs.requests.count == self.ours.requests.count else { return true }
        guard let theirs = self.theirs.requests.last, let ours = self.ours.requests.last else { return false }
        return theirs.content.count > ours.content.count || (theirs.isComplete && !ours.isComplete)
    }
}

extension Comparison {
    /// What we refuse and NIO takes, by what our refusals say.
    static let reasonsToBeStricter = [
        // A lone LF ends no line.
        "a line of the head must end with CRLF",
        // Nor does a lone CR, before a request.
        "the head of the request holds a control character",
        // More than one blank, or one at an end.
        "a request must begin with method, target and version",
        // Protocols that are like HTTP.
        "a request line must end with HTTP/1.1 or HTTP/1.0",
        "the target of a request has no fragment", "the target of the request must be a path, or a URL",
        "the target of the request must name a host", "the target of CONNECT must name a host",
        // Other codings than chunked, several codings, a coding in HTTP/1.0.
        "Transfer-Encoding may name nothing but chunked", "Transfer-Encoding must be chunked, once, and in HTTP/1.1",
        // A length beside an empty coding, in HTTP/1.0.
        "Content-Length must not stand beside Transfer-Encoding",
        // More than 18 digits; an empty value.
        "Content-Length must be one decimal number of at most 18 digits",
        // More than 15 digits, the first of them zeros.
        "a chunk's size must be 1 to 15 hexadecimal digits",
    ]

    /// Whether we take what NIO refuses for a reason that is known, and bears on nothing that we use.
    private var isLaxer: Bool {
        switch self.theirs.refusal {
        // Old browsers send what was typed into an address without encoding it.
        case "invalid URL": self.bytes.contains { $0 >= 0x80 }
        // A tab may stand behind a value (RFC 9110, section 5.5).
        case "invalid character in content-length header": self.has("\t") || self.hasTrailer
        // A blank may stand before the semicolon of an extension (RFC 9112, section 7.1.1).
        case "invalid character in chunk size header": self.has(" ;") || self.has("\t;")
        // In `Connection` NIO takes a tab, or what is quoted, for a part of an option; and it looks for it in trailers
        // too.
        case "data received after completed connection: close message":
            self.has("\t") || self.has("\"") || self.hasTrailer
        // Extensions of chunks are passed over, whatever they are.
        case "strict mode assertion": self.has(";")
        // So are trailer fields; NIO looks at those that would say how long the content is.
        case "unknown (http_parser error)", "unexpected content-length header": self.hasTrailer
        default: false
        }
    }

    private var hasTrailer: Bool { self.has("\r\n0\r\n") || self.has("\r\n0;") }

    private func has(_ text: String) -> Bool {
        let text = Array(text.utf8)
        return self.bytes.indices.contains { self.bytes[$0...].starts(with: text) }
    }
}
