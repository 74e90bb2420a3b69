import NIOCore
import NIOHTTP1

/// Writes the heads of HTTP/1.1 answers (RFC 9112, sections 4 and 5).
///
/// Names and values are the server's own: nothing that a client sent gets here unless it was checked for CR and LF.
struct HTTP1Head {
    /// How the client sees where the content ends.
    enum Framing {
        case length(Int?)
        case chunked
        case untilClose
    }

    let status: HTTPResponseStatus
    let fields: ResponseFields
    let framing: Framing
    /// The field `Connection`, where it is needed.
    let connection: String?

    /// Writes all of it at once: the size is known before, so that nothing grows on the way.
    func write(into buffer: inout ByteBuffer, reserving content: Int) {
        var size = 0
        self.forEachPiece { size += $0.utf8.count }
        buffer.reserveCapacity(minimumWritableBytes: size + content)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { bytes in
            var offset = 0
            self.forEachPiece { piece in
                var piece = piece
                piece.withUTF8 { UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]).copyMemory(from: .init($0)) }
                offset += piece.utf8.count
            }
            return offset
        }
    }

    private func forEachPiece(_ body: (String) -> Void) {
        body("HTTP/1.1 ")
        body(String(self.status.code))
        body(" ")
        body(self.status.reasonPhrase)
        body("\r\n")
        body(self.fields.common.lines)
        self.fields.forEachOther { Self.field($0, $1, body) }
        switch self.framing {
        case .length(nil), .untilClose: break
        case .length(let length?): Self.field("Content-Length", String(length), body)
        case .chunked: body("Transfer-Encoding: chunked\r\n")
        }
        if let connection = self.connection { Self.field("Connection", connection, body) }
        body("\r\n")
    }

    @inline(__always)
    private static func field(_ name: String, _ value: String, _ body: (String) -> Void) {
        body(name)
        body(": ")
        body(value)
        body("\r\n")
    }
}
