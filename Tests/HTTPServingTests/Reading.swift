import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import HTTPServing

/// What a parser makes of the bytes of a connection, in a form in which two parsers can be compared.
struct Reading: Equatable {
    struct SeenRequest: Equatable {
        let method: String
        let path: String
        let query: String
        let isHTTP10: Bool
        /// `name: value`, in their order.
        let fields: [String]
        /// Whether no request may follow on the connection.
        let isLast: Bool
        var content: [UInt8] = []
        var isComplete = false

        /// Whether the heads say the same.
        func hasHead(of other: SeenRequest) -> Bool {
            self.method == other.method && self.path == other.path && self.query == other.query
                && self.isHTTP10 == other.isHTTP10 && self.fields == other.fields
        }
    }

    var requests: [SeenRequest] = []
    /// Why the parser took no more; `nil` if it would.
    var refusal: String?

    private mutating func add(_ content: ByteBuffer) {
        self.requests[self.requests.count - 1].content += content.readableBytesView
    }

    private mutating func complete() { self.requests[self.requests.count - 1].isComplete = true }
}

extension Reading {
    /// Our own parser's.
    init(_ pieces: [ArraySlice<UInt8>], headSize: Int = 1_000, fieldCount: Int = 20) {
        var parser = HTTP1Parser(headSize: headSize, fieldCount: fieldCount)
        for piece in pieces {
            parser.append(ByteBuffer(bytes: piece))
            do {
                while let part = try parser.next() { self.take(part) }
            } catch {
                self.refusal = "\(error.problem.status.code) \(error.problem.detail)"
            }
        }
    }

    private mutating func take(_ part: HTTP1Parser.Part) {
        switch part {
        case .head(let head): self.requests.append(SeenRequest(head))
        case .body(let bytes): self.add(bytes)
        case .end: self.complete()
        }
    }
}

extension Reading.SeenRequest {
    fileprivate init(_ head: RequestHead) {
        self.method = head.method.rawValue
        self.path = String(decoding: head.target.path, as: UTF8.self)
        self.query = String(decoding: head.target.query, as: UTF8.self)
        self.isHTTP10 = head.isHTTP10
        self.fields = head.headers.map { "\($0.name): \($0.value)" }
        self.isLast = !head.isKeepAlive
    }

    fileprivate init(_ head: HTTPRequestHead) {
        self.method = head.method.rawValue
        (self.path, self.query) = Self.parts(of: head.uri)
        self.isHTTP10 = head.version == .http1_0
        self.fields = head.headers.map { "\($0.name): \($0.value.trimmed)" }
        self.isLast = !head.isKeepAlive
    }

    /// Path and query of a target in whatever form, which NIO leaves in one piece.
    private static func parts(of target: String) -> (path: String, query: String) {
        var rest = Array(target.unicodeScalars)[...]
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count).drop { $0 != "/" && $0 != "?" }
            if rest.first != "/" { rest.insert("/", at: rest.startIndex) }
        }
        let path = rest.prefix { $0 != "?" }
        return (self.text(path), self.text(rest.dropFirst(path.count + 1)))
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }
}

extension Reading {
    /// That of NIO's decoder.
    static func byNIO(_ bytes: [UInt8]) -> Reading {
        let channel = EmbeddedChannel()
        var reading = Reading()
        do {
            let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(decoder))
            try channel.writeInbound(ByteBuffer(bytes: bytes))
        } catch {
            reading.refusal = "\(error)"
        }
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head): reading.requests.append(SeenRequest(head))
            case .body(let bytes): reading.add(bytes)
            case .end: reading.complete()
            }
        }
        _ = try? channel.finish()
        return reading
    }
}
